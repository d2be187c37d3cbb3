//! The mode switch.

use leptos::{ev, html, prelude::*};
use replicascope_engine::scenario::{Action, Mode, Setting};

use crate::session::Session;
use crate::words;

/// In the order of their promises.
const MODES: [Mode; 3] = [Mode::Async, Mode::SemiSync, Mode::Sync];

/// Which mode an arrow key leads to, as in every radio group: round and round.
fn neighbour(mode: Mode, key: &str) -> Option<usize> {
    let index = MODES.iter().position(|&other| other == mode)?;
    match key {
        "ArrowRight" | "ArrowDown" => Some((index + 1) % MODES.len()),
        "ArrowLeft" | "ArrowUp" => Some((index + MODES.len() - 1) % MODES.len()),
        "Home" => Some(0),
        "End" => Some(MODES.len() - 1),
        _ => None,
    }
}

/// Async, semi-sync or sync.
#[component]
pub(crate) fn ModeSwitch(
    /// Whether it is shown and does nothing.
    #[prop(default = false)]
    locked: bool,
) -> impl IntoView {
    let session = Session::expect();
    let mode = session.on_panel(|run| run.simulation().settings().mode);
    let set = move |new: Mode| {
        if !locked && mode.get_untracked() != new {
            session.act(Action::Set(Setting::Mode(new)));
        }
    };
    let radios = MODES.map(|_| NodeRef::<html::Button>::new());
    let on_key = move |event: ev::KeyboardEvent| {
        let Some(index) = neighbour(mode.get_untracked(), &event.key()) else {
            return;
        };
        event.prevent_default();
        set(MODES[index]);
        if let Some(radio) = radios[index].get_untracked() {
            // An element of the page can be focused.
            let _ = radio.focus();
        }
    };
    view! {
        <div class="seg" role="radiogroup" aria-label=if locked { "Replication mode, locked" } else { "Replication mode" } aria-disabled=locked.then_some("true") on:keydown=on_key>
            {MODES
                .into_iter()
                .zip(radios)
                .map(|(this, radio)| {
                    view! {
                        <button
                            type="button"
                            role="radio"
                            aria-disabled=locked.then_some("true")
                            node_ref=radio
                            aria-checked=move || (mode.get() == this).to_string()
                            tabindex=move || if mode.get() == this { "0" } else { "-1" }
                            on:click=move |_| set(this)
                        >
                            {words::settings::mode(this)}
                        </button>
                    }
                })
                .collect_view()}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_go_round() {
        assert_eq!(neighbour(Mode::Async, "ArrowRight"), Some(1));
        assert_eq!(neighbour(Mode::Async, "ArrowLeft"), Some(2));
        assert_eq!(neighbour(Mode::Sync, "ArrowDown"), Some(0));
        assert_eq!(neighbour(Mode::Sync, "x"), None);
    }
}

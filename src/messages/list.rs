//! The messages on their way, as a list in order of sending.

use leptos::prelude::*;
use replicascope_engine::Simulation;
use replicascope_engine::ids::MessageId;

use super::Picked;
use super::actions::MessageActions;
use crate::lean::{For, Memo, Show};
use crate::parts::{Detail, Later, Part};
use crate::session::Session;
use crate::shell::{Icon, Picture};
use crate::words;
use replicascope_engine::sort::sort_by_key;

/// Most messages that are listed.
const SHOWN: usize = 60;

/// A line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    message: MessageId,
    held: bool,
    title: String,
    state: String,
}

/// The lines, oldest first; heartbeats and health checks only if wanted. And how many there are beyond [`SHOWN`].
fn lines(run: &Simulation, routine_too: bool) -> (Vec<Line>, usize) {
    let mut messages: Vec<_> = run
        .network()
        .in_flight()
        .filter(|message| routine_too || message.held || !message.message.kind().is_routine())
        .collect();
    // Not by arrival: a line that moves when its message is delayed would lose the focus.
    sort_by_key(&mut messages, |message| message.id);
    let more = messages.len().saturating_sub(SHOWN);
    let lines = messages
        .into_iter()
        .take(SHOWN)
        .map(|message| Line {
            message: message.id,
            held: message.held,
            title: words::messages::title(message),
            // Beside the title there is little room.
            state: words::messages::state(run, message).replacen("arrives ", "", 1),
        })
        .collect();
    (lines, more)
}

/// How many there are; unfolded, the list.
#[component]
pub(crate) fn MessagesOnTheWay() -> impl IntoView {
    let session = Session::expect();
    let count = session.on_panel(|run| run.simulation().network().in_flight().count());
    let unfolded = RwSignal::new(false);
    view! {
        <section class="msgs" aria-label="Messages">
            <details class="network" on:toggle=move |_| unfolded.set(true)>
                <summary>
                    <h2>"Messages"</h2>
                    <span class="tnum">{move || format!("{} on their way", count.get())}</span>
                    <Picture icon=Icon::Chevron />
                </summary>
                <Show when=move || unfolded.get()>
                    <Later part=Part::Detail(Detail::Messages) />
                </Show>
            </details>
        </section>
    }
}

/// The list, while the run stands still.
#[component]
pub(super) fn Listed() -> impl IntoView {
    let session = Session::expect();
    let playing = session.playing();
    let routine_too = RwSignal::new(false);
    let listed = session.on_panel(move |run| {
        if playing.get() {
            return <(Vec<Line>, usize)>::default();
        }
        lines(run.simulation(), routine_too.get())
    });
    let rows = Memo::new(move || listed.with(|(rows, _)| rows.clone()));
    let more = move || listed.with(|(_, more)| *more);
    view! {
        <Show
            when=move || !playing.get()
            fallback=move || {
                view! {
                    <p class="hint">"Pause, then take any message: here, or on the stage."</p>
                    <button type="button" class="btn btn--line" on:click=move |_| session.pause()>
                        "Pause to take one"
                    </button>
                }
            }
        >
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=move || routine_too.get()
                    on:change:target=move |event| routine_too.set(event.target().checked())
                />
                "Heartbeats, checks and managers too"
            </label>
            <Show when=move || rows.with(Vec::is_empty)>
                <p class="hint">"Nothing is on its way. Step on, or send one write."</p>
            </Show>
            <ul>
                <For
                    each=move || rows.with(|rows| rows.iter().map(|line| line.message).collect::<Vec<_>>())
                    key=|message| *message
                    let:message
                >
                    {row(message, rows)}
                </For>
            </ul>
            <p class="hint" hidden=move || more() == 0>
                {move || format!("The oldest {SHOWN}; {} more are on their way.", more())}
            </p>
        </Show>
    }
}

/// A line. It stays the same element while its message is on its way, so that the focus stays too.
fn row(message: MessageId, rows: Memo<Vec<Line>>) -> impl IntoView {
    let Picked(picked) = Picked::of_page();
    let line = Memo::new(move || {
        rows.with(|rows| rows.iter().find(|line| line.message == message).cloned())
    });
    let open = move || picked.get().is_some_and(|(id, _)| id == message);
    let text = move |part: fn(&Line) -> &String| {
        line.with(|line| line.as_ref().map(|line| part(line).clone()))
    };
    view! {
        <li>
            <button
                type="button"
                class="msg"
                class:is-held=move || line.with(|line| line.as_ref().is_some_and(|line| line.held))
                aria-expanded=move || open().to_string()
                on:click=move |_| {
                    picked.update(|picked| {
                        let same = picked.is_some_and(|(id, _)| id == message);
                        *picked = (!same).then_some((message, false));
                    });
                }
            >
                <span>{move || text(|line| &line.title)}</span>
                " "
                <small class="tnum">{move || text(|line| &line.state)}</small>
            </button>
            <Show when=open>
                <MessageActions message=message />
            </Show>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use replicascope_engine::scenario::Action;

    #[test]
    fn a_message_keeps_its_place_in_the_list_when_it_is_held() {
        let (scenario, start) = crate::scenarios::opening();
        let mut run = Simulation::new(&scenario).expect("valid");
        run.advance_to(start);
        let (before, _) = lines(&run, false);
        assert!(before.len() > 2 && lines(&run, true).0.len() >= before.len());
        assert!(before.is_sorted_by_key(|line| line.message));
        let message = before[1].message;
        run.act(Action::HoldMessage { message }).expect("valid");
        let (after, _) = lines(&run, false);
        assert_eq!(after[1].message, message);
        assert_eq!((after[1].held, after[1].state.as_str()), (true, "held"));
    }
}

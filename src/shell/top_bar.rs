//! The bar on top: which scenario, which mode, light or dark.

use leptos::{html, prelude::*};

use super::{Icon, Panels, Picture, Sheet, hand_focus, preferences};
use crate::cluster::{self, ClusterPanel};
use crate::compare::{CompareButton, CompareNote};
use crate::controls::{ModeSwitch, SettingsPopover};
use crate::lean::{Memo, Show};
use crate::lessons::{Crumb, LeaveButtons, LessonsButton};
use crate::scenarios;
use crate::session::Session;
use crate::share::Share;
use crate::stage::selection::Selection;

/// The bar.
#[component]
pub(super) fn TopBar() -> impl IntoView {
    let panels = expect_context::<Panels>();
    let (session, share) = (Session::expect(), Share::expect());
    let (undoable, redoable) = (session.undoable(), session.redoable());
    // Undo stays where it is when there is nothing to undo, and takes the focus of the other, which goes.
    let undo_button = NodeRef::<html::Button>::new();
    let undo = move |_| {
        if undoable.get_untracked() {
            session.undo();
        }
    };
    let redo = move |_| {
        session.redo();
        hand_focus(true, move || {
            undo_button
                .get_untracked()
                .map(wasm_bindgen::JsCast::unchecked_into)
        });
    };
    let cluster = expect_context::<ClusterPanel>();
    let textbook = session.on_panel(|run| run.simulation().settings().database.is_textbook());
    let title = session.on_panel(|run| cluster::title(run.simulation().settings()));
    view! {
        <header class="top">
            <Wordmark />
            <Crumb />
            <ScenarioPicker />
            <div class="mode">
                <Show
                    when=move || textbook.get()
                    fallback=move || {
                        view! {
                            <button
                                type="button"
                                class="btn btn--line"
                                aria-haspopup="dialog"
                                title="Database, failover manager and their parameters"
                                on:click=move |_| cluster.shown.set(true)
                            >
                                {move || title.get()}
                            </button>
                        }
                    }
                >
                    <ModeSwitch />
                    <SettingsPopover />
                </Show>
            </div>
            <CompareNote />
            <div class="top-r">
                <LessonsButton />
                <CompareButton />
                <button
                    type="button"
                    class="tb setup"
                    aria-expanded=move || (panels.sheet.get() == Sheet::Setup).to_string()
                    on:click=move |_| {
                        panels
                            .sheet
                            .update(|sheet| {
                                *sheet = if *sheet == Sheet::Setup { Sheet::Stage } else { Sheet::Setup };
                            });
                    }
                >
                    <Picture icon=Icon::Sliders />
                    "Setup"
                </button>
                <button
                    type="button"
                    class="ib"
                    aria-label="Undo"
                    title="Undo the last action (Ctrl Z)"
                    aria-disabled=move || (!undoable.get()).to_string()
                    node_ref=undo_button
                    on:click=undo
                >
                    <Picture icon=Icon::Undo />
                </button>
                <Show when=move || redoable.get()>
                    <button
                        type="button"
                        class="ib redo"
                        aria-label="Do again"
                        title="Do again what was undone (Ctrl Shift Z)"
                        on:click=redo
                    >
                        <Picture icon=Icon::Undo />
                    </button>
                </Show>
                <button
                    type="button"
                    class="tb not-les"
                    aria-label="Share"
                    on:click=move |_| share.shown.set(true)
                >
                    <Picture icon=Icon::Link />
                    <span class="tb-t">"Share"</span>
                </button>
                <button
                    type="button"
                    class="ib keys-b"
                    aria-label="Keys"
                    title="Keys"
                    on:click=move |_| panels.keys_shown.set(true)
                >
                    <Picture icon=Icon::Question />
                </button>
                <LeaveButtons />
                <ThemeToggle />
            </div>
        </header>
    }
}

#[component]
fn Wordmark() -> impl IntoView {
    view! {
        <span class="word">
            <Logo size=22 />
            <b>"ReplicaScope"</b>
        </span>
    }
}

/// The picture of the name.
#[component]
pub(crate) fn Logo(size: u32) -> impl IntoView {
    view! {
        <svg class="mark" width=size height=size viewBox="0 0 22 22" aria-hidden="true">
            <rect x="1" y="2" width="5.5" height="18" rx="1.5" class="mark-f" />
            <rect x="8.25" y="2" width="5.5" height="18" rx="1.5" />
            <rect x="8.25" y="8" width="5.5" height="12" rx="1.5" class="mark-f" />
            <rect x="15.5" y="2" width="5.5" height="18" rx="1.5" />
            <rect x="15.5" y="14" width="5.5" height="6" rx="1.5" class="mark-f" />
        </svg>
    }
}

/// Picks a scenario and plays it from its start.
#[component]
fn ScenarioPicker() -> impl IntoView {
    let panels = expect_context::<Panels>();
    let session = Session::expect();
    let Selection(selected) = expect_context();
    let pick = move |value: String| {
        let Some(index) = value
            .parse::<usize>()
            .ok()
            .filter(|&index| index < scenarios::ALL.len())
        else {
            return;
        };
        let (scenario, start) = (scenarios::ALL[index].make)();
        selected.set(None);
        match session.load(scenario, start) {
            Ok(()) => {
                panels.scenario.set(Some(index));
                session.notice().set(None);
                session.play();
            }
            Err(error) => session.notice().set(Some(error.to_string())),
        }
    };
    view! {
        <span class="pick">
            <select
                aria-label="Scenario"
                prop:value=move || panels.scenario.get().map_or("own".to_owned(), |index| index.to_string())
                on:change:target=move |event| pick(event.target().value())
            >
                {scenarios::ALL
                    .iter()
                    .enumerate()
                    .map(|(index, preset)| {
                        view! { <option value=index.to_string()>{preset.name}</option> }
                    })
                    .collect_view()}
                <Show when=move || panels.scenario.get().is_none()>
                    <option value="own" selected=true>
                        {scenarios::name(None)}
                    </option>
                </Show>
            </select>
            <Picture icon=Icon::Chevron />
        </span>
    }
}

/// Light or dark.
#[component]
fn ThemeToggle() -> impl IntoView {
    let panels = expect_context::<Panels>();
    let shown = move || preferences::shown(panels.preferences.get().theme);
    let other = move || shown().other();
    let name = move || match other() {
        preferences::Theme::Light => "Light theme",
        preferences::Theme::Dark => "Dark theme",
    };
    let icon = Memo::new(move || match other() {
        preferences::Theme::Light => Icon::Sun,
        preferences::Theme::Dark => Icon::Moon,
    });
    view! {
        <button
            type="button"
            class="ib"
            aria-label=name
            title=name
            on:click=move |_| {
                let theme = other();
                panels.preferences.update(|preferences| preferences.theme = Some(theme));
            }
        >
            <Picture icon=icon />
        </button>
    }
}

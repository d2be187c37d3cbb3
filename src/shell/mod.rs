//! The shell: what holds the parts of the page together, on a wide screen side by side, on a phone one above the other.

mod icon;
mod keyboard;
mod keys;
mod narration;
mod notice;
mod preferences;
mod top_bar;

use leptos::prelude::*;

use crate::controls::Drawer;
use crate::events::Events;
use crate::ledger::Ledger;
use crate::session::Session;
use crate::stage::{Stage, selection::Selection};
use crate::time::TimePanel;
use crate::{scenarios, words};

pub(crate) use icon::{Icon, Picture};
pub(crate) use preferences::Preferences;

/// What lies over the stage where the screen is too narrow to show everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sheet {
    /// Nothing.
    #[default]
    Stage,
    /// The ledger and the events.
    Ledger,
    /// The timeline with its charts.
    Timeline,
    /// The drawer.
    Setup,
}

impl Sheet {
    fn name(self) -> &'static str {
        match self {
            Self::Stage => "stage",
            Self::Ledger => "ledger",
            Self::Timeline => "timeline",
            Self::Setup => "setup",
        }
    }
}

/// What is open, chosen and remembered. A copy is a handle to the same.
#[derive(Clone, Copy)]
pub(crate) struct Panels {
    /// What lies over the stage.
    pub(crate) sheet: RwSignal<Sheet>,
    /// Whether the list of keys is shown.
    pub(crate) keys_shown: RwSignal<bool>,
    /// What a person prefers.
    pub(crate) preferences: RwSignal<Preferences>,
    /// The scenario that was picked, as an index into [`scenarios::ALL`].
    pub(crate) scenario: RwSignal<usize>,
}

/// The page over a session. The caller runs the session's clock, if it should run.
#[component]
pub fn Page(
    /// What is shown.
    session: Session,
) -> impl IntoView {
    let panels = Panels {
        sheet: RwSignal::default(),
        keys_shown: RwSignal::new(false),
        preferences: RwSignal::new(Preferences::load()),
        scenario: RwSignal::new(0),
    };
    provide_context(session);
    provide_context(panels);
    let selection = Selection(RwSignal::new(None));
    provide_context(selection);
    preferences::follow(panels.preferences);
    keyboard::listen(session, panels, selection);
    view! {
        <div class="app" data-sheet=move || panels.sheet.get().name()>
            <top_bar::TopBar />
            <Drawer />
            <main class="middle" id="stage">
                <h1 class="sr">
                    {move || format!("Playground: {}", scenarios::ALL[panels.scenario.get()].name)}
                </h1>
                <narration::Narration />
                <Stage />
                <Alarm />
                <notice::Notice />
            </main>
            <TimePanel />
            <aside class="side sheet" aria-label="What clients saw and what happened">
                <CloseSheet />
                <Ledger />
                <Events />
            </aside>
            <Tabs />
            <keys::Keys />
        </div>
    }
}

/// How many acked writes are gone.
pub(crate) fn lost_writes(session: Session) -> Memo<u64> {
    session.on_panel(|run| run.simulation().oracle().totals().lost_acked)
}

/// Closes whatever lies over the stage.
#[component]
pub(crate) fn CloseSheet() -> impl IntoView {
    let panels = expect_context::<Panels>();
    view! {
        <button
            type="button"
            class="ib sheet-x"
            aria-label="Close"
            on:click=move |_| panels.sheet.set(Sheet::Stage)
        >
            <Picture icon=Icon::Cross />
        </button>
    }
}

/// On a phone the ledger is out of sight, so its headline shows on the stage when it is the worst one.
#[component]
fn Alarm() -> impl IntoView {
    let panels = expect_context::<Panels>();
    let lost = lost_writes(Session::expect());
    let shown = Memo::new(move |_| lost.get() > 0);
    view! {
        <Show when=move || shown.get()>
            <button type="button" class="alarm" on:click=move |_| panels.sheet.set(Sheet::Ledger)>
                <Picture icon=Icon::Cross />
                <span>
                    <b>{move || words::verdicts::gone(lost.get())}</b>
                    <small>"Open the ledger"</small>
                </span>
                <Picture icon=Icon::ChevronRight />
            </button>
        </Show>
    }
}

/// The phone's tabs.
#[component]
fn Tabs() -> impl IntoView {
    let panels = expect_context::<Panels>();
    let lost = lost_writes(Session::expect());
    let tab = move |sheet: Sheet, icon: Icon, text: &'static str| {
        view! {
            <button
                type="button"
                class="tab"
                aria-pressed=move || (panels.sheet.get() == sheet).to_string()
                on:click=move |_| panels.sheet.set(sheet)
            >
                <Picture icon=icon />
                {text}
                {(sheet == Sheet::Ledger)
                    .then(|| {
                        view! {
                            <i class="dot" hidden=move || lost.get() == 0>
                                {move || lost.get()}
                                <span class="sr">" lost"</span>
                            </i>
                        }
                    })}
            </button>
        }
    };
    view! {
        <nav class="tabs" aria-label="Views">
            {tab(Sheet::Stage, Icon::Columns, "Stage")}
            {tab(Sheet::Ledger, Icon::Book, "Ledger")}
            {tab(Sheet::Timeline, Icon::Wave, "Timeline")}
            {tab(Sheet::Setup, Icon::Sliders, "Setup")}
        </nav>
    }
}

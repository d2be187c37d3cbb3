//! The shell: what holds the parts of the page together, on a wide screen side by side, on a phone one above the other.

mod dialog;
mod focus;
mod icon;
mod keyboard;
mod keys;
mod narration;
mod notice;
mod preferences;
mod rove;
mod top_bar;

use leptos::prelude::*;

use crate::cluster::{ClusterDialog, ClusterPanel};
use crate::compare::{Compare, CompareView};
use crate::controls::Drawer;
use crate::events::Events;
use crate::lean::{Memo, Show};
use crate::ledger::Ledger;
use crate::lessons::{CourseDialog, LessonPanel, Lessons, Report};
use crate::messages::Picked;
use crate::session::Session;
use crate::share::{Note, OpenedNote, Share, ShareDialog};
use crate::stage::{AsTable, Painter, Stage, StatusShown, selection::Selection};
use crate::time::TimePanel;
use crate::why::{Why, WhyPanel};
use crate::{scenarios, words};

pub(crate) use dialog::Dialog;
pub(crate) use focus::{hand_focus, hand_focus_to};
pub(crate) use icon::{Icon, Picture, Which};
pub(crate) use notice::Notice;
pub(crate) use preferences::{Preferences, Theme, follow_theme};
pub(crate) use rove::rove;
pub(crate) use top_bar::Logo;

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
    /// The scenario that was picked, as an index into [`scenarios::ALL`]; none when the run came from a link or a file.
    pub(crate) scenario: RwSignal<Option<usize>>,
}

/// A lesson inside another page.
#[derive(Clone, Debug)]
pub struct Framed {
    /// Its id.
    pub(crate) lesson: String,
    /// Where it is told how it goes.
    pub(crate) report: RwSignal<Option<Report>>,
}

/// The page over a session. The caller runs the session's clock, if it should run.
#[component]
pub fn Page(
    /// What is shown.
    session: Session,
    /// Which of the offered scenarios it is, if one.
    #[prop(default = Some(0))]
    preset: Option<usize>,
    /// What is to be said about how it was opened.
    #[prop(default = None)]
    note: Option<Note>,
    /// Whether the run is kept between visits, and links in the address are opened.
    #[prop(default = false)]
    keeps: bool,
    /// A lesson of which it is all, inside another page.
    #[prop(default = None)]
    framed: Option<Framed>,
) -> impl IntoView {
    let panels = Panels {
        sheet: RwSignal::default(),
        keys_shown: RwSignal::new(false),
        preferences: RwSignal::new(match framed {
            None => Preferences::load(),
            Some(_) => Preferences::default(),
        }),
        scenario: RwSignal::new(preset),
    };
    provide_context(session);
    provide_context(panels);
    let selection = Selection(RwSignal::new(None));
    provide_context(selection);
    let why = Why::new(session, panels);
    provide_context(why);
    let compare = Compare::new(session, panels);
    provide_context(compare);
    provide_context(Picked(RwSignal::new(None)));
    provide_context(Painter::new());
    provide_context(AsTable(RwSignal::new(false)));
    provide_context(StatusShown::new());
    provide_context(ClusterPanel::new());
    let share = Share::new(session, panels, note);
    provide_context(share);
    let is_framed = framed.is_some();
    let mut lessons = Lessons::new(session, panels, compare, share, selection);
    if let Some(Framed { lesson, report }) = framed {
        lessons = lessons.within(lesson, report);
    }
    provide_context(lessons);
    if keeps {
        // A lesson is left before a link that was put into the address is opened.
        lessons.follow_address();
        share.follow();
    }
    if !is_framed {
        preferences::follow(panels.preferences);
    }
    keyboard::listen(session, panels, selection, why, compare);
    view! {
        <div
            class="app"
            class:is-compared=move || compare.open.get()
            class:is-framed=is_framed
            class:is-lesson=move || lessons.is_open()
            data-sheet=move || panels.sheet.get().name()
        >
            <top_bar::TopBar />
            <LessonPanel />
            <Drawer />
            <main class="middle" id="stage">
                <Show when=move || !lessons.is_open()>
                    <h1 class="sr">
                        {move || format!("Playground: {}", scenarios::name(panels.scenario.get()))}
                    </h1>
                </Show>
                <narration::Narration />
                <Stage />
                <Alarm />
                <OpenedNote />
                <Notice />
            </main>
            <CompareView />
            <TimePanel />
            <aside
                class="side sheet"
                class:is-asked=move || why.is_open()
                aria-label="What clients saw and what happened"
            >
                <CloseSheet />
                <Ledger />
                <WhyPanel />
                <Events />
            </aside>
            <Tabs />
            <keys::Keys />
            <ShareDialog />
            <ClusterDialog />
            <CourseDialog />
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
    let shown = Memo::new(move || lost.get() > 0);
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

//! The page inside another one: a stage, one line that says what is wrong, one row of controls; or a lesson.
//!
//! What the address may say and the messages with the host are the affair of `replicascope_embed`. Here: `opening` (with which run),
//! `stage_view` with `line` and `controls` (what is seen), `watch` (whether it is seen, and how high it is), `bridge` with `post` (to and
//! from the host), `acts` (what commands do), `news` (state, events and lessons for the host), `state`. All of it comes by a door of
//! [`crate::parts`]; before that only [`asked`] is there.
//!
//! An embedded page neither reads nor keeps the run of the person's own page: several of them would fight over it.

mod acts;
mod bridge;
mod controls;
mod line;
mod news;
mod opening;
mod post;
mod stage_view;
mod state;
mod watch;

use leptos::html;
use leptos::prelude::*;
use replicascope_embed::{Control, Height, Options, Theme};

use crate::lean::{Memo, Show};
use crate::lessons::Report;
use crate::scenarios;
use crate::session::{self, Session};
use crate::shell::{self, Framed, Page, Panels, Preferences, Sheet};
use crate::stage::measure;

use bridge::Bridge;
use opening::Opening;

/// Whether the address asks for the embedded page.
pub(crate) fn asked() -> bool {
    let query = window().location().search().unwrap_or_default();
    let mut parts = query.trim_start_matches('?').split('&');
    parts.any(|part| part == "embed" || part.starts_with("embed="))
}

/// The embedded page, as the address has it; once its styles are there, which no other page needs.
pub(crate) fn content() -> AnyView {
    let styled = RwSignal::new(false);
    let styles = format!("embed.css{}", crate::lessons::build());
    view! {
        // Without them it would be ugly, and works.
        <link
            rel="stylesheet"
            href=styles
            on:load=move |_| styled.set(true)
            on:error=move |_| styled.set(true)
        />
        <Show when=move || styled.get()>{addressed}</Show>
    }
    .into_any()
}

fn addressed() -> AnyView {
    let location = window().location();
    let query = location.search().unwrap_or_default();
    let fragment = location.hash().unwrap_or_default();
    let own = window();
    let host = own.parent().ok().flatten().filter(|host| *host != own);
    view! { <Embed query fragment host /> }.into_any()
}

/// What is shown, and how. A copy is a handle to the same.
#[derive(Clone, Copy)]
pub(crate) struct Embedded {
    session: Session,
    panels: Panels,
    options: StoredValue<Options>,
    theme: RwSignal<Theme>,
    /// The lesson that is shown; none if it is the stage.
    lesson: RwSignal<Option<String>>,
    /// How it goes.
    report: RwSignal<Option<Report>>,
}

impl Embedded {
    /// Whether a control is shown.
    fn shows(self, control: Control) -> bool {
        self.options
            .with_value(|options| options.controls.has(control))
    }

    /// Whether it does nothing.
    fn locks(self, control: Control) -> bool {
        self.options
            .with_value(|options| options.locked.has(control))
    }

    /// Whether it is shown and does something.
    fn lets(self, control: Control) -> bool {
        self.shows(control) && !self.locks(control)
    }
}

/// The embedded page.
#[component]
pub fn Embed(
    /// What the address says after `?`.
    query: String,
    /// What it says from `#` on.
    fragment: String,
    /// The page around this one.
    host: Option<web_sys::Window>,
) -> impl IntoView {
    let ids = scenarios::ALL.map(|preset| preset.id);
    let (options, errors) = Options::read(&query, &ids);
    let mut troubles: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let opening = Opening::of(&options, &fragment);
    troubles.extend(opening.trouble);
    let session = Session::with(opening.experiment);
    let panels = Panels {
        sheet: RwSignal::new(Sheet::Stage),
        keys_shown: RwSignal::new(false),
        preferences: RwSignal::new(Preferences::default()),
        scenario: RwSignal::new(opening.preset),
    };
    let embedded = Embedded {
        session,
        panels,
        theme: RwSignal::new(options.theme),
        lesson: RwSignal::new(options.lesson.clone()),
        report: RwSignal::new(None),
        options: StoredValue::new(options.clone()),
    };
    provide_context(embedded);
    shell::follow_theme(Memo::new(move || match embedded.theme.get() {
        Theme::Auto => None,
        Theme::Light => Some(shell::Theme::Light),
        Theme::Dark => Some(shell::Theme::Dark),
    }));
    let clock = session::start_clock(session, measure::reduced_motion());
    watch::only_while_seen(clock, session);
    if !options.paused && options.lesson.is_none() {
        session.play();
    }
    let root = NodeRef::<html::Div>::new();
    let bridge = Bridge::new(embedded, host, &options);
    bridge.open();
    if options.height == Height::Auto {
        watch::follow_height(root, embedded.lesson, move |height| bridge.resized(height));
    }
    embedded.follow_fragment();
    for trouble in &troubles {
        warn(&format!("ReplicaScope, in its address: {trouble}"));
    }
    let height = match options.height {
        Height::Auto => None,
        Height::Px(height) => Some(format!("{height}px")),
    };
    let shown = move || match embedded.lesson.get() {
        Some(lesson) => {
            let report = embedded.report;
            view! { <Page session=session framed=Some(Framed { lesson, report }) /> }.into_any()
        }
        None => view! { <stage_view::StageView /> }.into_any(),
    };
    view! {
        <div class="emb" node_ref=root style:height=height>
            {said(&troubles).map(|said| view! { <p class="emb-wrong" role="alert">{said}</p> })}
            {shown}
        </div>
    }
}

/// What is wrong with the address, in one line.
fn said(troubles: &[String]) -> Option<String> {
    let (first, others) = troubles.split_first()?;
    Some(match others.len() {
        0 => format!("In the address of this frame, {first}."),
        more => format!("In the address of this frame, {first}; and {more} more, in the console."),
    })
}

/// Says something to whoever embeds the page, in the console.
fn warn(text: &str) {
    web_sys::console::warn_1(&text.into());
}

//! A node's card: who it is, how it is, what is in its log, and what may be done to it.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use replicascope_engine::ids::NodeId;

use crate::lean::number::{moved, px};
use crate::lean::{Memo, Show, settled};
use crate::session::Session;
use crate::words;

use super::actions::NodeActions;
use super::facts::{Condition, Countdown, Face, Part, Progress, RowFact, name};
use super::icons::Icon;
use super::layout::{Density, Layout, Place};
use super::ring::Ring;
use super::selection::Selection;
use super::status::StatusShown;
use super::strip_view::StripView;

/// A node's card.
#[component]
pub(crate) fn NodeCard(
    /// Which.
    id: NodeId,
    /// Where everything stands.
    #[prop(into)]
    layout: Memo<Layout>,
) -> impl IntoView {
    let session = Session::expect();
    let selection = Selection::of_page();
    let face = settled(session.on_frame(move |simulation| Face::of(simulation, id)));
    let progress = session.on_panel(move |recording| Progress::of(recording.simulation(), id));
    let countdown = settled(session.on_frame(move |simulation| Countdown::of(simulation, id)));
    let untouched = super::is_untouched();
    let place = Memo::new(move || layout.with(|layout| layout.place(id)));
    let selected = Memo::new(move || selection.is(id));
    // One thing open at a time: the status of a server takes the place of what may be done to it.
    let StatusShown(shown) = StatusShown::of_page();
    let status = Memo::new(move || shown.get() && face.get().is_some_and(|face| face.is_server));
    let label = move || {
        face.get()
            .map(|face| progress.with(|progress| name(id, face, progress)))
    };
    let class = move || class_of(face.get(), place.get(), selected.get());
    let pick = move |event: KeyboardEvent| match event.key().as_str() {
        // A button inside keeps its own Enter and Space.
        "Enter" | " " if event.target() == event.current_target() => {
            event.prevent_default();
            selection.toggle(id);
        }
        "Escape" if selected.get_untracked() => {
            event.stop_propagation();
            selection.clear();
        }
        _ => {}
    };
    view! {
        <div
            class=class
            role="group"
            tabindex=(!untouched).then_some("0")
            aria-label=label
            style:transform=move || place.get().map(transform)
            style:width=move || place.get().map(|place| px(place.rect.w))
            style:height=move || place.get().map(|place| px(place.rect.h))
            on:keydown=pick
        >
            <div class="sg-card" on:click=move |_| if !untouched { selection.toggle(id) }>
                <Header id face place progress countdown />
                <StripView id layout place />
                <Footer id face place progress countdown />
            </div>
            <Show when=move || selected.get() && !status.get()>
                <NodeActions id face />
            </Show>
        </div>
    }
}

fn transform(place: Place) -> String {
    moved(place.rect.x, place.rect.y)
}

fn class_of(face: Option<Face>, place: Option<Place>, selected: bool) -> String {
    let (Some(face), Some(place)) = (face, place) else {
        return "sg-node".to_owned();
    };
    let density = match place.density {
        Density::Full => "d-full",
        Density::Medium => "d-medium",
        Density::Slim => "d-slim",
        Density::Tiny => "d-tiny",
    };
    let mut class = format!(
        "sg-node {} {} {density}",
        face.part.class(),
        face.condition.class()
    );
    for (holds, name) in [
        (place.seated, " is-seated"),
        (place.opens_up, " opens-up"),
        (selected, " is-picked"),
        (face.cut_off, " is-cutoff"),
    ] {
        if holds {
            class.push_str(name);
        }
    }
    class
}

#[component]
fn Header(
    id: NodeId,
    face: Memo<Option<Face>>,
    place: Memo<Option<Place>>,
    progress: Memo<Progress>,
    countdown: Memo<Option<Countdown>>,
) -> impl IntoView {
    let part_icon = move || face.get().map_or(Icon::Sheets, |face| face.part.icon());
    let health_icon = move || face.get().map_or(Icon::Tick, |face| face.condition.icon());
    // A card of one or two lines has its words in the header; who is behind is up, which goes without saying.
    let brief = Memo::new(move || {
        place
            .get()
            .is_some_and(|place| matches!(place.density, Density::Slim | Density::Tiny))
            && face
                .get()
                .is_some_and(|face| matches!(face.condition, Condition::Up | Condition::Slow))
    });
    let words = move || {
        if brief.get() && progress.with(|progress| !progress.spoken.is_empty()) {
            progress.with(|progress| progress.words.clone())
        } else {
            face.get()
                .map_or("", |face| face.condition.word())
                .to_owned()
        }
    };
    let age = move || {
        brief
            .get()
            .then(|| progress.with(|progress| progress.age.clone()))
    };
    view! {
        <div class="sg-head">
            {Icon::view(part_icon)}
            <b class="sg-id">{id.to_string()}</b>
            <span class="sg-part">{move || face.get().map(Face::word)}</span>
            <Show when=move || face.get().is_some_and(|face| face.agent_words().is_some())>
                <span class="sg-agent">{move || face.get().and_then(Face::agent_words)}</span>
            </Show>
            <Show when=move || place.get().is_some_and(|place| !place.seated)>
                <Ring countdown big=false />
            </Show>
            <span class="sg-health" class:is-lost=move || brief.get() && progress.with(|progress| progress.holds_lost)>
                {Icon::view(health_icon)} <span>{words}<span class="sg-age">{age}</span></span>
            </span>
        </div>
    }
}

#[component]
fn Footer(
    id: NodeId,
    face: Memo<Option<Face>>,
    place: Memo<Option<Place>>,
    progress: Memo<Progress>,
    countdown: Memo<Option<Countdown>>,
) -> impl IntoView {
    let session = Session::expect();
    let row = settled(session.on_frame(move |simulation| RowFact::of(simulation, id)));
    let key = move || row.get().map(|row| words::key(row.key));
    let value = move || {
        row.get().map_or_else(String::new, |row| {
            if row.version == 0 {
                "none".to_owned()
            } else {
                row.value.to_string()
            }
        })
    };
    let version = move || row.get().map_or_else(String::new, version_words);
    let old = move || row.get().map_or_else(String::new, old_words);
    let lost = move || row.get().is_some_and(|row| row.lost);
    let term = move || {
        face.get().map(|face| match countdown.get() {
            Some(countdown) if countdown.lease && face.part == Part::Primary => "lease".to_owned(),
            _ if face.part == Part::Primary => String::new(),
            _ => format!("TL {}", face.term),
        })
    };
    let only_here = move || progress.with(|progress| progress.holds_lost);
    view! {
        <div class="sg-foot">
            <span class="sg-key">{key}</span>
            <span class="sg-value" class:is-lost=lost>
                <b>{value}</b>
                <span>{version}<span class="sg-old">{old}</span></span>
            </span>
            <span class="sg-term">{term}</span>
            <span class="sg-progress" class:is-lost=only_here>
                {move || progress.with(|progress| progress.words.clone())}
                <span class="sg-age">{move || progress.with(|progress| progress.age.clone())}</span>
            </span>
        </div>
        <Show when=move || place.get().is_some_and(|place| place.seated)>
            <Ring countdown big=true />
        </Show>
    }
}

fn version_words(row: RowFact) -> String {
    match row {
        RowFact { version: 0, .. } => String::new(),
        RowFact {
            lost: true,
            version,
            ..
        } => format!("v{version} lost"),
        RowFact { version, .. } => format!("v{version}"),
    }
}

fn old_words(row: RowFact) -> String {
    match row {
        RowFact {
            old: old @ 1..,
            lost: false,
            version: 1..,
            ..
        } => format!(", {old} old"),
        _ => String::new(),
    }
}

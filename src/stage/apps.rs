//! The apps and their router.

use leptos::prelude::*;

use crate::lean::number::{moved, px};
use crate::lean::{For, Memo, Show};
use crate::session::Session;

use super::apps_facts::{AppFact, Told, Tone, policy_words};
use super::layout::{AppDensity, Layout, Rect};

/// The apps.
#[component]
pub(crate) fn Apps(layout: Memo<Layout>) -> impl IntoView {
    let session = Session::expect();
    let facts = session.on_panel(|recording| AppFact::all(recording.simulation()));
    let count = Memo::new(move || facts.with(Vec::len));
    view! {
        <For each=move || 0..count.get() key=|app| *app let:app>
            <App app facts layout />
        </For>
    }
}

#[component]
fn App(app: usize, facts: Memo<Vec<AppFact>>, layout: Memo<Layout>) -> impl IntoView {
    let fact = Memo::new(move || facts.with(|facts| facts.get(app).cloned().unwrap_or_default()));
    let place =
        Memo::new(move || layout.with(|layout| layout.apps.get(app).copied().unwrap_or_default()));
    let density = Memo::new(move || layout.with(|layout| layout.app_density));
    let class = move || {
        let density = match density.get() {
            AppDensity::Full => "",
            AppDensity::Slim => "a-slim",
            AppDensity::Tiny => "a-tiny",
        };
        format!("sg-app {density} {}", fact.with(|fact| fact.tone().class()))
    };
    // One line has room for the worse of the two, and the read when neither is bad.
    let wrote_shown = move || {
        density.get() == AppDensity::Full
            || fact.with(|fact| fact.tone() == Tone::Lost || fact.read.is_none())
    };
    let read_shown = move || density.get() == AppDensity::Full || !wrote_shown();
    let brief = move || density.get() == AppDensity::Slim;
    let line = move |pick: fn(&AppFact) -> &Option<Told>| {
        let told = Memo::new(move || fact.with(|fact| pick(fact).clone().unwrap_or_default()));
        let class = move || format!("sg-told {}", told.with(|told| told.tone.class()));
        view! {
            <span class=class>
                <span>
                    {move || {
                        told.with(|told| if brief() { told.short.clone() } else { told.words.clone() })
                    }}
                </span>
                <b>{move || told.with(|told| if brief() { String::new() } else { told.but.clone() })}</b>
            </span>
        }
    };
    view! {
        <div
            class=class
            style:transform=move || at(place.get())
            style:width=move || px(place.get().w)
            style:height=move || px(place.get().h)
        >
            <b>{move || fact.with(|fact| fact.name.clone())}</b>
            <Show when=wrote_shown>{line(|fact| &fact.wrote)}</Show>
            <Show when=read_shown>{line(|fact| &fact.read)}</Show>
        </div>
    }
}

/// The router.
#[component]
pub(crate) fn Router(layout: Memo<Layout>) -> impl IntoView {
    let session = Session::expect();
    let policy =
        session.on_panel(|recording| policy_words(recording.simulation().settings().reads));
    let waiting = session.on_panel(|recording| recording.simulation().waiting_ops());
    let place = Memo::new(move || layout.with(|layout| layout.router));
    let words = move || match waiting.get() {
        0 => format!("router: {}", policy.get()),
        count => format!("router: {}, {count} wait", policy.get()),
    };
    view! {
        <div
            class="sg-router"
            style:transform=move || at(place.get())
            style:width=move || px(place.get().w)
            style:height=move || px(place.get().h)
        >
            <span>{words}</span>
        </div>
    }
}

fn at(place: Rect) -> String {
    moved(place.x, place.y)
}

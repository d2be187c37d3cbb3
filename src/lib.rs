//! The page: what people see of the engine, and how they act on it.
//!
//! `session` holds the experiment and the clock. Everything else is a view over it: `stage` shows the cluster now, `ledger`
//! what clients saw, `events` what happened, `time` how it went and how to move in it, `controls` what a person can set,
//! `cluster` what the run is made of, `why` what led to a verdict; `share` keeps a run and passes it on;
//! `messages` lets a person take one by hand, `numbers` says how fast and how much.
//! `lessons` is the course, told beside the stage.
//! `compare` puts the run beside itself under other settings.
//! `embed` is the page inside another one.
//! `lean` is what views are made of, with little code.
//! `parts` are what comes later: code that is fetched when a person first asks for what it does; `reserve` is what comes along.
//! `words` says all of it in English, `shell` holds the parts together.

#![allow(
    unreachable_pub,
    reason = "the component macro of Leptos makes what it generates public, whatever the component is"
)]

mod cluster;
mod compare;
mod controls;
pub mod embed;
mod events;
mod lean;
mod ledger;
mod lessons;
mod messages;
mod numbers;
mod parts;
mod reserve;
pub mod scenarios;
pub mod session;
pub mod share;
mod shell;
pub mod stage;
mod time;
mod why;
mod words;

use leptos::prelude::*;

pub use shell::Page;

/// The page as it opens: inside another one, where its address says so; else with what its address says, else with what was kept, else with the first scenario, playing.
#[component]
pub fn App() -> impl IntoView {
    if embed::asked() {
        return view! { <parts::Later part=parts::Part::Embed /> }.into_any();
    }
    match share::Opening::at_once() {
        Some(opening) => opened(opening),
        None => view! { <parts::Later part=parts::Part::Page /> }.into_any(),
    }
}

/// The page over what it opens with.
fn opened(opening: share::Opening) -> AnyView {
    let share::Opening {
        experiment,
        preset,
        plays,
        note,
    } = opening;
    let session = session::Session::with(experiment);
    session::start_clock(session, stage::measure::reduced_motion());
    if plays {
        session.play();
    }
    view! { <Page session=session preset=preset note=note keeps=true /> }.into_any()
}

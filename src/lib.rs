//! The page: what people see of the engine, and how they act on it.
//!
//! `session` holds the experiment and the clock. Everything else is a view over it: `stage` shows the cluster now, `ledger`
//! what clients saw, `events` what happened, `time` how it went and how to move in it, `controls` what a person can set.
//! `words` says all of it in English, `shell` holds the parts together.

#![allow(
    unreachable_pub,
    reason = "the component macro of Leptos makes what it generates public, whatever the component is"
)]

mod controls;
mod events;
mod ledger;
pub mod scenarios;
pub mod session;
mod shell;
pub mod stage;
mod time;
mod words;

use leptos::prelude::*;

pub use shell::Page;

/// The page as it opens: the first scenario, playing.
#[component]
pub fn App() -> impl IntoView {
    let opening = scenarios::opening();
    match session::Session::new(opening.0, opening.1) {
        Ok(session) => {
            session::start_clock(session);
            session.play();
            view! { <Page session=session /> }.into_any()
        }
        Err(error) => view! { <main>{error.to_string()}</main> }.into_any(),
    }
}

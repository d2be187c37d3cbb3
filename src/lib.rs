//! The page: what people see of the engine, and how they act on it.
//!
//! `session` holds the experiment and the clock. Everything else is a view over it.

pub mod scenarios;
pub mod session;
pub mod stage;

use leptos::prelude::*;

/// The page.
#[component]
pub fn App() -> impl IntoView {
    let (scenario, start) = scenarios::opening();
    match session::Session::new(scenario, start) {
        Ok(session) => {
            provide_context(session);
            session::start_clock(session);
            session.play();
            view! { <main>{move || session.now().to_string()}</main> }.into_any()
        }
        Err(error) => view! { <main>{error.to_string()}</main> }.into_any(),
    }
}

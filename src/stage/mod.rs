//! The stage: nodes, links and what travels on them.

use leptos::prelude::*;

/// The stage.
#[component]
pub fn Stage() -> impl IntoView {
    view! { <section class="stage" aria-label="Stage"></section> }
}

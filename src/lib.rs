//! The page.
use leptos::prelude::*;

/// The page.
#[component]
pub fn App() -> impl IntoView {
    view! { <main>"ReplicaScope"</main> }
}

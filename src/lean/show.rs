//! What is shown under a condition.

use leptos::children::ViewFn;
use leptos::prelude::*;

/// A condition that may change.
pub(crate) struct When(Box<dyn Fn() -> bool + Send + Sync>);

impl<F: Fn() -> bool + Send + Sync + 'static> From<F> for When {
    fn from(when: F) -> Self {
        Self(Box::new(when))
    }
}

/// Shows its children while a condition holds, else what takes their place; both are made anew each time.
#[component(transparent)]
pub(crate) fn Show(
    /// What is shown.
    children: ChildrenFn,
    /// The condition.
    #[prop(into)]
    when: When,
    /// What is shown instead; nothing, if not given.
    #[prop(optional, into)]
    fallback: ViewFn,
) -> impl IntoView {
    let When(when) = when;
    let when = Memo::new(move |_| when());
    let shown: Box<dyn FnMut() -> AnyView + Send> = Box::new(move || {
        if when.get() {
            children()
        } else {
            fallback.run()
        }
    });
    shown.into_any()
}

//! What views are made of, with little code: [`Memo`], [`Show`], [`For`] and [`effect`] do what Leptos's of the same names do.
//!
//! Leptos compiles its own anew for every type of value and every closure, some kilobytes each, and the page has hundreds. Here
//! each is a thin typed shell around one that is compiled once, over boxed values and boxed closures. A box costs a page
//! of this size nothing that can be measured (`cargo xtask measure`).

mod list;
mod memo;
pub(crate) mod number;
mod show;

use leptos::prelude::Effect;

pub(crate) use list::For;
pub use memo::Memo;
pub(crate) use memo::settled;
pub(crate) use show::Show;

/// Runs now, when the page has been drawn, and again whenever a signal that it read has changed.
pub(crate) fn effect(run: impl FnMut() + 'static) {
    boxed_effect(Box::new(run));
}

/// Runs as [`effect`] does, and is given what it returned the last time.
pub(crate) fn effect_after<T: 'static>(mut run: impl FnMut(Option<T>) -> T + 'static) {
    let mut before = None;
    effect(move || before = Some(run(before.take())));
}

fn boxed_effect(mut run: Box<dyn FnMut()>) {
    Effect::new(move |_| run());
}

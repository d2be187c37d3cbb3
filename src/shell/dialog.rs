//! The frame that every dialog has: it opens and closes with a signal, has a heading and a way out.

use leptos::{html, prelude::*};

use super::{Icon, Picture};
use crate::lean::{Show, effect};

/// A dialog, while it is asked for. What is in it is made when it opens and goes when it closes.
#[component]
pub(crate) fn Dialog(
    /// Whether it is asked for.
    shown: RwSignal<bool>,
    /// The id of its heading.
    id: &'static str,
    /// Its heading.
    title: &'static str,
    /// Its classes.
    class: &'static str,
    /// Called as it opens.
    #[prop(optional)]
    opened: Option<Callback<()>>,
    /// Called when it has closed.
    #[prop(optional)]
    closed: Option<Callback<()>>,
    children: ChildrenFn,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    effect(move || {
        let Some(dialog) = dialog.get() else { return };
        if shown.get() && !dialog.open() {
            if let Some(opened) = opened {
                opened.run(());
            }
            // Refused only outside of a document, where there is nothing to show.
            let _ = dialog.show_modal();
        } else if !shown.get() && dialog.open() {
            dialog.close();
        }
    });
    let has_closed = move |_| {
        shown.set(false);
        if let Some(closed) = closed {
            closed.run(());
        }
    };
    let children = StoredValue::new(children);
    view! {
        <dialog class=class node_ref=dialog aria-labelledby=id on:close=has_closed>
            <Show when=move || shown.get()>
                <header>
                    <h2 id=id>{title}</h2>
                    <button
                        type="button"
                        class="ib"
                        aria-label="Close"
                        on:click=move |_| shown.set(false)
                    >
                        <Picture icon=Icon::Cross />
                    </button>
                </header>
                {children.with_value(|children| children())}
            </Show>
        </dialog>
    }
}

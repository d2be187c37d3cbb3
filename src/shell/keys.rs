//! The list of keys.

use leptos::{html, prelude::*};

use crate::lean::effect;

use super::keyboard::KEYS;
use super::{Icon, Panels, Picture};

/// The list, as a dialog, while it is asked for.
#[component]
pub(super) fn Keys() -> impl IntoView {
    let panels = expect_context::<Panels>();
    let dialog = NodeRef::<html::Dialog>::new();
    effect(move || {
        let Some(dialog) = dialog.get() else { return };
        if panels.keys_shown.get() && !dialog.open() {
            // Refused only outside of a document, where there is nothing to show.
            let _ = dialog.show_modal();
        } else if !panels.keys_shown.get() && dialog.open() {
            dialog.close();
        }
    });
    view! {
        <dialog
            class="keys"
            node_ref=dialog
            aria-labelledby="keys-title"
            on:close=move |_| panels.keys_shown.set(false)
        >
            <header>
                <h2 id="keys-title">"Keys"</h2>
                <button
                    type="button"
                    class="ib"
                    aria-label="Close"
                    on:click=move |_| panels.keys_shown.set(false)
                >
                    <Picture icon=Icon::Cross />
                </button>
            </header>
            <dl>
                {KEYS
                    .map(|(key, what)| {
                        view! {
                            <div>
                                <dt>
                                    <kbd>{key}</kbd>
                                </dt>
                                <dd>{what}</dd>
                            </div>
                        }
                    })
                    .collect_view()}
            </dl>
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=move || !panels.preferences.get().keys_off
                    on:change:target=move |event| {
                        let on = event.target().checked();
                        panels.preferences.update(|preferences| preferences.keys_off = !on);
                    }
                />
                "Single keys work"
            </label>
        </dialog>
    }
}

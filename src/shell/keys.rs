//! The list of keys.

use leptos::prelude::*;

use super::keyboard::KEYS;
use super::{Dialog, Panels};

/// The list, as a dialog, while it is asked for.
#[component]
pub(super) fn Keys() -> impl IntoView {
    let panels = expect_context::<Panels>();
    view! {
        <Dialog shown=panels.keys_shown id="keys-title" title="Keys" class="keys">
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
        </Dialog>
    }
}

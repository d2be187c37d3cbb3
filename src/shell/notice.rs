//! What a person should know about what they just did: shown for a while, then gone.

use std::cell::RefCell;

use gloo_timers::callback::Timeout;
use leptos::prelude::*;

use super::{Icon, Picture};
use crate::lean::{Show, effect};
use crate::session::Session;

/// How long a notice stays.
const SHOWN_MS: u32 = 8_000;

/// The notice of the session, if it has one.
#[component]
pub(crate) fn Notice() -> impl IntoView {
    let notice = Session::expect().notice();
    let hide = StoredValue::new_local(RefCell::new(None::<Timeout>));
    effect(move || {
        let timeout = notice
            .get()
            .map(|_| Timeout::new(SHOWN_MS, move || notice.set(None)));
        // Dropping the one before cancels it.
        hide.with_value(|hide| hide.replace(timeout));
    });
    view! {
        <div class="notice-place" role="status">
            <Show when=move || notice.with(Option::is_some)>
                <div class="notice">
                    <span>{move || notice.get()}</span>
                    <button
                        type="button"
                        class="ib"
                        aria-label="Dismiss"
                        on:click=move |_| notice.set(None)
                    >
                        <Picture icon=Icon::Cross />
                    </button>
                </div>
            </Show>
        </div>
    }
}

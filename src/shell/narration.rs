//! The sentence above the stage, also for those who hear the page.

use leptos::prelude::*;

use crate::session::Session;
use crate::words;

/// What happened last, at most once a second; and, once, that acked writes are lost.
#[component]
pub(super) fn Narration() -> impl IntoView {
    let session = Session::expect();
    let narration = session.on_second(|run| words::narration::now(run.simulation()));
    let lost = super::lost_writes(session);
    let any_lost = Memo::new(move |_| lost.get() > 0);
    let alarm = move || {
        any_lost
            .get()
            .then_some("Acked writes are lost. The ledger lists them.")
    };
    view! {
        <p class="narr" role="status">
            <b class="tnum">{move || words::at(narration.get().at)}</b>
            " "
            {move || narration.get().text}
        </p>
        <p class="sr" role="alert">
            {alarm}
        </p>
    }
}

//! The sentence above the stage, also for those who hear the page.

use leptos::prelude::*;
use replicascope_engine::why::Question;

use super::{Icon, Picture};
use crate::lean::Memo;
use crate::session::Session;
use crate::stage::AsTable;
use crate::why::WhyButton;
use crate::words;

/// What happened last, at most once a second; and, once, that acked writes are lost.
#[component]
pub(super) fn Narration() -> impl IntoView {
    let session = Session::expect();
    let AsTable(as_table) = expect_context();
    let narration = session.on_second(|run| words::narration::now(run.simulation()));
    let lost = super::lost_writes(session);
    let any_lost = Memo::new(move || lost.get() > 0);
    let alarm = move || {
        any_lost
            .get()
            .then_some("Acked writes are lost. The ledger lists them.")
    };
    let broken = session.on_second(|run| {
        let verdict = run.simulation().cluster_verdict();
        match (verdict.split_brain_since, verdict.no_primary_since) {
            (Some(_), _) => Some((Question::SplitBrain, "Several nodes take writes")),
            (None, Some(_)) => Some((Question::NoPrimary, "Nobody takes writes")),
            (None, None) => None,
        }
    });
    view! {
        <div class="narr">
            <p role="status">
                <b class="tnum">{move || words::at(narration.get().at)}</b>
                " "
                {move || narration.get().text}
            </p>
            {move || broken.get().map(|(question, about)| view! { <WhyButton question=question about=about /> })}
            <button
                type="button"
                class="ib as-table"
                aria-label="Stage as a table"
                title="Stage as a table"
                aria-pressed=move || as_table.get().to_string()
                on:click=move |_| as_table.update(|shown| *shown = !*shown)
            >
                <Picture icon=Icon::Columns />
            </button>
        </div>
        <p class="sr" role="alert">
            {alarm}
        </p>
    }
}

//! The ledger: what clients were told, and what became of it. Client-observed truth is the main view of the page.

mod list;
mod row;
mod rows;
mod tally;
mod window;

use leptos::prelude::*;
use replicascope_engine::oracle::LEDGER_CAP;

use crate::lean::Memo;
use crate::session::Session;
use crate::words;

pub(crate) use row::chip;
use rows::Filter;
pub(crate) use rows::broken;
use tally::Tally;

/// The headline, the totals and the rows.
#[component]
pub(crate) fn Ledger() -> impl IntoView {
    let session = Session::expect();
    let tally = session.on_panel(|run| Tally::of(run.simulation()));
    let filter = RwSignal::new(Filter::Broken);
    let capped = session.on_panel(|run| {
        let issued = rows::issued(run.simulation());
        (issued > LEDGER_CAP).then(|| words::verdicts::capped(issued as u64))
    });
    let choice = move |this: Filter, text: &'static str| {
        view! {
            <button
                type="button"
                aria-pressed=move || (filter.get() == this).to_string()
                on:click=move |_| filter.set(this)
            >
                {text}
            </button>
        }
    };
    view! {
        <section class="ledger" aria-label="Ledger">
            <Headline tally=tally />
            <div class="lhead">
                <h2>"Ledger"</h2>
                <div class="seg seg--s" role="group" aria-label="Show">
                    {choice(Filter::Broken, "Broken")} {choice(Filter::All, "All")}
                </div>
                <p class="tally tnum">{move || tally.get().writes()}</p>
                <p class="tally tnum">{move || tally.get().reads()}</p>
                {move || capped.get().map(|words| view! { <p class="tally capped tnum">{words}</p> })}
            </div>
            <list::List filter=filter />
        </section>
    }
}

/// One sentence: the worst thing that is true.
#[component]
fn Headline(#[prop(into)] tally: Memo<Tally>) -> impl IntoView {
    let session = Session::expect();
    let leader = session.on_panel(|run| run.simulation().leader());
    let lost = move || tally.get().lost;
    view! {
        <header class="verdict" class:is-lost=move || { lost() > 0 }>
            <h2>
                {move || match lost() {
                    0 => "No acked write is lost".to_owned(),
                    lost => words::verdicts::gone(lost),
                }}
            </h2>
            <p>
                {move || match (lost(), leader.get()) {
                    (0, _) => tally.get().calm(),
                    (_, Some(leader)) => {
                        format!("Apps were told OK. The history of {leader} does not have them.")
                    }
                    (_, None) => "Apps were told OK.".to_owned(),
                }}
            </p>
        </header>
    }
}

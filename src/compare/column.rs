//! One column: what it changes, what became of acked writes, its numbers, and its stage, which has what room is left.

use leptos::prelude::*;
use replicascope_engine::compare::{Measure, Value};

use super::choices::Choices;
use super::{Compare, numbers};
use crate::lean::{Memo, Show};
use crate::messages::Picked;
use crate::stage::{Stage, selection::Selection};
use crate::words;

/// The numbers above a stage.
const FACTS: [Measure; 4] = [
    Measure::NotOk,
    Measure::CommitMedian,
    Measure::NoPrimary,
    Measure::Stale,
];
/// Most actions without sense that are listed above a stage; the table has them all.
const ODD: usize = 2;

/// One column.
#[component]
pub(super) fn Column(index: usize) -> impl IntoView {
    let compare = Compare::expect();
    let session = compare.column(index);
    // What the stage finds in its context is this column's own.
    provide_context(session);
    provide_context(Selection(RwSignal::new(None)));
    provide_context(Picked(RwSignal::new(None)));
    let numbers = numbers(session);
    let title = Memo::new(move || compare.title(index));
    let promise = session.on_panel(|run| words::compare::promise(run.simulation().settings()));
    let lost = move || numbers.with(|numbers| numbers.lost);
    let wrong = move || compare.wrong.with(|wrong| wrong[index].clone());
    let stage = move || wrong().is_none() && !compare.as_table.get();
    view! {
        <section class="cmp" aria-label=move || title.get()>
            <header>
                <h2 class="sr">{move || title.get()}</h2>
                <Choices index />
                <p>{move || wrong().unwrap_or_else(|| promise.get().to_owned())}</p>
            </header>
            <p class="outcome" class:is-lost=move || lost() != 0>
                <b class="tnum">{lost}</b>
                <span>{move || if lost() == 1 { "acked write lost" } else { "acked writes lost" }}</span>
            </p>
            <Show when=stage>
                <dl class="facts">
                    {FACTS
                        .map(|measure| {
                            let value = Memo::new(move || numbers.with(|numbers| measure.of(numbers)));
                            view! {
                                <div>
                                    <dt>{words::compare::short_measure(measure)}</dt>
                                    <dd class:is-stale=move || is_stale(measure, value.get())>
                                        {move || words::compare::value(value.get())}
                                    </dd>
                                </div>
                            }
                        })
                        .collect_view()}
                </dl>
                <OddOnes index most=ODD />
                <Stage of=title />
            </Show>
        </section>
    }
}

/// Whether a number is one of old answers, and not 0.
pub(super) fn is_stale(measure: Measure, value: Value) -> bool {
    matches!(measure, Measure::Stale | Measure::Broken)
        && matches!(value, Value::Of(1.., _) | Value::Count(1..))
}

/// The actions that make no sense in a column, newest last.
#[component]
pub(super) fn OddOnes(
    /// Which column.
    index: usize,
    /// Most that are listed; the newest.
    most: usize,
    /// What is said when there are none; without a word, nothing is shown.
    #[prop(optional)]
    none: &'static str,
) -> impl IntoView {
    let session = Compare::expect().column(index);
    let odd = session.on_panel(move |_| {
        let odd = session.odd();
        odd.iter().map(words::compare::odd).collect::<Vec<_>>()
    });
    view! {
        <span>{move || odd.with(Vec::is_empty).then_some(none)}</span>
        <ul class="odd" hidden=move || odd.with(Vec::is_empty)>
            {move || {
                odd.with(|odd| {
                    let more = odd.len().saturating_sub(most);
                    let more = (more > 0).then(|| view! { <li>{format!("And {more} before.")}</li> });
                    let shown = odd.iter().rev().take(most).rev();
                    let shown = shown.map(|text| view! { <li>{text.clone()}</li> }).collect_view();
                    (more, shown)
                })
            }}
        </ul>
    }
}

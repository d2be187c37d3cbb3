//! The numbers of the columns beside each other, and what made no sense where.

use leptos::prelude::*;
use replicascope_engine::compare::{Measure, Numbers};

use super::column::{OddOnes, is_stale};
use super::{Compare, MOST, numbers};
use crate::lean::{For, Memo};
use crate::words;

/// The table.
#[component]
pub(super) fn Table() -> impl IntoView {
    let compare = Compare::expect();
    let each = [0, 1, 2, 3].map(|index| numbers(compare.column(index)));
    let columns = move || 0..compare.count();
    view! {
        <div class="cmp-table" tabindex="0" role="group" aria-label="What differs">
            <table>
                <caption class="sr">"What differs, up to now"</caption>
                <thead>
                    <tr>
                        <td></td>
                        <For each=columns key=|index| *index let:index>
                            <th scope="col">{move || compare.title(index)}</th>
                        </For>
                    </tr>
                </thead>
                <tbody>{Measure::ALL.map(|measure| row(compare, measure, each)).collect_view()}</tbody>
                <tbody>
                    <tr class="odd-row">
                        <th scope="row">"Actions that make no sense"</th>
                        <For each=columns key=|index| *index let:index>
                            <td>
                                <OddOnes index most=usize::MAX none="none" />
                            </td>
                        </For>
                    </tr>
                </tbody>
            </table>
            <p class="hint">"Rows in grey are the same in every column."</p>
        </div>
    }
}

fn row(compare: Compare, measure: Measure, each: [Memo<Numbers>; MOST]) -> impl IntoView {
    let same = Memo::new(move || {
        let numbers: Vec<Numbers> = (0..compare.count())
            .map(|index| each[index].get())
            .collect();
        // What reads the same is the same to whoever reads it.
        let words = |numbers: &Numbers| words::compare::value(measure.of(numbers));
        measure.is_same(&numbers)
            || numbers
                .windows(2)
                .all(|two| words(&two[0]) == words(&two[1]))
    });
    let cell = move |index: usize| {
        let value = Memo::new(move || each[index].with(|numbers| measure.of(numbers)));
        let lost = move || measure == Measure::Lost && each[index].with(|numbers| numbers.lost > 0);
        view! {
            <td class:is-lost=lost class:is-stale=move || is_stale(measure, value.get())>
                {move || words::compare::value(value.get())}
            </td>
        }
    };
    view! {
        <tr class:is-same=move || same.get()>
            <th scope="row">{words::compare::measure(measure)}</th>
            <For each=move || 0..compare.count() key=|index| *index children=cell />
        </tr>
    }
}

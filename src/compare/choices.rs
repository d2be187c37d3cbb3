//! What a column changes: a choice in the place of its heading, and further ones beside it.

use leptos::prelude::*;
use replicascope_engine::compare::{Change, offers};

use super::{Compare, FEWEST, Pick};
use crate::lean::{For, Memo};
use crate::shell::{Icon, Picture};
use crate::words;

/// Most changes of a column.
const MOST_CHANGES: usize = 3;

/// A choice as the value of an option.
fn value(pick: &Pick, place: usize, offers: &[Change]) -> String {
    match pick {
        Pick::Branch(id) => format!("b{id}"),
        Pick::Changed(changes) => changes
            .get(place)
            .and_then(|change| offers.iter().position(|offer| offer == change))
            .map_or_else(|| "none".to_owned(), |index| format!("c{index}")),
    }
}

/// The column after another choice at a place.
fn chosen(pick: &Pick, place: usize, value: &str, offers: &[Change]) -> Option<Pick> {
    if let Some(id) = value.strip_prefix('b') {
        return id.parse().ok().map(Pick::Branch);
    }
    let mut changes = match pick {
        Pick::Changed(changes) => changes.clone(),
        Pick::Branch(_) => Vec::new(),
    };
    match value.strip_prefix('c') {
        Some(index) => {
            let offer = offers.get(index.parse::<usize>().ok()?)?.clone();
            if let Some(change) = changes.get_mut(place) {
                *change = offer;
            } else {
                changes.push(offer);
            }
        }
        // The heading alone says that nothing is changed.
        None if place == 0 => changes.clear(),
        None => {
            changes.truncate(place);
        }
    }
    Some(Pick::Changed(changes))
}

/// The choices of a column.
#[component]
pub(super) fn Choices(index: usize) -> impl IntoView {
    let compare = Compare::expect();
    let picked = Memo::new(move || compare.picks.with(|picks| picks.get(index).cloned()));
    let changes = move || match picked.get() {
        Some(Pick::Changed(changes)) => changes.len(),
        _ => 0,
    };
    // One more than there are, unless nothing is changed yet.
    let further = move || match changes() {
        0 => 1,
        changes => (changes + 1).min(MOST_CHANGES),
    };
    let removable = move || compare.count() > FEWEST;
    let remove = move |_| {
        compare.picks.update(|picks| {
            picks.remove(index);
        });
    };
    view! {
        <div class="cmp-t">
            <For each=move || 0..further() key=|place| *place let:place>
                <Choice index place picked />
            </For>
            <button
                type="button"
                class="ib cmp-x"
                hidden=move || !removable()
                aria-label=move || format!("Remove {}", compare.title(index))
                on:click=remove
            >
                <Picture icon=Icon::Cross />
            </button>
        </div>
    }
}

#[component]
fn Choice(index: usize, place: usize, picked: Memo<Option<Pick>>) -> impl IntoView {
    let compare = Compare::expect();
    let (session, futures) = (compare.session, compare.session.futures());
    let offered = Memo::new(move || {
        futures.track();
        offers(&super::scenario(session))
    });
    let now = Memo::new(move || {
        let pick = picked.get().unwrap_or(Pick::Changed(Vec::new()));
        offered.with(|offers| value(&pick, place, offers))
    });
    let choose = move |value: String| {
        let next = compare.picks.with_untracked(|picks| {
            let pick = picks.get(index)?;
            offered.with_untracked(|offers| chosen(pick, place, &value, offers))
        });
        if let Some(next) = next {
            compare.picks.update(|picks| picks[index] = next);
        }
    };
    let option = move |value: String, text: String| {
        let selected = value.clone();
        view! {
            <option value=value selected=move || now.get() == selected>
                {text}
            </option>
        }
    };
    let groups = move || {
        offered.with(|offers| {
            let numbered: Vec<(usize, &Change)> = offers.iter().enumerate().collect();
            numbered
                .chunk_by(|(_, one), (_, two)| {
                    words::compare::group(one) == words::compare::group(two)
                })
                .map(|group| {
                    let options = group
                        .iter()
                        .map(|(index, offer)| {
                            option(format!("c{index}"), words::compare::change(offer))
                        })
                        .collect_view();
                    view! { <optgroup label=words::compare::group(group[0].1)>{options}</optgroup> }
                })
                .collect_view()
        })
    };
    let of_branches = move || {
        let branches = compare.branches.get();
        (place == 0 && branches.len() > 1).then(|| {
            let options = branches.into_iter();
            let options = options
                .map(|(id, name)| option(format!("b{id}"), name))
                .collect_view();
            view! { <optgroup label="Branches">{options}</optgroup> }
        })
    };
    let name = if place == 0 {
        format!("Column {} shows", index + 1)
    } else {
        format!("Column {} also changes", index + 1)
    };
    view! {
        <select
            class:cmp-also=place != 0
            class:is-empty=move || place != 0 && now.get() == "none"
            aria-label=name
            on:change:target=move |event| choose(event.target().value())
        >
            {option("none".to_owned(), (if place == 0 { "As it ran" } else { "and …" }).to_owned())}
            {groups}
            {of_branches}
        </select>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use replicascope_engine::Scenario;

    #[test]
    fn a_choice_replaces_adds_or_takes_away() {
        let offers = offers(&Scenario::default());
        let changed = |changes: &[usize]| {
            Pick::Changed(changes.iter().map(|&index| offers[index].clone()).collect())
        };
        let after = |pick: &Pick, place, value| chosen(pick, place, value, &offers);
        let one = changed(&[1]);
        assert_eq!(value(&one, 0, &offers), "c1");
        assert_eq!(value(&one, 1, &offers), "none");
        assert_eq!(after(&one, 0, "c2"), Some(changed(&[2])));
        assert_eq!(after(&one, 1, "c4"), Some(changed(&[1, 4])));
        assert_eq!(after(&changed(&[1, 4]), 1, "none"), Some(one.clone()));
        assert_eq!(after(&changed(&[1, 4]), 0, "none"), Some(changed(&[])));
        assert_eq!(after(&one, 0, "b3"), Some(Pick::Branch(3)));
        assert_eq!(after(&Pick::Branch(3), 0, "c0"), Some(changed(&[0])));
        assert_eq!(after(&one, 0, "c999"), None);
        assert_eq!(value(&Pick::Branch(3), 0, &offers), "b3");
    }
}

//! The timeline of a comparison: a lane for each column, with who takes writes, and the writes that were lost.

use leptos::prelude::*;
use replicascope_engine::ids::NodeId;

use super::axis::Axis;
use super::lanes;
use super::timeline::Track;
use crate::compare::Compare;
use crate::lean::number::percent;
use crate::lean::{For, Memo};
use crate::words::events::Mark;

/// From this width on, in percent of the axis, there is room for what a node does.
const ROOM_FOR_A_SENTENCE: f64 = 16.0;
/// From this width on there is room for its name.
const ROOM_FOR_A_NAME: f64 = 3.5;

/// A lane for each column.
#[component]
pub(super) fn ColumnLanes() -> impl IntoView {
    let compare = Compare::expect();
    let Track { axis, .. } = expect_context();
    view! {
        <For each=move || 0..compare.count() key=|index| *index let:index>
            <ColumnLane index axis />
        </For>
    }
}

/// A column's lane, on the axis of all.
#[component]
fn ColumnLane(index: usize, axis: Memo<Axis>) -> impl IntoView {
    let compare = Compare::expect();
    let history = Track::of(compare.column(index)).history;
    let reigns = Memo::new(move || {
        history.with(|history| lanes::reigns(&history.lanes, history.reached, axis.get()))
    });
    let lost = Memo::new(move || {
        history.with(|history| {
            let lost = history.entries.iter();
            lost.filter(|entry| entry.mark == Mark::Lost)
                .map(|entry| (axis.get().percent(entry.at), entry.events))
                .collect::<Vec<_>>()
        })
    });
    let reign = |(left, width, node): (f64, f64, Option<NodeId>)| {
        let name = node.filter(|_| width > ROOM_FOR_A_NAME);
        let rest = match node {
            Some(_) if width > ROOM_FOR_A_SENTENCE => " takes writes",
            None if width > ROOM_FOR_A_SENTENCE / 2.0 => "no primary",
            _ => "",
        };
        view! {
            <span
                class=if node.is_some() { "lane l-primary" } else { "lane l-nobody" }
                style:left=percent(left)
                style:width=percent(width)
            >
                {name.map(|name| name.to_string())}
                <span class="lane-rest">{rest}</span>
            </span>
        }
    };
    let lost_mark = |(left, count): (f64, usize)| {
        view! {
            <span class="mk mk-lost" style:left=percent(left)>
                <b class="tnum">{count}</b>
            </span>
        }
    };
    view! {
        <div class="tl-row tl-lane tl-column" aria-hidden="true">
            <b>{move || compare.title(index)}</b>
            <div class="tl-in">
                {move || reigns.get().into_iter().map(reign).collect_view()}
                {move || lost.get().into_iter().map(lost_mark).collect_view()}
            </div>
        </div>
    }
}

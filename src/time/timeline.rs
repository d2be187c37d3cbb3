//! The picture of the run, and the slider over it.

use std::sync::Arc;

use leptos::{ev, html, prelude::*};
use replicascope_engine::ids::NodeId;
use replicascope_engine::time::Time;

use super::axis::Axis;
use super::charts::{HIGH, Measure, WIDE, draw};
use super::history::{History, Seen};
use super::{lanes, marks};
use crate::compare::Compare;
use crate::lean::number::percent;
use crate::lean::{For, Memo, Show};
use crate::parts::{Later, Part};
use crate::session::Session;
use crate::shell::{Icon, Picture};
use crate::words;
use crate::words::events::Mark;

/// The width of the track until it is known.
const USUAL_WIDTH_PX: f64 = 900.0;

/// What the rows draw from.
#[derive(Clone, Copy)]
pub(super) struct Track {
    pub(super) history: Memo<Arc<History>>,
    pub(super) axis: Memo<Axis>,
}

impl Track {
    pub(super) fn of(session: Session) -> Self {
        let seen = StoredValue::new(Seen::default());
        let history = session.on_branches(move |experiment| {
            seen.try_update_value(|seen| {
                seen.look(experiment.current_index(), experiment.current())
            })
            .unwrap_or_default()
        });
        let axis = Memo::new(move || Axis::for_run(history.with(|history| history.reached)));
        Self { history, axis }
    }
}

/// The timeline.
#[component]
pub(super) fn Timeline() -> impl IntoView {
    let session = Session::expect();
    let track = Track::of(session);
    let nodes = session.on_panel(|run| run.simulation().nodes().len() as u8);
    let compare = Compare::expect();
    // The lanes of a comparison come later.
    provide_context(track);
    let one_run = move || {
        view! {
            <SeatLane track=track />
            <For each=move || 0..nodes.get() key=|node| *node let:node>
                <NodeLane node=NodeId(node) track=track />
            </For>
            <ChartRow measure=Measure::Lag name="worst lag" track=track />
            <ChartRow measure=Measure::Commit name="commit" track=track />
        }
    };
    view! {
        <div class="tl">
            <Ticks track=track />
            <Marks track=track />
            <Show when=move || compare.open.get() fallback=one_run>
                <Later part=Part::Lanes quiet=true />
            </Show>
            <Playhead track=track />
        </div>
    }
}

#[component]
fn Ticks(track: Track) -> impl IntoView {
    view! {
        <div class="tl-row tl-axis" aria-hidden="true">
            <span></span>
            <div class="tl-in">
                {move || {
                    track
                        .axis
                        .get()
                        .ticks()
                        .into_iter()
                        .map(|(left, text)| {
                            view! {
                                <span class="tick" style:left=percent(left)>
                                    {text}
                                </span>
                            }
                        })
                        .collect_view()
                }}
            </div>
        </div>
    }
}

/// The event log says the same in words, so this is for the eyes alone.
#[component]
fn Marks(track: Track) -> impl IntoView {
    let row = NodeRef::<html::Div>::new();
    let compare = Compare::expect();
    let width = move || {
        // Looked up when the story or the axis changes; a resize in between is caught up with soon.
        row.get()
            .map(|row| f64::from(row.client_width()))
            .filter(|&width| width > 0.0)
            .unwrap_or(USUAL_WIDTH_PX)
    };
    let placed = Memo::new(move || {
        let (axis, width) = (track.axis.get(), width());
        let compared = compare.open.get();
        let mut placed = track.history.with(|history| {
            // What became of the columns stands in their lanes; what was done is the same in all.
            let mut entries = history.entries.clone();
            entries.retain(|entry| !compared || !matches!(entry.mark, Mark::Lost | Mark::Crown));
            marks::place(&entries, axis, width)
        });
        for mark in &mut placed {
            mark.x = mark.x / width * 100.0;
        }
        placed
    });
    view! {
        <div class="tl-row tl-marks" aria-hidden="true">
            <span></span>
            <div class="tl-in" node_ref=row>
                {move || placed.get().into_iter().map(mark).collect_view()}
            </div>
        </div>
    }
}

fn mark(placed: marks::Placed) -> impl IntoView {
    let marks::Placed {
        x,
        mark,
        count,
        word,
        title,
    } = placed;
    let lost = mark == Mark::Lost;
    let picture = (!lost).then(|| view! { <Picture icon=Icon::from(mark) /> });
    let number = (lost || count > 1).then(|| view! { <b class="tnum">{count}</b> });
    view! {
        <span class="mk" class:mk-lost=lost style:left=percent(x) title=title>
            {picture}
            {number}
            {(!word.is_empty()).then(|| view! { <span class="mk-word">{word}</span> })}
        </span>
    }
}

#[component]
fn NodeLane(node: NodeId, track: Track) -> impl IntoView {
    let stretches = Memo::new(move || {
        let axis = track.axis.get();
        track.history.with(|history| {
            let changes = history.lanes.get(node.index());
            changes.map_or_else(Vec::new, |changes| {
                lanes::stretches(changes, history.reached, axis)
            })
        })
    });
    view! {
        <div class="tl-row tl-lane" aria-hidden="true">
            <b>{node.to_string()}</b>
            <div class="tl-in">
                {move || {
                    stretches
                        .get()
                        .into_iter()
                        .map(|stretch| {
                            view! {
                                <span
                                    class=format!("lane {}", stretch.class)
                                    style:left=percent(stretch.left)
                                    style:width=percent(stretch.width)
                                >
                                    {stretch.word}
                                </span>
                            }
                        })
                        .collect_view()
                }}
            </div>
        </div>
    }
}

/// On a phone one lane stands for all: who takes writes.
#[component]
fn SeatLane(track: Track) -> impl IntoView {
    let seat = Memo::new(move || {
        let axis = track.axis.get();
        track
            .history
            .with(|history| lanes::seat(&history.lanes, history.reached, axis))
    });
    view! {
        <div class="tl-row tl-lane tl-seat" aria-hidden="true">
            <span></span>
            <div class="tl-in">
                {move || {
                    seat.get()
                        .into_iter()
                        .map(|(left, width, node)| {
                            view! {
                                <span
                                    class="lane l-primary"
                                    style:left=percent(left)
                                    style:width=percent(width)
                                >
                                    {(width > 6.0).then(|| node.to_string())}
                                </span>
                            }
                        })
                        .collect_view()
                }}
            </div>
        </div>
    }
}

#[component]
fn ChartRow(measure: Measure, name: &'static str, track: Track) -> impl IntoView {
    let chart = Memo::new(move || {
        let axis = track.axis.get();
        track.history.with(|history| {
            draw(
                &history.samples,
                history.width,
                history.reached,
                axis,
                measure,
            )
        })
    });
    let most = move || words::span(chart.with(|chart| chart.most));
    let long_name = match measure {
        Measure::Lag => "Lag of the worst replica over time",
        Measure::Commit => "Commit latency over time, mean",
    };
    view! {
        <div class="tl-row tl-chart">
            <span>{name}</span>
            <div class="tl-in">
                <svg
                    class="sp"
                    class:sp-lat=measure == Measure::Commit
                    viewBox=format!("0 -4 {WIDE} {}", HIGH + 8.0)
                    preserveAspectRatio="none"
                    role="img"
                    aria-label=move || format!("{long_name}: at most {}", most())
                >
                    <path d=move || chart.with(|chart| chart.line.clone()) />
                </svg>
            </div>
            <span class="tl-max tnum" aria-hidden="true">
                "max "
                {most}
            </span>
        </div>
    }
}

/// The present, the veil over what is still to come, and the slider that moves it.
#[component]
fn Playhead(track: Track) -> impl IntoView {
    let session = Session::expect();
    let now = session.on_frame(replicascope_engine::Simulation::now);
    let left = move || percent(track.axis.get().percent(now.get()));
    let ended = move || {
        let axis = track.axis.get();
        percent(axis.percent(track.history.with(|history| history.reached)))
    };
    let settled = session.on_panel(|run| run.simulation().now());
    let millis = move || settled.get().0 / 1_000;
    let end_millis = move || track.axis.get().end.0 / 1_000;
    let seek = move |value: String| {
        if let Ok(millis) = value.parse::<u64>() {
            session.seek(Time::from_millis(millis));
        }
    };
    // A millisecond a key press would take all day.
    let on_key = move |event: ev::KeyboardEvent| {
        // With Shift to the millisecond.
        let stride = if event.shift_key() {
            1
        } else {
            (end_millis() / 200).max(1)
        };
        let to = match event.key().as_str() {
            "ArrowRight" | "ArrowUp" => millis() + stride,
            "ArrowLeft" | "ArrowDown" => millis().saturating_sub(stride),
            _ => return,
        };
        event.prevent_default();
        session.seek(Time::from_millis(to.min(end_millis())));
    };
    view! {
        <div class="tl-over" style=("--now", left) style=("--reached", ended)>
            <div class="tl-veil"></div>
            <input
                class="tl-range"
                type="range"
                aria-label="Timeline"
                aria-valuetext=move || {
                    format!("{}.{:03} seconds", millis() / 1_000, millis() % 1_000)
                }
                min="0"
                max=end_millis
                step="1"
                prop:value=move || millis().to_string()
                on:input:target=move |event| seek(event.target().value())
                on:keydown=on_key
            />
            <div class="tl-head"></div>
        </div>
    }
}

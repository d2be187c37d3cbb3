//! The seat: what stands there when nobody takes writes, or more than one does.

use leptos::prelude::*;
use replicascope_engine::Simulation;

use crate::lean::number::{decimal, moved, px};
use crate::lean::{Memo, Show, settled};
use crate::session::Session;
use crate::words;

use super::layout::{Layout, Rect};

/// Who takes writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct SeatFact {
    writers: usize,
    /// For how long nobody does, in words.
    since: String,
    /// How many operations wait in the router.
    waiting: usize,
}

impl SeatFact {
    fn of(simulation: &Simulation) -> Self {
        let writers = simulation.writers().len();
        let since = simulation.now().since(simulation.outages().since);
        Self {
            writers,
            since: if writers == 1 {
                String::new()
            } else {
                words::span(since)
            },
            waiting: simulation.waiting_ops(),
        }
    }
}

/// The empty slot, or the label over two cards.
#[component]
pub(crate) fn Seat(layout: Memo<Layout>) -> impl IntoView {
    let session = Session::expect();
    let fact = session.on_panel(|recording| SeatFact::of(recording.simulation()));
    let writers = settled(session.on_frame(|simulation| simulation.writers().len()));
    let seat = Memo::new(move || layout.with(|layout| layout.seat));
    let waiting = move || {
        fact.with(|fact| match fact.waiting {
            0 => format!("{} so far", fact.since),
            count => format!("{} so far, {count} in the router", fact.since),
        })
    };
    let between = move || {
        layout.with(|layout| {
            let seated: Vec<Rect> = layout
                .places
                .iter()
                .filter(|place| place.seated)
                .map(|place| place.rect)
                .collect();
            let gap = seated.first().map_or(0.0, |rect| rect.bottom());
            zigzag(layout.seat, gap)
        })
    };
    view! {
        <div
            class="sg-slot"
            class:is-empty=move || writers.get() == 0
            style:transform=move || moved(seat.get().x, seat.get().y)
            style:width=move || px(seat.get().w)
            style:height=move || px(seat.get().h)
        >
            <Show when=move || writers.get() == 0>
                <b>"No primary, writes wait"</b>
                <span class="sg-tnum">{waiting}</span>
            </Show>
        </div>
        <Show when=move || { writers.get() > 1 }>
            <p
                class="sg-two"
                style:transform=move || {
                    moved(seat.get().right() - 132.0, seat.get().y - 26.0)
                }
            >
                {move || format!("{} primaries", writers.get())}
                <span class="sg-tnum">{move || fact.with(|fact| fact.since.clone())}</span>
            </p>
            <svg class="sg-zigzag" aria-hidden="true">
                <path d=between />
            </svg>
        </Show>
    }
}

/// A crack between two cards.
fn zigzag(seat: Rect, below: f64) -> String {
    let steps = (seat.w / 12.0) as usize;
    let mut path = format!("M{} {}", decimal(seat.x, 1), decimal(below + 11.0, 1));
    for step in 1..=steps {
        let rise = if step % 2 == 0 { 3.5 } else { -3.5 };
        path.push_str(&format!(
            "L{} {}",
            decimal(seat.x + step as f64 * 12.0, 0),
            decimal(below + 11.0 + rise, 1)
        ));
    }
    path
}

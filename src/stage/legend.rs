//! How to read a log strip.

use leptos::prelude::*;

use crate::lean::number::{decimal, moved};
use crate::lean::{Memo, Show};

use super::layout::Layout;
use super::strip::{ABOVE, Cell, Strip, StripPaths};

const ROWS: [(Cell, &str); 5] = [
    (Cell::Missing, "missing"),
    (Cell::Received, "received"),
    (Cell::Flushed, "flushed"),
    (Cell::Applied, "applied"),
    (Cell::Lost, "acked, will be lost"),
];

/// The explanation; nothing where there is no room for it.
#[component]
pub(crate) fn Legend(layout: Memo<Layout>) -> impl IntoView {
    let place = Memo::new(move || layout.with(|layout| layout.legend));
    let row = |(cell, words): (Cell, &'static str)| {
        let strip = Strip {
            cells: vec![cell],
            ..Strip::default()
        };
        let paths = StripPaths::of(&strip, 11.0, 17.0);
        let y = format!("0 {} 12 19", decimal(ABOVE - 1.0, 1));
        view! {
            <li>
                <svg class="sg-strip" width="12" height="19" viewBox=y aria-hidden="true">
                    <path class="c-missing" d=paths.missing />
                    <path class="c-outline" d=paths.outline />
                    <path class="c-fill" d=paths.fill />
                    <path class="c-lost" d=paths.lost />
                    <path class="c-lost-slash" d=paths.lost_slash />
                </svg>
                {words}
            </li>
        }
    };
    view! {
        <Show when=move || place.get().is_some()>
            <div
                class="sg-legend"
                style:transform=move || {
                    place.get().map(|place| moved(place.x, place.y))
                }
            >
                <b>"How to read a log"</b>
                <ul>{ROWS.map(row).collect_view()}</ul>
            </div>
        </Show>
    }
}

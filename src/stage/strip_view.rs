//! The log strip of a card, drawn in the card's real size.

use leptos::prelude::*;
use replicascope_engine::ids::NodeId;

use crate::lean::{Memo, Show, settled};
use crate::session::Session;

use super::layout::{Density, Layout, Place, strip_width};
use super::strip::{ABOVE, Cell, Strip, StripPaths, pitch};

const fn cell_height(place: &Place) -> f64 {
    match place.density {
        Density::Full if place.seated => 34.0,
        Density::Full | Density::Medium => 24.0,
        Density::Slim => 20.0,
        Density::Tiny => 18.0,
    }
}

/// A strip's measures: width, height of a cell, and whether there is room for numbers and the names of timelines.
fn measures(place: Option<Place>) -> (f64, f64, bool) {
    place.map_or((0.0, 0.0, false), |place| {
        let roomy = place.density == Density::Full;
        (strip_width(&place), cell_height(&place), roomy)
    })
}

/// The strip.
#[component]
pub(crate) fn StripView(
    /// Whose.
    id: NodeId,
    /// Where everything stands.
    layout: Memo<Layout>,
    /// Where its card is.
    place: Memo<Option<Place>>,
) -> impl IntoView {
    let session = Session::expect();
    let cells = Memo::new(move || layout.with(|layout| layout.cells));
    let strip = settled(session.on_frame(move |simulation| Strip::of(simulation, id, cells.get())));
    let size = Memo::new(move || measures(place.get()));
    let paths = Memo::new(move || {
        let (width, height, _) = size.get();
        strip.with(|strip| StripPaths::of(strip, width, height))
    });
    let total = move || {
        let (_, height, roomy) = size.get();
        ABOVE + height + if roomy { 15.0 } else { 3.0 }
    };
    let below = move || ABOVE + size.get().1 + 12.0;
    let roomy = move || size.get().2;
    let part =
        move |pick: fn(&StripPaths) -> &String| move || paths.with(|paths| pick(paths).clone());
    view! {
        <svg
            class="sg-strip"
            width=move || size.get().0
            height=total
            aria-hidden="true"
        >
            <path class="c-missing" d=part(|paths| &paths.missing) />
            <path class="c-outline" d=part(|paths| &paths.outline) />
            <path class="c-fill" d=part(|paths| &paths.fill) />
            <path class="c-dropped" d=part(|paths| &paths.dropped) />
            <path class="c-dropped-slash" d=part(|paths| &paths.dropped_slash) />
            <path class="c-lost" d=part(|paths| &paths.lost) />
            <path class="c-lost-slash" d=part(|paths| &paths.lost_slash) />
            <path class="c-tick" d=part(|paths| &paths.ticks) />
            <Show when=roomy>
                <text class="sg-lsn" x="0" y=below>
                    {move || strip.with(|strip| strip.first)}
                </text>
                <text class="sg-lsn" text-anchor="end" x=move || strip.with(|strip| last_x(strip, size.get().0)) y=below>
                    {move || strip.with(last_number)}
                </text>
                <text class="sg-lost-note" text-anchor="end" x=move || size.get().0 y=below>
                    {move || strip.with(lost_note)}
                </text>
                <text class="sg-tl" x=move || strip.with(|strip| mark_x(strip, size.get().0)) y="9">
                    {move || strip.with(mark_name)}
                </text>
            </Show>
        </svg>
    }
}

/// Right edge of the node's last record, not so far left that its number would touch the first one.
fn last_x(strip: &Strip, width: f64) -> f64 {
    let end = strip
        .last
        .map_or(0.0, |place| (place + 1) as f64 * pitch(strip, width) - 2.0);
    end.max(56.0).min(width)
}

fn last_number(strip: &Strip) -> String {
    match strip.last {
        Some(place) if place > 0 && !has_lost(strip) => (strip.first + place as u64).to_string(),
        _ => String::new(),
    }
}

fn has_lost(strip: &Strip) -> bool {
    strip.cells.contains(&Cell::Lost)
}

fn lost_note(strip: &Strip) -> &'static str {
    if has_lost(strip) { "only here" } else { "" }
}

fn mark_x(strip: &Strip, width: f64) -> f64 {
    let place = strip.marks.last().map_or(0, |&(place, _)| place);
    (place as f64 * pitch(strip, width) + 1.5).min(width - 28.0)
}

fn mark_name(strip: &Strip) -> String {
    strip
        .marks
        .last()
        .map_or_else(String::new, |&(_, term)| format!("TL {term}"))
}

//! The rows in a scrolling box. Only those in sight are in the document.

use leptos::{html, prelude::*};
use replicascope_engine::ids::OpId;

use super::row::Row;
use super::rows::{Filter, Rows, Tall, issued, tall};
use super::window::{ROW_PX, row_at, visible};
use crate::lean::number::px;
use crate::lean::{For, Memo, Show, effect_after};
use crate::session::Session;
use crate::shell::rove;

/// From how many operations on the filtered rows are looked up once a second only.
const LONG: usize = 10_000;
/// The box's height until it is known.
const USUAL_HEIGHT_PX: f64 = 900.0;

/// The rows of a filter.
fn rows(session: Session, filter: RwSignal<Filter>) -> Memo<Rows> {
    let long = session.on_panel(|run| issued(run.simulation()) > LONG);
    let often = session.on_panel(move |run| {
        if long.get() {
            Tall::default()
        } else {
            tall(run.simulation())
        }
    });
    let seldom = session.on_second(move |run| tall(run.simulation()));
    let tall = Memo::new(move || {
        if long.get() {
            seldom.get()
        } else {
            often.get()
        }
    });
    let look = move |run: &replicascope_engine::Recording| {
        Rows::of(run.simulation(), filter.get(), tall.get())
    };
    let often = session.on_panel(look);
    let seldom = session.on_second(look);
    Memo::new(move || {
        if filter.get() == Filter::Broken && long.get() {
            seldom.get()
        } else {
            often.get()
        }
    })
}

/// The list.
#[component]
pub(super) fn List(filter: RwSignal<Filter>) -> impl IntoView {
    let rows = rows(Session::expect(), filter);
    let scroller = NodeRef::<html::Div>::new();
    let top = RwSignal::new(0.0);
    let height = RwSignal::new(USUAL_HEIGHT_PX);
    let measure = move || {
        if let Some(scroller) = scroller.get_untracked() {
            top.set(f64::from(scroller.scroll_top()));
            height.set(f64::from(scroller.client_height()).max(ROW_PX));
        }
    };
    keep_in_place(rows, scroller, top);
    let count = Memo::new(move || rows.with(Rows::len));
    let shown = Memo::new(move || {
        rows.with(|rows| {
            visible(top.get(), height.get(), rows.len(), |index| {
                rows.top_of(index)
            })
            .filter_map(|index| rows.get(index))
            .collect::<Vec<OpId>>()
        })
    });
    let place = move |op: OpId| {
        Memo::new(move || {
            rows.with(|rows| {
                let index = rows.index(op).unwrap_or(0);
                (index, rows.top_of(index))
            })
        })
    };
    let whole = move || rows.with(|rows| px(rows.top_of(rows.len())));
    view! {
        <div
            class="lscroll"
            node_ref=scroller
            tabindex="0"
            role="group"
            aria-label="Ledger rows"
            data-own-arrows=""
            on:scroll=move |_| measure()
            on:keydown=move |event| {
                rove(&event);
                // The browser tells of its scrolling with the next frame only; a key may come before that and needs the rows beyond.
                measure();
            }
        >
            <Show when=move || count.get() == 0>
                <p class="empty">
                    {move || match filter.get() {
                        Filter::Broken => "Nothing broke. One fault to try: kill the primary.",
                        Filter::All => "Nothing has happened yet. Run the scenario, or send one write.",
                    }}
                </p>
            </Show>
            <ul class="ops" style:height=whole>
                <For each=move || shown.get() key=|op| *op let:op>
                    <Row op=op place=place(op) count=count />
                </For>
            </ul>
        </div>
    }
}

/// New rows come in above. A person who has scrolled down reads on undisturbed: the box scrolls along with what it shows.
fn keep_in_place(rows: Memo<Rows>, scroller: NodeRef<html::Div>, top: RwSignal<f64>) {
    effect_after(move |before: Option<Rows>| {
        let now = rows.get();
        let scrolled = top.get_untracked();
        if let (Some(before), Some(scroller), true) =
            (before, scroller.get_untracked(), scrolled >= ROW_PX)
        {
            let first = row_at(scrolled, before.len(), |index| before.top_of(index));
            let moved = before.get(first).and_then(|op| now.index(op));
            let by = moved.map_or(0.0, |index| now.top_of(index) - before.top_of(first));
            if by.abs() >= 1.0 {
                let to = scrolled + by;
                scroller.set_scroll_top(to as i32);
                top.set(to);
            }
        }
        now
    });
}

//! The rows in a scrolling box. Only those in sight are in the document.

use leptos::{html, prelude::*};
use replicascope_engine::ids::OpId;

use super::row::Row;
use super::rows::{Filter, Rows, issued};
use super::window::{ROW_PX, visible};
use crate::session::Session;

/// From how many operations on the filtered rows are looked up once a second only.
const LONG: usize = 10_000;
/// The box's height until it is known.
const USUAL_HEIGHT_PX: f64 = 900.0;

/// The rows of a filter.
fn rows(session: Session, filter: RwSignal<Filter>) -> Memo<Rows> {
    let look = move |run: &replicascope_engine::Recording| Rows::of(run.simulation(), filter.get());
    let often = session.on_panel(look);
    let seldom = session.on_second(look);
    let long = session.on_panel(|run| issued(run.simulation()) > LONG);
    Memo::new(move |_| {
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
    let count = Memo::new(move |_| rows.with(Rows::len));
    let shown = Memo::new(move |_| {
        let range = visible(top.get(), height.get(), count.get());
        rows.with(|rows| {
            range
                .filter_map(|index| rows.get(index))
                .collect::<Vec<OpId>>()
        })
    });
    let place = move |op: OpId| Memo::new(move |_| rows.with(|rows| rows.index(op)).unwrap_or(0));
    view! {
        <div
            class="lscroll"
            node_ref=scroller
            tabindex="0"
            role="group"
            aria-label="Ledger rows"
            data-own-arrows=""
            on:scroll=move |_| measure()
        >
            <Show when=move || count.get() == 0>
                <p class="empty">
                    {move || match filter.get() {
                        Filter::Broken => "Nothing broke. One fault to try: kill the primary.",
                        Filter::All => "Nothing has happened yet. Run the scenario, or send one write.",
                    }}
                </p>
            </Show>
            <ul class="ops" style:height=move || format!("{}px", count.get() as f64 * ROW_PX)>
                <For each=move || shown.get() key=|op| *op let:op>
                    <Row op=op place=place(op) count=count />
                </For>
            </ul>
        </div>
    }
}

/// New rows come in above. A person who has scrolled down reads on undisturbed: the box scrolls along with what it shows.
fn keep_in_place(rows: Memo<Rows>, scroller: NodeRef<html::Div>, top: RwSignal<f64>) {
    Effect::new(move |before: Option<Rows>| {
        let now = rows.get();
        let scrolled = top.get_untracked();
        if let (Some(before), Some(scroller), true) =
            (before, scroller.get_untracked(), scrolled >= ROW_PX)
        {
            let first = (scrolled / ROW_PX) as usize;
            let moved = before.get(first).and_then(|op| now.index(op));
            if let Some(index) = moved.filter(|&index| index != first) {
                let to = scrolled + (index as f64 - first as f64) * ROW_PX;
                scroller.set_scroll_top(to as i32);
                top.set(to);
            }
        }
        now
    });
}

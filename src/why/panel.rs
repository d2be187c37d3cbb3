//! The panel: the question, the answer in short, and the chain beside its diagram.

use std::sync::Arc;

use leptos::{html, prelude::*};
use replicascope_engine::ids::EventId;
use wasm_bindgen::JsCast as _;

use super::drawing::{Sheet, Slant, width};
use super::told::{Line, Point, Told};
use super::{Why, WhyAlone};
use crate::lean::{For, Memo, Show, effect_after};
use crate::ledger::chip;
use crate::session::Session;
use crate::shell::{Icon, Picture};
use crate::stage::measure::size_of;
use crate::words;

/// The explanation that is open, kept true.
pub(crate) fn content() -> AnyView {
    let why = Why::expect();
    why.follow();
    let told = Memo::new(move || why.told.get());
    view! { <Open told=told /> }.into_any()
}

#[component]
fn Open(told: Memo<Option<Arc<Told>>>) -> impl IntoView {
    let why = Why::expect();
    let heading = NodeRef::<html::H2>::new();
    effect_after(move |before: Option<Option<String>>| {
        let title = told.with(|told| told.as_ref().map(|told| told.title.clone()));
        // Made, but not in the page yet.
        let heading = heading.get()?;
        if before.flatten() != title {
            // It is in the document and takes the focus; if not, there is nothing to announce.
            let _ = heading.focus();
        }
        title
    });
    let back = match use_context::<WhyAlone>() {
        Some(WhyAlone) => "Close the explanation",
        None => "Back to the ledger",
    };
    let title = move || told.with(|told| told.as_ref().map(|told| told.title.clone()));
    let short = move || told.with(|told| told.as_ref().map(|told| told.short.clone()));
    let chips = move || {
        told.with(|told| {
            told.as_ref()
                .map(|told| told.chips.iter().cloned().map(chip).collect_view())
        })
    };
    let complete = move || told.with(|told| told.as_ref().is_none_or(|told| told.complete));
    view! {
        <section class="whyp" aria-labelledby="why-title">
            <header>
                <button type="button" class="ib" aria-label=back title=back on:click=move |_| why.close()>
                    <Picture icon=Icon::ChevronLeft />
                </button>
                <h2 id="why-title" tabindex="-1" node_ref=heading>
                    {title}
                </h2>
            </header>
            <div class="wscroll" tabindex="0" role="group" aria-label="Explanation" data-own-arrows="">
                <div class="wlead">
                    <p class="wchips">{chips}</p>
                    <p class="wshort">{short}</p>
                </div>
                <Chain told=told />
                <Show when=move || !complete()>
                    <p class="empty">
                        "The trace keeps the newest 100,000 events. Some of what led here is no longer among them."
                    </p>
                </Show>
            </div>
        </section>
    }
}

#[component]
fn Chain(told: Memo<Option<Arc<Told>>>) -> impl IntoView {
    let body = NodeRef::<html::Div>::new();
    let size = size_of(body);
    let hovered = RwSignal::new(None::<EventId>);
    let ys = Memo::new(move || {
        size.track();
        told.track();
        body.get().map(|body| heights(&body)).unwrap_or_default()
    });
    let lines = move || {
        told.with(|told| told.as_ref().map(|told| told.lines.clone()))
            .unwrap_or_default()
    };
    let lanes = move || {
        told.with(|told| {
            told.as_ref().map(|told| {
                told.lanes
                    .iter()
                    .map(|(_, name, _)| name.clone())
                    .collect::<Vec<_>>()
            })
        })
        .unwrap_or_default()
    };
    let gutter = move || format!("{}px", width(lanes().len()) + 10.0);
    let label = move || told.with(|told| told.as_ref().map(|told| told.diagram.clone()));
    let heads = move || {
        let names = lanes();
        let count = names.len();
        names
            .into_iter()
            .enumerate()
            .map(|(index, name)| {
                let left = 12.0
                    + (width(count) - 24.0) * index as f64 / count.saturating_sub(1).max(1) as f64;
                view! { <b style:left=format!("{left}px") class:low=index % 2 == 1>{name}</b> }
            })
            .collect_view()
    };
    view! {
        <div class="wheads" aria-hidden="true">
            {heads}
        </div>
        <div class="wbody" node_ref=body style:--gutter=gutter>
            <svg class="st" role="img" aria-label=label>
                {move || {
                    told.with(|told| {
                        let told = told.as_ref()?;
                        let ys = ys.get();
                        let sheet = Sheet::new(told, &ys)?;
                        Some(drawn(told, &sheet, hovered))
                    })
                }}
                <NowLine told=told ys=ys />
            </svg>
            <ol>
                <For each=lines key=|line| (line.event, line.text.clone()) let:line>
                    {sentence(line, hovered)}
                </For>
            </ol>
        </div>
    }
}

/// The heights of the sentences' first lines: each begins with its instant.
fn heights(body: &web_sys::HtmlDivElement) -> Vec<f64> {
    let Ok(instants) = body.query_selector_all("li b") else {
        return Vec::new();
    };
    (0..instants.length())
        .filter_map(|index| instants.get(index)?.dyn_into::<web_sys::HtmlElement>().ok())
        .map(|instant| f64::from(instant.offset_top()) + f64::from(instant.offset_height()) / 2.0)
        .collect()
}

fn sentence(line: Line, hovered: RwSignal<Option<EventId>>) -> impl IntoView {
    let session = Session::expect();
    let Line {
        event,
        at,
        point,
        text,
        ..
    } = line;
    let ahead = session.on_panel(move |run| run.simulation().trace().len() < event.0);
    let newest = session.on_panel(move |run| run.simulation().trace().len() == event.0);
    view! {
        <li class:is-ahead=move || ahead.get()>
            <button
                type="button"
                class="wl"
                class:wl-fault=point == Point::Fault
                aria-current=move || newest.get().then_some("step")
                on:click=move |_| session.seek_event(event)
                on:pointerenter=move |_| hovered.set(Some(event))
                on:pointerleave=move |_| hovered.set(None)
            >
                <b class="tnum">{words::at(at)}</b>
                " "
                <span>{text}</span>
            </button>
        </li>
    }
}

fn drawn(
    told: &Told,
    sheet: &Sheet<'_>,
    hovered: RwSignal<Option<EventId>>,
) -> impl IntoView + use<> {
    let bars: Vec<_> = sheet
        .bars()
        .into_iter()
        .map(|bar| view! { <line class=bar.class x1=bar.x x2=bar.x y1=bar.top y2=bar.bottom /> })
        .collect();
    let is_loss = told.is_loss;
    let slants: Vec<_> = sheet
        .slants()
        .into_iter()
        .map(|one| slant(&one, is_loss))
        .collect();
    let points: Vec<_> = told
        .lines
        .iter()
        .map(|line| point(line, sheet.x(line.lane), sheet.y_of(line.event), hovered))
        .collect();
    view! {
        <g>{bars}</g>
        <g>{slants}</g>
        <g>{points}</g>
    }
}

/// A message: a line with a head, or with a cross where it was lost.
fn slant(slant: &Slant, is_loss: bool) -> impl IntoView + use<> {
    let ((x1, y1), (x2, y2)) = (slant.from, slant.to);
    let (dx, dy) = (x2 - x1, y2 - y1);
    let long = dx.hypot(dy).max(1.0);
    let (ux, uy) = (dx / long, dy / long);
    let class = format!("st-m {}", slant.class);
    // The head stops short of the line, so that the event on it can be seen.
    let short = if slant.lost { 0.0 } else { 5.0 };
    let (tx, ty) = (x2 - ux * short, y2 - uy * short);
    let (end, mark) = if slant.lost {
        let cross = format!("M{} {}l8 8m0 -8l-8 8", x2 - 4.0, y2 - 4.0);
        let mark = if is_loss { "st-x st-x--lost" } else { "st-x" };
        (cross, mark.to_owned())
    } else {
        let head = format!(
            "M{:.1} {:.1}L{tx:.1} {ty:.1}L{:.1} {:.1}",
            tx - ux * 6.0 - uy * 3.5,
            ty - uy * 6.0 + ux * 3.5,
            tx - ux * 6.0 + uy * 3.5,
            ty - uy * 6.0 - ux * 3.5
        );
        (head, class.clone())
    };
    view! {
        <g>
            <line class=class x1=x1 y1=y1 x2=tx y2=ty />
            <path class=mark d=end />
        </g>
    }
}

/// An event on its line. The sentence beside it does the same for the keyboard.
fn point(line: &Line, x: f64, y: f64, hovered: RwSignal<Option<EventId>>) -> impl IntoView + use<> {
    let session = Session::expect();
    let event = line.event;
    let (class, shape) = match line.point {
        Point::Fault => ("st-p st-p--fault", format!("M{x} {}l6 6-6 6-6-6z", y - 6.0)),
        Point::Crown => ("st-p st-p--crown", circle(x, y, 6.0)),
        // The cross at the end of the message says it.
        Point::Lost => ("st-p", String::new()),
        Point::Told => ("st-p st-p--told", circle(x, y, 4.0)),
        Point::Plain => ("st-p", circle(x, y, 4.0)),
    };
    view! {
        <g
            class="st-hit"
            class:is-on=move || hovered.get() == Some(event)
            on:click=move |_| session.seek_event(event)
            on:pointerenter=move |_| hovered.set(Some(event))
            on:pointerleave=move |_| hovered.set(None)
        >
            <circle class="st-halo" cx=x cy=y r="12" />
            <path class=class d=shape />
        </g>
    }
}

fn circle(x: f64, y: f64, r: f64) -> String {
    format!(
        "M{} {y}a{r} {r} 0 1 0 {} 0a{r} {r} 0 1 0 {} 0z",
        x - r,
        2.0 * r,
        -2.0 * r
    )
}

/// Where the run is, while it is among the events.
#[component]
fn NowLine(told: Memo<Option<Arc<Told>>>, ys: Memo<Vec<f64>>) -> impl IntoView {
    let session = Session::expect();
    let now = session.on_panel(|run| run.simulation().now());
    let y = move || {
        told.with(|told| {
            let told = told.as_ref()?;
            let ys = ys.get();
            let sheet = Sheet::new(told, &ys)?;
            let y = sheet.y(now.get(), None);
            (y > sheet.top() && y < sheet.bottom()).then(|| (y, width(told.lanes.len())))
        })
    };
    move || y().map(|(y, width)| view! { <line class="st-now" x1="0" x2=width y1=y y2=y /> })
}

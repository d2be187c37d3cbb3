//! The stage: apps, router, nodes, what is in their logs, and what travels between them.
//!
//! Whoever takes writes stands in the seat, in the middle; everybody else is a copy. Three layers lie on one another, all
//! laid out from the container's real size by `layout`: lines as SVG (`links`), messages on one canvas (`messages`), and
//! cards as HTML (`apps`, `node_card`, `seat`). What a card says are memos over the simulation (`facts`, `apps_facts`,
//! `strip`, `hosts`; `table` says the same as rows), so that only what changed touches the page; what travels is drawn from the simulation itself each frame
//! (`traffic`). Nothing here decides what happens, and nothing keeps a state that time would have to wind back.

#![allow(
    unreachable_pub,
    reason = "the component macro makes what it derives public"
)]

mod actions;
mod apps;
mod apps_facts;
mod canvas;
mod facts;
mod flow_lines;
mod glide;
mod hosts;
mod icons;
mod layout;
mod legend;
mod links;
pub(crate) mod measure;
mod messages;
mod node_card;
mod palette;
mod ring;
mod routes;
mod seat;
pub mod selection;
mod status;
mod strip;
mod strip_view;
mod table;
mod traffic;

use leptos::html;
use leptos::prelude::*;
use replicascope_engine::ids::NodeId;
use wasm_bindgen::JsCast as _;

use crate::lean::number::{moved, px};
use crate::lean::{For, Memo, Show, settled};
use crate::messages::{Picked, Placed, pick};
use crate::parts::{self, Detail, Later};
use crate::session::Session;

pub(crate) use facts::{Condition, Face, Part};
use layout::{Input, Layout, Point};
pub(crate) use messages::Painter;
use node_card::NodeCard;
use routes::Routes;
use selection::Selection;
pub(crate) use status::StatusShown;
pub(crate) use table::AsTable;
use traffic::{Motion, nearest, where_is};

/// A stage on which a person takes nothing: the page provides it as context.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Untouched;

/// Whether it is one.
fn is_untouched() -> bool {
    use_context::<Untouched>().is_some()
}

/// The stage.
#[component]
pub fn Stage(
    /// Of what it is the stage, where there are several.
    #[prop(optional)]
    of: Option<Memo<String>>,
    /// Whether it has less room than a page of its own gives it.
    #[prop(default = false)]
    tight: bool,
) -> impl IntoView {
    let session = Session::expect();
    // Made here when the page provides none, so that all cards share it.
    let _ = Selection::of_page();
    let StatusShown(status_shown) = StatusShown::of_page();
    let room = NodeRef::<html::Div>::new();
    let size = measure::size_of(room);
    let cast = settled(session.on_frame(|simulation| {
        (
            simulation.cluster().clients.len(),
            simulation.nodes().len(),
            simulation.writers(),
            hosts::of(simulation).count(),
        )
    }));
    let layout = Memo::new(move || {
        let ((width, height), (apps, nodes, writers, hosts)) = (size.get(), cast.get());
        Layout::of(&Input {
            width,
            height,
            apps,
            nodes,
            writers,
            hosts,
            tight,
        })
    });
    let routes = Memo::new(move || layout.with(Routes::of));
    let nodes = Memo::new(move || cast.get().1 as u8);
    let measured = Memo::new(move || size.get().0 > 0.0);
    let reduced = measure::reduced_motion();
    let motion = move || {
        if reduced.get_untracked() {
            Motion::Stops
        } else {
            Motion::Smooth
        }
    };
    let place = move |message| {
        let stage = layout.with(|layout: &Layout| (layout.width, layout.height));
        let at = session.peek(|run| {
            routes.with(|routes| where_is(run.simulation(), routes, motion(), message))
        })?;
        Some(Place { at, stage })
    };
    let picked = Picked::of_page();
    // What comes later finds them here.
    provide_context(layout);
    provide_context(Placed(Callback::new(place)));
    let has_hosts = move || cast.get().3 > 0;
    let name = move || {
        of.map_or_else(
            || "Stage".to_owned(),
            |of| of.with(|of| format!("Stage: {of}")),
        )
    };
    let untouched = is_untouched();
    let take = move |event: leptos::ev::MouseEvent| {
        // The messages of a run that follows another one are not there to be taken: the other one's actions are done here.
        if untouched || session.playing().get_untracked() || session.follows() {
            return;
        }
        if let Some(at) = point_on_field(&event) {
            let within = if layout.with_untracked(|layout: &Layout| layout.phone) {
                24.0
            } else {
                16.0
            };
            let message = session.peek(|run| {
                routes.with_untracked(|routes| {
                    nearest(run.simulation(), routes, motion(), at, within)
                })
            });
            pick(picked, message);
        }
    };
    let AsTable(as_table) = use_context().unwrap_or_else(|| AsTable(RwSignal::new(false)));
    view! {
        <section class="stage" aria-label=name class:is-phone=move || layout.with(|layout| layout.phone)>
            <Show when=move || as_table.get()>
                <Later part=parts::Part::Detail(Detail::Table) />
            </Show>
            <div class="sg-room" node_ref=room inert=move || as_table.get()>
                <Show when=move || measured.get()>
                    <div
                        class="sg-field"
                        on:click=take
                        style:width=move || px(layout.with(|layout| layout.width))
                        style:height=move || px(layout.with(|layout| layout.height))
                    >
                        <Ground layout />
                        <svg class="sg-links" aria-hidden="true">
                            <links::Links routes />
                        </svg>
                        <messages::Messages layout routes />
                        <apps::Apps layout />
                        <apps::Router layout />
                        <seat::Seat layout />
                        <For
                            each=move || (0..nodes.get()).map(NodeId)
                            key=|node| *node
                            let:node
                        >
                            <NodeCard id=node layout />
                        </For>
                        <Show when=has_hosts>
                            <Later part=parts::Part::Hosts quiet=true />
                        </Show>
                        <legend::Legend layout />
                        <Show when=move || picked.on_stage(session).is_some()>
                            <Later part=parts::Part::Detail(Detail::Message) quiet=true />
                        </Show>
                    </div>
                </Show>
            </div>
            <Show when=move || status_shown.get()>
                <Later part=parts::Part::Detail(Detail::Status) quiet=true />
            </Show>
        </section>
    }
}

/// What the picked server says of replication itself.
pub(crate) fn status() -> AnyView {
    view! { <status::StatusPanel /> }.into_any()
}

/// The stage as a table.
pub(crate) fn table() -> AnyView {
    view! { <table::StageTable /> }.into_any()
}

/// The hosts beside the nodes, in the row that the layout keeps for them.
pub(crate) fn hosts() -> AnyView {
    view! { <hosts::Hosts /> }.into_any()
}

/// Where on the field a click was, unless it was on something that has its own use for it.
fn point_on_field(event: &leptos::ev::MouseEvent) -> Option<Point> {
    let target: web_sys::Element = event.target()?.dyn_into().ok()?;
    if target
        .closest("button, [role=group], .msg-card, a")
        .ok()?
        .is_some()
    {
        return None;
    }
    let field = target
        .closest(".sg-field")
        .ok()??
        .get_bounding_client_rect();
    Some(Point::new(
        f64::from(event.client_x()) - field.left(),
        f64::from(event.client_y()) - field.top(),
    ))
}

/// A place on the stage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Place {
    at: Point,
    stage: (f64, f64),
}

/// Width and height that a message's card needs at most.
const CARD_PX: (f64, f64) = (270.0, 190.0);

/// Where a message's card stands: below the message, or above it where there is no room, and always on the stage.
pub(crate) fn place_of(place: Option<Place>) -> String {
    let Some(Place { at, stage }) = place else {
        return "none".to_owned();
    };
    let x = (at.x - CARD_PX.0 / 2.0)
        .min(stage.0 - CARD_PX.0 - 4.0)
        .max(4.0);
    let below = at.y + 22.0;
    let y = if below + CARD_PX.1 > stage.1 {
        (at.y - 22.0 - CARD_PX.1).max(4.0)
    } else {
        below
    };
    moved(x.round(), y.round())
}

/// The band behind the cluster, and the headings.
#[component]
fn Ground(layout: Memo<Layout>) -> impl IntoView {
    let band = Memo::new(move || layout.with(|layout| layout.band));
    let headings = Memo::new(move || layout.with(|layout| layout.headings));
    let heading = move |index: usize, words: &'static str| {
        let place = move || {
            headings
                .get()
                .map(|points| moved(points[index].x, points[index].y - 16.0))
        };
        view! { <h2 class="sg-heading" style:transform=place>{words}</h2> }
    };
    view! {
        <div
            class="sg-band"
            style:transform=move || moved(band.get().x, band.get().y)
            style:width=move || px(band.get().w)
            style:height=move || px(band.get().h)
        ></div>
        <Show when=move || headings.get().is_some()>
            {heading(0, "Apps")} {heading(1, "Takes writes")} {heading(2, "Copies")}
        </Show>
    }
}

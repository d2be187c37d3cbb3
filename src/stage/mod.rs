//! The stage: apps, router, nodes, what is in their logs, and what travels between them.
//!
//! Whoever takes writes stands in the seat, in the middle; everybody else is a copy. Three layers lie on one another, all
//! laid out from the container's real size by `layout`: lines as SVG (`links`), messages on one canvas (`messages`), and
//! cards as HTML (`apps`, `node_card`, `seat`). What a card says are memos over the simulation (`facts`, `apps_facts`,
//! `strip`), so that only what changed touches the page; what travels is drawn from the simulation itself each frame
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
mod icons;
mod layout;
mod legend;
mod links;
mod measure;
mod messages;
mod node_card;
mod palette;
mod ring;
mod routes;
mod seat;
pub mod selection;
mod settle;
mod strip;
mod strip_view;
mod traffic;

use leptos::html;
use leptos::prelude::*;
use replicascope_engine::ids::NodeId;

use crate::session::Session;

use layout::{Input, Layout};
use node_card::NodeCard;
use routes::Routes;
use selection::Selection;
use settle::settled;

/// The stage.
#[component]
pub fn Stage() -> impl IntoView {
    let session = Session::expect();
    // Made here when the page provides none, so that all cards share it.
    let _ = Selection::of_page();
    let room = NodeRef::<html::Div>::new();
    let size = measure::size_of(room);
    let cast = settled(session.on_frame(|simulation| {
        (
            simulation.cluster().clients.len(),
            simulation.nodes().len(),
            simulation.writers(),
        )
    }));
    let layout = Memo::new(move |_| {
        let ((width, height), (apps, nodes, writers)) = (size.get(), cast.get());
        Layout::of(&Input {
            width,
            height,
            apps,
            nodes,
            writers,
        })
    });
    let routes = Memo::new(move |_| layout.with(Routes::of));
    let nodes = Memo::new(move |_| cast.get().1 as u8);
    let layout = Signal::from(layout);
    let measured = Memo::new(move |_| size.get().0 > 0.0);
    view! {
        <section class="stage" aria-label="Stage" class:is-phone=move || layout.with(|layout| layout.phone)>
            <div class="sg-room" node_ref=room>
                <Show when=move || measured.get()>
                    <div
                        class="sg-field"
                        style:width=move || format!("{}px", layout.with(|layout| layout.width))
                        style:height=move || format!("{}px", layout.with(|layout| layout.height))
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
                        <legend::Legend layout />
                    </div>
                </Show>
            </div>
        </section>
    }
}

/// The band behind the cluster, and the headings.
#[component]
fn Ground(layout: Signal<Layout>) -> impl IntoView {
    let band = Memo::new(move |_| layout.with(|layout| layout.band));
    let headings = Memo::new(move |_| layout.with(|layout| layout.headings));
    let heading = move |index: usize, words: &'static str| {
        let place = move || {
            headings.get().map(|points| {
                format!(
                    "translate({}px, {}px)",
                    points[index].x,
                    points[index].y - 16.0
                )
            })
        };
        view! { <h2 class="sg-heading" style:transform=place>{words}</h2> }
    };
    view! {
        <div
            class="sg-band"
            style:transform=move || format!("translate({}px, {}px)", band.get().x, band.get().y)
            style:width=move || format!("{}px", band.get().w)
            style:height=move || format!("{}px", band.get().h)
        ></div>
        <Show when=move || headings.get().is_some()>
            {heading(0, "Apps")} {heading(1, "Takes writes")} {heading(2, "Copies")}
        </Show>
    }
}

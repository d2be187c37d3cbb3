//! Draws flows on the canvas: each direction of each way as a line of moving dashes, as wide as there is much on it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use replicascope_engine::ids::NodeId;
use web_sys::js_sys::Array;
use web_sys::{CanvasRenderingContext2d as Context2d, Path2d};

use super::palette::Palette;
use super::routes::{Routes, Way};
use super::traffic::{Flows, Load};

/// How far beside its line a direction runs.
const BESIDE: f64 = 3.5;

/// One direction of one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Lane {
    App(usize, bool),
    Ask(usize, bool),
    Talk(usize, usize),
}

/// The lines. The browser keeps their paths, so that a frame only says how wide and in which colour.
#[derive(Default)]
pub(crate) struct FlowLines {
    routes: Option<Routes>,
    paths: BTreeMap<Lane, Path2d>,
}

impl FlowLines {
    /// Draws what flows where. The dashes stand where `phase`, in pixels, says.
    pub(crate) fn draw(
        &mut self,
        on: &Context2d,
        colours: &Palette,
        flows: &Flows,
        routes: &Routes,
        phase: f64,
    ) {
        if self.routes.as_ref() != Some(routes) {
            self.routes = Some(routes.clone());
            self.paths.clear();
        }
        // Setting or emptying the dashes cannot fail.
        let _ = on.set_line_dash(&Array::of2(&7.0.into(), &6.0.into()));
        for (app, both) in flows.apps.iter().enumerate() {
            for (load, forward) in both.iter().zip([true, false]) {
                self.lane(on, colours, Lane::App(app, forward), load, phase);
            }
        }
        for (node, both) in flows.asks.iter().enumerate() {
            for (load, forward) in both.iter().zip([true, false]) {
                self.lane(on, colours, Lane::Ask(node, forward), load, phase);
            }
        }
        for (from, row) in flows.talks.iter().enumerate() {
            for (to, load) in row.iter().enumerate() {
                self.lane(on, colours, Lane::Talk(from, to), load, phase);
            }
        }
        let _ = on.set_line_dash(&Array::new());
        on.set_global_alpha(1.0);
    }

    fn lane(&mut self, on: &Context2d, colours: &Palette, lane: Lane, load: &Load, phase: f64) {
        let sum = load.sum();
        if sum < 0.05 {
            return;
        }
        let Some((path, forward)) = self.path(lane) else {
            return;
        };
        on.set_stroke_style_str(colour_of(load, colours));
        on.set_global_alpha((0.2 + sum * 0.1).min(0.65));
        on.set_line_width((1.5 + sum.sqrt() * 0.8).min(5.0));
        on.set_line_dash_offset(if forward { -phase } else { phase });
        on.stroke_with_path(path);
    }

    /// A lane's path, and whether it is drawn in its own direction.
    fn path(&mut self, lane: Lane) -> Option<(&Path2d, bool)> {
        let (way, forward) = resolve(self.routes.as_ref()?, lane)?;
        let path = match self.paths.entry(lane) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let beside = way.beside(if forward { BESIDE } else { -BESIDE });
                place.insert(Path2d::new_with_path_string(&beside.path()).ok()?)
            }
        };
        Some((path, forward))
    }
}

fn resolve(routes: &Routes, lane: Lane) -> Option<(&Way, bool)> {
    match lane {
        Lane::App(app, forward) => Some((routes.app(app)?, forward)),
        Lane::Ask(node, forward) => Some((routes.ask(NodeId(node as u8))?, forward)),
        Lane::Talk(from, to) => routes.talk(NodeId(from as u8), NodeId(to as u8)),
    }
}

/// The colour of what there is most of.
fn colour_of<'a>(load: &Load, colours: &'a Palette) -> &'a str {
    let kinds = [
        (load.other, &colours.ink_2),
        (load.acks, &colours.ok),
        (load.writes, &colours.primary),
        (load.wal, &colours.wal),
    ];
    kinds
        .into_iter()
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map_or("", |(_, colour)| colour)
}

//! Where everything on the stage stands: a pure function of the container's real size and of who is there.
//!
//! Text is never scaled, so what changes with the room is how much a card says ([`Density`]) and in how many columns the
//! copies stand. When even the smallest does not fit the field grows taller than the container, which then scrolls.
//! Nothing overlaps, and everything is inside the field; the tests hold it to that.

mod geometry;
mod phone;
mod wide;

#[cfg(test)]
mod tests;

use replicascope_engine::ids::{NodeId, NodeSet};

pub(crate) use geometry::{Point, Rect, put};

/// Below this width the stage is laid out for a phone.
pub(crate) const PHONE_BELOW: f64 = 600.0;

/// How much a node's card says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Density {
    /// Header, log strip with numbers, a row, words.
    Full,
    /// Header, log strip, one line.
    Medium,
    /// Header, and the log strip with the row beside it.
    Slim,
    /// One line.
    Tiny,
}

/// How much an app's card says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AppDensity {
    /// Its name, what it wrote and what it read.
    Full,
    /// Its name and one line.
    Slim,
    /// Its name.
    Tiny,
}

/// What the layout depends on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Input {
    /// Width of the container in CSS pixels.
    pub(crate) width: f64,
    /// Height of the container.
    pub(crate) height: f64,
    /// How many apps there are.
    pub(crate) apps: usize,
    /// How many nodes there are.
    pub(crate) nodes: usize,
    /// The nodes that take writes.
    pub(crate) writers: NodeSet,
    /// How many hosts there are beside the nodes: members of a store, or managers.
    pub(crate) hosts: usize,
    /// Whether a phone's stage leaves out what it can where it would grow taller than its room.
    pub(crate) tight: bool,
}

impl Input {
    fn in_seat(&self) -> Vec<NodeId> {
        self.all()
            .filter(|&node| self.writers.contains(node))
            .collect()
    }

    fn copies(&self) -> Vec<NodeId> {
        self.all()
            .filter(|&node| !self.writers.contains(node))
            .collect()
    }

    fn all(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.nodes).map(|index| NodeId(index as u8))
    }
}

/// A node's place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Place {
    /// Where its card is.
    pub(crate) rect: Rect,
    /// How much the card says.
    pub(crate) density: Density,
    /// Whether it stands in the seat.
    pub(crate) seated: bool,
    /// Column of the copies, from the left; 0 in the seat.
    pub(crate) column: usize,
    /// Whether its actions open upwards, since there is no room below.
    pub(crate) opens_up: bool,
}

/// Where everything stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layout {
    /// Whether it is the layout for a phone.
    pub(crate) phone: bool,
    /// Width of the field.
    pub(crate) width: f64,
    /// Height of the field, at least the container's.
    pub(crate) height: f64,
    /// The apps, in order.
    pub(crate) apps: Vec<Rect>,
    /// How much their cards say.
    pub(crate) app_density: AppDensity,
    /// The router.
    pub(crate) router: Rect,
    /// The seat: where a node stands that takes writes, and the dashed slot is when none does.
    pub(crate) seat: Rect,
    /// The nodes, by id.
    pub(crate) places: Vec<Place>,
    /// The band behind the cluster.
    pub(crate) band: Rect,
    /// Left ends of the headings "Apps", "Takes writes" and "Copies"; a phone has none.
    pub(crate) headings: Option<[Point; 3]>,
    /// The explanation of the log strip's cells, where there is room.
    pub(crate) legend: Option<Rect>,
    /// How many cells each log strip has. The same on all cards, so that cells can be compared.
    pub(crate) cells: usize,
    /// Height at which reads pass under the seat (wide), or x at which they pass beside it (phone).
    pub(crate) read_lane: f64,
    /// The x at which what nodes say to each other passes: left of each column of copies.
    pub(crate) gutters: Vec<f64>,
    /// The hosts beside the nodes, in a row below them.
    pub(crate) hosts: Vec<Rect>,
}

/// Height that a row of hosts takes.
const HOSTS_H: f64 = 48.0;
/// Room for the words before them, on a wide stage and on a phone.
const HOSTS_LABEL: (f64, f64) = (128.0, 92.0);
const HOST_W_MAX: f64 = 116.0;
const HOST_GAP: f64 = 8.0;

impl Layout {
    /// Lays the stage out.
    #[must_use]
    pub(crate) fn of(input: &Input) -> Self {
        let width = input.width.max(280.0);
        let input = &Input {
            height: input.height - if input.hosts > 0 { HOSTS_H } else { 0.0 },
            ..input.clone()
        };
        let mut layout = if width < PHONE_BELOW {
            phone::lay_out(input, width)
        } else {
            wide::lay_out(input, width)
        };
        layout.add_hosts(input.hosts);
        layout
    }

    /// Puts a row of hosts below everything else.
    fn add_hosts(&mut self, hosts: usize) {
        if hosts == 0 {
            return;
        }
        let first = self.hosts_at()
            + if self.phone {
                HOSTS_LABEL.1
            } else {
                HOSTS_LABEL.0
            };
        let room = self.width - 18.0 - first;
        let each = ((room + HOST_GAP) / hosts as f64 - HOST_GAP).min(HOST_W_MAX);
        let y = self.height - 2.0;
        self.hosts = (0..hosts)
            .map(|index| {
                let x = first + index as f64 * (each + HOST_GAP);
                Rect::new(x, y, each.floor(), 34.0)
            })
            .collect();
        self.height += HOSTS_H;
        self.band.h += HOSTS_H;
    }

    /// The x at which the words before the hosts begin.
    #[must_use]
    pub(crate) fn hosts_at(&self) -> f64 {
        if self.phone { 12.0 } else { self.band.x + 12.0 }
    }

    /// A node's place, if the layout knows the node.
    #[must_use]
    pub(crate) fn place(&self, node: NodeId) -> Option<Place> {
        self.places.get(node.index()).copied()
    }
}

/// Room inside a card on both sides of its log strip.
const CARD_PAD: f64 = 12.0;
/// Narrower cards than this leave out some of what stands beside their log strips; stage-node.css knows the same widths.
const NARROW: f64 = 240.0;
/// Narrower ones leave out even more.
const VERY_NARROW: f64 = 200.0;
/// Width of a tiny card's line besides its log strip, by how narrow it is.
const TINY_WORDS: [f64; 3] = [172.0, 124.0, 82.0];
/// Width beside a slim card's log strip: the row.
const SLIM_ROW: f64 = 90.0;
/// Width beside the log strip of a medium card in the seat: the lease.
const MEDIUM_RING: f64 = 48.0;

/// How wide the log strip of a card is.
#[must_use]
pub(crate) fn strip_width(place: &Place) -> f64 {
    let inside = place.rect.w - 2.0 * CARD_PAD;
    let beside = match place.density {
        Density::Medium if place.seated => MEDIUM_RING,
        Density::Full | Density::Medium => 0.0,
        Density::Slim if place.rect.w < NARROW => 0.0,
        Density::Slim => SLIM_ROW,
        Density::Tiny if place.rect.w < VERY_NARROW => TINY_WORDS[2],
        Density::Tiny if place.rect.w < NARROW => TINY_WORDS[1],
        Density::Tiny => TINY_WORDS[0],
    };
    (inside - beside).max(24.0)
}

/// As many cells as fit the narrowest strip at 7 px each, 6 to 20.
fn cells(places: &[Place]) -> usize {
    let narrowest = places.iter().map(strip_width).fold(f64::INFINITY, f64::min);
    ((narrowest / 7.0) as usize).clamp(6, 20)
}

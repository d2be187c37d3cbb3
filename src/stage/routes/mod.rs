//! The ways that messages take over the stage, and the lines that show them.
//!
//! A way is a polyline of a fixed number of points at equal distances: a message's place on it is one look-up, a line can
//! glide from one layout to another point by point, and what is drawn as a line and what travels never disagree.
//!
//! `way`: one of them. `planner`: which way leads from where to where.

mod planner;
mod way;

#[cfg(test)]
mod tests;

use replicascope_engine::ids::NodeId;

use replicascope_engine::scenario::Endpoint;

use super::layout::{Layout, Point};

use planner::Planner;
pub(crate) use way::{Spot, Way};

/// Every way of a layout.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Routes {
    nodes: usize,
    apps: Vec<Way>,
    asks: Vec<Way>,
    /// Between two nodes, the lower one first; see `pair`.
    talks: Vec<Way>,
    /// Where what is said to the hosts beside the nodes begins and ends: at the nodes, then at the hosts.
    cards: Vec<Point>,
    hosts: Vec<Point>,
}

impl Routes {
    /// The ways of a layout.
    #[must_use]
    pub(crate) fn of(layout: &Layout) -> Self {
        let nodes = layout.places.len();
        let ids = || (0..nodes).map(|index| NodeId(index as u8));
        let planner = Planner { layout };
        Self {
            nodes,
            apps: layout.apps.iter().map(|app| planner.app(*app)).collect(),
            asks: ids().map(|node| planner.ask(node)).collect(),
            talks: ids()
                .flat_map(|a| ids().filter(move |b| a < *b).map(move |b| (a, b)))
                .map(|(a, b)| planner.talk(a, b))
                .collect(),
            cards: layout
                .places
                .iter()
                .map(|place| place.rect.at(0.5, 0.5))
                .collect(),
            hosts: layout.hosts.iter().map(|host| host.at(0.5, 0.0)).collect(),
        }
    }

    /// The straight line of what is said to or by a host beside the nodes: it runs below the cards.
    #[must_use]
    pub(crate) fn aside(&self, from: Endpoint, to: Endpoint) -> Option<(Point, Point)> {
        let end = |end| match end {
            Endpoint::Node(node) => self.cards.get(node.index()).copied(),
            Endpoint::Store(index) | Endpoint::Monitor(index) => {
                self.hosts.get(usize::from(index)).copied()
            }
            Endpoint::Clients => None,
        };
        Some((end(from)?, end(to)?))
    }

    /// From an app to the router.
    #[must_use]
    pub(crate) fn app(&self, app: usize) -> Option<&Way> {
        self.apps.get(app)
    }

    /// From the router to a node.
    #[must_use]
    pub(crate) fn ask(&self, node: NodeId) -> Option<&Way> {
        self.asks.get(node.index())
    }

    /// Between two nodes, and whether it runs from `from` to `to` rather than back.
    #[must_use]
    pub(crate) fn talk(&self, from: NodeId, to: NodeId) -> Option<(&Way, bool)> {
        let way = self.talks.get(self.pair(from.min(to), from.max(to))?)?;
        Some((way, from < to))
    }

    /// Place of a pair in `talks`: the pairs (0,1), (0,2) … (1,2) … in order.
    fn pair(&self, low: NodeId, high: NodeId) -> Option<usize> {
        let (low, high) = (low.index(), high.index());
        (low < high && high < self.nodes)
            .then(|| low * (2 * self.nodes - low - 1) / 2 + high - low - 1)
    }

    /// The ways between these and those of another layout of the same cluster.
    #[must_use]
    pub(crate) fn toward(&self, other: &Self, part: f64) -> Self {
        let mix = |from: &[Way], to: &[Way]| {
            let both = from.iter().zip(to);
            both.map(|(from, to)| from.toward(to, part)).collect()
        };
        Self {
            nodes: other.nodes,
            apps: mix(&self.apps, &other.apps),
            asks: mix(&self.asks, &other.asks),
            talks: mix(&self.talks, &other.talks),
            cards: other.cards.clone(),
            hosts: other.hosts.clone(),
        }
    }

    /// Whether both are of the same cluster, so that one can glide to the other.
    #[must_use]
    pub(crate) fn matches(&self, other: &Self) -> bool {
        self.nodes == other.nodes && self.apps.len() == other.apps.len()
    }
}

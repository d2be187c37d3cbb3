//! The router that stands between the clients and the nodes: what it knows, and where it sends what.
//!
//! It knows only what nodes tell it: it asks each of them every health check whether it is the primary, as HAProxy asks
//! Patroni's `/primary`. So it is late, and with two nodes that both say yes and no fencing it believes both.

use crate::ids::{NodeId, OpId, Timeline};
use crate::random::{Purpose, below, draw};
use crate::scenario::ReadPolicy;
use crate::time::Time;

/// Health checks without an answer before a node counts as unreachable.
const MISSES: u32 = 2;

/// What the router believes of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Believed {
    /// It answered lately.
    pub reachable: bool,
    /// It said that it takes writes.
    pub primary: bool,
    /// The timeline it named.
    pub timeline: Timeline,
    /// When it last answered.
    pub answered_at: Time,
    misses: u32,
}

/// The router.
#[derive(Clone, Debug)]
pub struct Router {
    nodes: Vec<Believed>,
    turn: u64,
}

impl Router {
    pub(crate) fn new(nodes: usize) -> Self {
        let first = Timeline::new(1, NodeId(0));
        let believed = |index| Believed {
            reachable: true,
            primary: index == 0,
            timeline: first,
            answered_at: Time::ZERO,
            misses: 0,
        };
        Self {
            nodes: (0..nodes).map(believed).collect(),
            turn: 0,
        }
    }

    /// What it believes of a node.
    #[must_use]
    pub fn believes(&self, node: NodeId) -> Believed {
        self.nodes[node.index()]
    }

    fn nodes(&self) -> impl Iterator<Item = (NodeId, &Believed)> {
        self.nodes
            .iter()
            .enumerate()
            .map(|(index, believed)| (NodeId(index as u8), believed))
    }

    /// Counts one more check without an answer against every node; an answer takes it back.
    pub(crate) fn check(&mut self) {
        for node in &mut self.nodes {
            node.misses += 1;
            if node.misses > MISSES {
                node.reachable = false;
                node.primary = false;
            }
        }
    }

    /// A node answered. Returns whether it is news that it is primary.
    pub(crate) fn answered(
        &mut self,
        node: NodeId,
        primary: bool,
        timeline: Timeline,
        now: Time,
    ) -> bool {
        let believed = &mut self.nodes[node.index()];
        let news = primary && !believed.primary;
        *believed = Believed {
            reachable: true,
            primary,
            timeline,
            answered_at: now,
            misses: 0,
        };
        news
    }

    pub(crate) fn not_primary(&mut self, node: NodeId) {
        self.nodes[node.index()].primary = false;
    }

    pub(crate) fn refused_connection(&mut self, node: NodeId) {
        let believed = &mut self.nodes[node.index()];
        believed.primary = false;
        believed.reachable = false;
    }

    /// Where a write, or a read for the primary, goes. With fencing the newest timeline is the right one; without, the
    /// router has no way to tell and spreads over all that claim to be primary.
    pub(crate) fn primary(&self, op: OpId, fencing: bool) -> Option<NodeId> {
        let primaries = || self.nodes().filter(|(_, believed)| believed.primary);
        if fencing {
            return primaries()
                .max_by_key(|(_, believed)| believed.timeline)
                .map(|(node, _)| node);
        }
        let count = primaries().count();
        if count == 0 {
            None
        } else {
            primaries().nth(op.0 as usize % count).map(|(node, _)| node)
        }
    }

    /// Where a read goes, and whether only a primary may answer it.
    pub(crate) fn read_target(
        &mut self,
        op: OpId,
        policy: ReadPolicy,
        fencing: bool,
        seed: u64,
    ) -> Option<(NodeId, bool)> {
        let replicas = || {
            self.nodes()
                .filter(|(_, believed)| believed.reachable && !believed.primary)
        };
        let count = replicas().count() as u64;
        if policy == ReadPolicy::PrimaryOnly || count == 0 {
            return self.primary(op, fencing).map(|node| (node, true));
        }
        let place = match policy {
            ReadPolicy::Random => below(draw(seed, Purpose::ReadTarget, u64::from(op.0), 0), count),
            _ => self.turn % count,
        };
        let target = replicas()
            .nth(place as usize)
            .map(|(node, _)| (node, false));
        self.turn += 1;
        target
    }
}

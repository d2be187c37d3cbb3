//! The router that stands between the clients and the nodes: what it knows, and where it sends what.
//!
//! It knows only what nodes tell it: it asks each of them every health check whether it is the primary, as HAProxy asks
//! Patroni's `/primary`. So it is late, and with two nodes that both say yes and no fencing it believes both. Some routings
//! also ask how far a node is behind, now and then; what they know of that is older still.
//!
//! `choose`: which node it is. `lag`: who is too far behind. `haproxy`: counting checks.

mod choose;
mod haproxy;
mod lag;

use crate::event::RoutingEvent;
use crate::ids::{NodeId, Timeline};
use crate::message::LagReport;
use crate::scenario::Routing;
use crate::time::{Span, Time};

pub(crate) use choose::AmongPrimaries;
pub use haproxy::{Check, Checks};
pub(crate) use lag::time_between_looks;

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
    /// What it last said about its lag, and when that arrived.
    pub lag: Option<(LagReport, Time)>,
    /// `replay_lag` as the primary last said; `None` is NULL.
    pub replay_lag: Option<Span>,
    /// It was too far behind when last asked, so it gets no reads.
    pub shunned: bool,
    /// HAProxy's counts, where the router is one.
    pub checks: Option<Checks>,
    misses: u32,
    /// Looks in a row that found it too far behind.
    bad_looks: u32,
}

impl Believed {
    /// Whether it would get reads if it is not too far behind.
    #[must_use]
    pub fn takes_reads(&self) -> bool {
        match self.checks {
            Some(checks) => checks.replica.up,
            None => self.reachable && !self.primary,
        }
    }
}

/// The router.
#[derive(Clone, Debug)]
pub struct Router {
    nodes: Vec<Believed>,
    turn: u64,
    /// The primary that MaxScale keeps to.
    kept: Option<NodeId>,
    /// Where a failover manager put the address that writes go to; `None` while no manager moved it.
    address: Option<Option<NodeId>>,
}

impl Router {
    pub(crate) fn new(nodes: usize, routing: &Routing) -> Self {
        let first = Timeline::new(1, NodeId(0));
        let believed = |index| Believed {
            reachable: true,
            primary: index == 0,
            timeline: first,
            answered_at: Time::ZERO,
            lag: None,
            replay_lag: None,
            shunned: false,
            checks: None,
            misses: 0,
            bad_looks: 0,
        };
        let mut router = Self {
            nodes: (0..nodes).map(believed).collect(),
            turn: 0,
            address: None,
            kept: None,
        };
        router.become_another(routing);
        router
    }

    /// Another kind of router takes over: it knows who answers and who is primary, and nothing about lag.
    pub(crate) fn become_another(&mut self, routing: &Routing) {
        let haproxy = matches!(routing, Routing::Haproxy(_));
        self.kept = None;
        for node in &mut self.nodes {
            node.lag = None;
            node.replay_lag = None;
            node.shunned = false;
            node.bad_looks = 0;
            node.misses = 0;
            node.checks = None;
            let replica = node.takes_reads();
            node.checks = haproxy.then(|| Checks::starting(node.primary, replica));
        }
    }

    /// A failover manager moved the address that writes go to, or took it away (`master_ip_failover_script`, R-MH-4).
    pub(crate) fn move_address(&mut self, holder: Option<NodeId>) {
        self.address = Some(holder);
    }

    /// Writes go to whoever says that it is the primary again.
    pub(crate) fn release_address(&mut self) {
        self.address = None;
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
        believed.reachable = true;
        believed.primary = primary;
        believed.timeline = timeline;
        believed.answered_at = now;
        believed.misses = 0;
        news
    }

    /// A node refused a write, or a read for the primary. HAProxy does not look at what it forwards.
    pub(crate) fn not_primary(&mut self, node: NodeId) {
        let believed = &mut self.nodes[node.index()];
        if believed.checks.is_none() {
            believed.primary = false;
        }
    }

    /// Nobody listens on a node. `check`: that was the answer to a check, not to a statement.
    pub(crate) fn refused_connection(
        &mut self,
        node: NodeId,
        check: bool,
        routing: &Routing,
    ) -> Vec<RoutingEvent> {
        if let Routing::Haproxy(haproxy) = routing {
            return if check {
                self.check_failed(node, haproxy)
            } else {
                Vec::new()
            };
        }
        let believed = &mut self.nodes[node.index()];
        believed.primary = false;
        believed.reachable = false;
        Vec::new()
    }
}

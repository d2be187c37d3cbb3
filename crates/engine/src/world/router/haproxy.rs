//! HAProxy's `inter`, `fall` and `rise`: a server changes its state only after so many checks in a row (R-RC-5).

use super::Router;
use crate::event::{Backend, RoutingEvent};
use crate::ids::NodeId;
use crate::message::LagReport;
use crate::scenario::{Costs, Haproxy};
use crate::time::Time;

/// One server in one backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check {
    /// Whether it gets connections.
    pub up: bool,
    /// Checks in a row that said otherwise.
    pub against: u32,
}

impl Check {
    /// Counts a check. Returns whether the server changes its state.
    fn count(&mut self, passed: bool, haproxy: &Haproxy) -> bool {
        if passed == self.up {
            self.against = 0;
            return false;
        }
        self.against += 1;
        let needed = if self.up { haproxy.fall } else { haproxy.rise };
        if self.against < needed {
            return false;
        }
        self.up = passed;
        self.against = 0;
        true
    }
}

/// A server in both backends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checks {
    /// `/primary`.
    pub primary: Check,
    /// `/replica`.
    pub replica: Check,
    /// The check in progress has no answer yet.
    waiting: bool,
}

impl Checks {
    pub(super) fn starting(primary: bool, replica: bool) -> Self {
        let check = |up| Check { up, against: 0 };
        Self {
            primary: check(primary),
            replica: check(replica),
            waiting: false,
        }
    }
}

impl Router {
    /// Time for the next check: those without an answer to the last one failed it.
    pub(crate) fn next_check(&mut self, haproxy: &Haproxy) -> Vec<RoutingEvent> {
        let mut changes = Vec::new();
        for index in 0..self.nodes.len() {
            let node = NodeId(index as u8);
            let waiting = self.nodes[index]
                .checks
                .is_some_and(|checks| checks.waiting);
            if waiting {
                changes.push(RoutingEvent::CheckUnanswered { node });
                changes.extend(self.check_failed(node, haproxy));
            }
            if let Some(checks) = &mut self.nodes[index].checks {
                checks.waiting = true;
            }
        }
        changes
    }

    /// A check was refused or not answered.
    pub(super) fn check_failed(&mut self, node: NodeId, haproxy: &Haproxy) -> Vec<RoutingEvent> {
        self.count(node, false, false, haproxy)
    }

    /// A check was answered.
    pub(crate) fn checked(
        &mut self,
        node: NodeId,
        report: LagReport,
        haproxy: &Haproxy,
        costs: &Costs,
        now: Time,
    ) -> Vec<RoutingEvent> {
        let believed = &mut self.nodes[node.index()];
        believed.timeline = report.timeline;
        believed.answered_at = now;
        believed.reachable = true;
        believed.lag = Some((report, now));
        let bytes = report.unapplied.saturating_mul(costs.record_bytes);
        let near = haproxy.lag.is_none_or(|limit| bytes <= limit);
        self.count(node, report.primary, !report.primary && near, haproxy)
    }

    fn count(
        &mut self,
        node: NodeId,
        primary: bool,
        replica: bool,
        haproxy: &Haproxy,
    ) -> Vec<RoutingEvent> {
        let believed = &mut self.nodes[node.index()];
        let Some(checks) = &mut believed.checks else {
            return Vec::new();
        };
        checks.waiting = false;
        let changed = [
            (Backend::Primary, checks.primary.count(primary, haproxy)),
            (Backend::Replica, checks.replica.count(replica, haproxy)),
        ];
        believed.primary = checks.primary.up;
        believed.reachable = checks.primary.up || checks.replica.up;
        let up = |backend| match backend {
            Backend::Primary => checks.primary.up,
            Backend::Replica => checks.replica.up,
        };
        changed
            .into_iter()
            .filter(|&(_, changed)| changed)
            .map(|(backend, _)| RoutingEvent::ServerChecked {
                node,
                backend,
                up: up(backend),
            })
            .collect()
    }
}

//! Which node an operation goes to.

use super::{Believed, Router};
use crate::ids::{Lsn, NodeId, OpId};
use crate::message::LagReport;
use crate::random::{Purpose, below, draw};
use crate::scenario::{ReadPolicy, Routing};

/// What a router does when more than one node claims to be primary; see [`Routing`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AmongPrimaries {
    /// The newest timeline.
    Newest,
    /// All of them in turn: there is no way to tell.
    Spread,
    /// The one used before, while it claims to be primary.
    Keep,
    /// The first in the order of the configuration.
    First,
}

impl AmongPrimaries {
    pub(crate) fn of(routing: &Routing, fencing: bool) -> Self {
        match routing {
            Routing::Proxysql(_) | Routing::Haproxy(_) => Self::Spread,
            Routing::Maxscale(_) => Self::Keep,
            Routing::Pgpool(_) => Self::First,
            _ if fencing => Self::Newest,
            _ => Self::Spread,
        }
    }
}

impl Router {
    /// Where a write, or a read for the primary, goes.
    pub(crate) fn primary(&mut self, op: OpId, among: AmongPrimaries) -> Option<NodeId> {
        let at_address = |node| self.address.is_none_or(|holder| holder == Some(node));
        let primaries = || {
            self.nodes()
                .filter(|&(node, believed)| believed.primary && at_address(node))
        };
        let newest = || {
            primaries()
                .max_by_key(|(_, believed)| believed.timeline)
                .map(|(node, _)| node)
        };
        match among {
            AmongPrimaries::Newest => newest(),
            AmongPrimaries::First => primaries().next().map(|(node, _)| node),
            AmongPrimaries::Spread => {
                let count = primaries().count();
                if count == 0 {
                    return None;
                }
                primaries().nth(op.0 as usize % count).map(|(node, _)| node)
            }
            AmongPrimaries::Keep => {
                let kept = self
                    .kept
                    .filter(|&node| self.believes(node).primary)
                    .or_else(newest);
                self.kept = kept.or(self.kept);
                kept
            }
        }
    }

    /// A replica for a read, as the policy says; `None`: there is none, or the policy is the primary.
    pub(crate) fn replica(&mut self, op: OpId, policy: ReadPolicy, seed: u64) -> Option<NodeId> {
        self.replica_among(op, policy, seed, |believed| !believed.shunned)
    }

    /// As `replica`, among those that are known to have applied the log up to a position.
    pub(crate) fn replica_with(
        &mut self,
        op: OpId,
        policy: ReadPolicy,
        seed: u64,
        position: Lsn,
    ) -> Option<NodeId> {
        self.replica_among(op, policy, seed, |believed| {
            let there = |lag: LagReport| lag.position >= position;
            !believed.shunned && believed.lag.is_some_and(|(lag, _)| there(lag))
        })
    }

    /// As `replica`, among those that `wanted` says.
    pub(crate) fn replica_among(
        &mut self,
        op: OpId,
        policy: ReadPolicy,
        seed: u64,
        wanted: impl Fn(&Believed) -> bool,
    ) -> Option<NodeId> {
        let replicas = || {
            self.nodes()
                .filter(|(_, believed)| believed.takes_reads() && wanted(believed))
        };
        let count = replicas().count() as u64;
        if policy == ReadPolicy::PrimaryOnly || count == 0 {
            return None;
        }
        let place = match policy {
            ReadPolicy::Random => below(draw(seed, Purpose::ReadTarget, u64::from(op.0), 0), count),
            _ => self.turn % count,
        };
        let target = replicas().nth(place as usize).map(|(node, _)| node);
        self.turn += 1;
        target
    }

    /// The standby with the lowest known delay, as pgpool-II's `prefer_lower_delay_standby` has it.
    pub(crate) fn least_behind(&self) -> Option<NodeId> {
        self.nodes()
            .filter(|(_, believed)| believed.takes_reads() && !believed.shunned)
            .max_by_key(|&(node, believed)| {
                let position = believed.lag.map(|(lag, _)| lag.position);
                (position, core::cmp::Reverse(node))
            })
            .map(|(node, _)| node)
    }
}

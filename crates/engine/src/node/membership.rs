//! The set of electable nodes, which in sync mode is the sync set.
//!
//! A write acked in sync mode is on every member, so as long as one member lives and only members are elected it cannot be
//! lost. That needs care when the set changes, as Patroni's rule has it (R-PT-8: add = PostgreSQL first, then the store;
//! remove = store first, then PostgreSQL):
//!
//! - a node that joins is waited for first, and may be elected only once it has everything that was acked before;
//! - a node that leaves is waited for until a majority of nodes has stored the smaller set. An election asks a majority
//!   too, so it meets somebody who knows.
//!
//! In the other modes nobody leaves the set, and a node is let in as soon as it has the last write acked in sync mode.
//! Without fencing there is no majority to ask and the primary decides alone, which is how such clusters lose writes.

use super::primary::Primary;
use super::{Context, Node, Role};
use crate::event::EventKind;
use crate::ids::{Lsn, NodeId, NodeSet};
use crate::message::Electable;
use crate::scenario::Mode;
use crate::time::Time;

/// The primary's view of the set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Membership {
    /// The set in force: a majority has stored it, or it is what the new primary starts from.
    committed: NodeSet,
    /// Whether a majority has stored this reign's set. Before, no write is acked in sync mode.
    valid: bool,
    /// The set being stored.
    proposed: Option<NodeSet>,
    /// Changes so far.
    epoch: u32,
    /// Nodes that are waited for but may not be elected yet.
    joining: NodeSet,
    /// What a joining node must have applied: the last write acked in sync mode before it joined.
    join_at: Lsn,
    /// When members were last dropped. Who has not answered since does not come back.
    dropped_at: Time,
}

/// How many commits a replica may be behind and still be let into the sync set: what is under way at any moment.
const JOIN_SLACK: u64 = 16;

impl Membership {
    /// Everybody, known to everybody: the start of a run.
    pub(super) fn everybody(nodes: usize) -> Self {
        Self {
            valid: true,
            ..Self::starting(NodeSet::first(nodes))
        }
    }

    /// What a new primary starts from: itself and those of the last set that voted for it.
    pub(super) fn starting(set: NodeSet) -> Self {
        Self {
            committed: set,
            valid: false,
            proposed: None,
            epoch: 0,
            joining: NodeSet::EMPTY,
            join_at: Lsn::ZERO,
            dropped_at: Time::ZERO,
        }
    }

    /// Whom a sync commit waits for, the primary included.
    pub(super) fn required(&self) -> NodeSet {
        self.committed
            .union(self.proposed.unwrap_or_default())
            .union(self.joining)
    }
}

impl Primary {
    /// Up to where every member of the sync set has applied the log.
    pub(super) fn applied_by_sync_set(&self, me: NodeId, fencing: bool) -> Lsn {
        if fencing && !self.membership.valid {
            return Lsn::ZERO;
        }
        let others = self.membership.required().without(me);
        others
            .iter()
            .map(|node| self.followers[node.index()].acked.replay)
            .min()
            .unwrap_or(Lsn(u64::MAX))
    }
}

impl Node {
    /// Brings the set closer to what the mode wants; called whenever something that it depends on may have changed.
    pub(super) fn maintain_membership(&mut self, cx: &mut Context<'_>) {
        self.settle_proposal(cx);
        let me = self.id;
        let Some(primary) = &mut self.primary else {
            return;
        };
        if self.role == Role::Promoting {
            return;
        }
        let everybody = NodeSet::first(cx.nodes);
        let sync = cx.settings.mode == Mode::Sync;
        let members = match &cx.settings.sync.members {
            Some(members) => members.iter().copied().collect::<NodeSet>().with(me),
            None => everybody,
        };
        let membership = &mut primary.membership;
        membership.joining = membership.joining.intersection(members);
        if !membership.valid && membership.proposed.is_none() {
            let set = membership.committed;
            self.propose(cx, set);
            return;
        }
        if membership.proposed.is_some() {
            return;
        }
        let mut set = membership.committed;
        if sync {
            set = set.intersection(members);
        }
        let outside = NodeSet(members.0 & !set.0);
        for node in outside.iter() {
            let follower = &primary.followers[node.index()];
            if !follower.streaming {
                membership.joining = membership.joining.without(node);
                continue;
            }
            if membership.joining.contains(node) && follower.acked.replay >= membership.join_at
                || !sync && follower.acked.replay >= primary.last_sync_commit
            {
                set = set.with(node);
            } else if sync
                && membership.joining.is_empty()
                && follower.answered >= membership.dropped_at
                && follower.acked.replay.0 + JOIN_SLACK >= primary.last_commit.0
            {
                membership.joining = membership.joining.with(node);
                membership.join_at = primary.last_sync_commit;
            }
        }
        if set != membership.committed {
            self.propose(cx, set);
        }
    }

    /// Removes the members that have not applied the log up to `needed`.
    pub(super) fn drop_laggards(&mut self, cx: &mut Context<'_>, needed: Lsn) {
        let me = self.id;
        let Some(primary) = &mut self.primary else {
            return;
        };
        if primary.membership.proposed.is_some() {
            return;
        }
        let behind =
            |node: &NodeId| *node != me && primary.followers[node.index()].acked.replay < needed;
        let laggards: NodeSet = primary
            .membership
            .required()
            .iter()
            .filter(behind)
            .collect();
        let kept = NodeSet(primary.membership.committed.0 & !laggards.0);
        primary.membership.joining = NodeSet(primary.membership.joining.0 & !laggards.0);
        primary.membership.dropped_at = cx.now;
        if kept != primary.membership.committed {
            self.propose(cx, kept);
        }
    }

    fn propose(&mut self, cx: &mut Context<'_>, set: NodeSet) {
        let Some(primary) = &mut self.primary else {
            return;
        };
        let membership = &mut primary.membership;
        membership.proposed = Some(set);
        membership.epoch += 1;
        self.ballot.electable = Electable::new(primary.timeline, membership.epoch, set);
        if !cx.settings.fencing {
            self.settle_proposal(cx);
            return;
        }
        self.beat(cx);
    }

    /// Puts the proposed set into force once a majority has stored it.
    fn settle_proposal(&mut self, cx: &mut Context<'_>) {
        let majority = cx.majority();
        let me = self.id;
        let Some(primary) = &mut self.primary else {
            return;
        };
        let membership = &mut primary.membership;
        let Some(set) = membership.proposed else {
            return;
        };
        let stored = |node: &NodeId| {
            *node == me || primary.followers[node.index()].electable_epoch >= membership.epoch
        };
        let count = NodeSet::first(cx.nodes).iter().filter(stored).count();
        if cx.settings.fencing && count < majority {
            return;
        }
        let changed = membership.committed != set;
        membership.committed = set;
        membership.valid = true;
        membership.proposed = None;
        membership.joining = NodeSet(membership.joining.0 & !set.0);
        if changed {
            cx.note(EventKind::ElectableChanged { node: me, set });
        }
        self.release_commits(cx);
    }
}

#[cfg(test)]
mod tests;

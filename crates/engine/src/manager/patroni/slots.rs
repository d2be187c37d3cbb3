//! Replication slots of members, which keep log for those that are away (R-PG-14; patroni/dcs `_get_members_slots`,
//! `_build_retain_slots`).
//!
//! Since 4.0 every member has a slot on every other one. On the leader a slot stands where its member has confirmed; the
//! others move theirs to the lowest of those positions, which `/status` says. The slot of a member that is gone is kept for
//! `member_slots_ttl` after its key has gone, by the leader that saw it: after a change of leader it is not.

use super::{Agent, parameters, tags_of};
use crate::ids::{Lsn, NodeId, NodeSet};
use crate::manager::{ManagerContext, ManagerEffect, ManagerEvent};
use crate::node::server::Command;
use crate::scenario::{Patroni, PatroniVersion};
use crate::small_map::SmallMap;
use crate::time::{Span, Time};

/// What an agent knows of slots.
#[derive(Clone, Debug, Default)]
pub(super) struct Slots {
    /// When a leader last saw each member that has a slot here.
    seen: SmallMap<NodeId, Time>,
}

impl Slots {
    /// What the leader publishes as `retain_slots`.
    pub(super) fn kept(&self) -> NodeSet {
        self.seen.keys().copied().collect()
    }
}

/// Whether slots outlive their members' keys.
fn retains(patroni: &Patroni) -> bool {
    patroni.version == PatroniVersion::V4 && patroni.member_slots_ttl > 0
}

impl Agent {
    /// ha.py `_sync_replication_slots`, at the end of a round: the database has the slots that it should.
    pub(super) fn sync_slots(&mut self, cx: &mut ManagerContext<'_>) {
        let patroni = parameters(cx);
        let Some(server) = cx.server.as_ref().filter(|server| server.ready) else {
            return;
        };
        if !patroni.use_slots {
            self.slots.seen.clear();
            if server.slots.is_some() {
                cx.effect(ManagerEffect::Command(Command::Slots(None)));
            }
            return;
        }
        let leads = self.has_lock() && Self::is_primary(server);
        let (has, stands_at) = (server.slots, server.pinned_from);
        if leads && retains(patroni) {
            self.note_members(cx, has.unwrap_or_default());
        }
        let from = if leads {
            Lsn::ZERO
        } else {
            self.view.status.slots_from
        };
        let wanted = self.wanted_slots(cx, leads);
        if has != Some(wanted) || stands_at < from {
            cx.effect(ManagerEffect::Command(Command::Slots(Some((wanted, from)))));
        }
    }

    fn wanted_slots(&self, cx: &ManagerContext<'_>, leads: bool) -> NodeSet {
        let patroni = parameters(cx);
        let members = self.view.member_set();
        let follows_me = |&node: &NodeId| tags_of(patroni, node).replicatefrom == Some(self.node);
        let follows_leader = |&node: &NodeId| {
            let source = tags_of(patroni, node).replicatefrom;
            source.is_none_or(|source| source == self.node || !members.contains(source))
        };
        let others = members.without(self.node);
        if retains(patroni) {
            if tags_of(patroni, self.node).never_leads() {
                return others.iter().filter(follows_me).collect();
            }
            return others.union(self.view.status.slots.without(self.node));
        }
        if leads {
            others.iter().filter(follows_leader).collect()
        } else {
            others.iter().filter(follows_me).collect()
        }
    }

    /// Members that are there are remembered with their slots; those that have been gone for too long are forgotten.
    fn note_members(&mut self, cx: &mut ManagerContext<'_>, has: NodeSet) {
        let there = self.view.member_set();
        for member in there.without(self.node).intersection(has).iter() {
            self.slots.seen.insert(member, cx.now);
        }
        let keep = Span::from_secs(parameters(cx).member_slots_ttl);
        let now = cx.now;
        let expired: Vec<NodeId> = self
            .slots
            .seen
            .iter()
            .filter(|&(_, &seen)| now.since(seen) >= keep)
            .map(|(&member, _)| member)
            .collect();
        for member in expired {
            self.slots.seen.remove(&member);
            let node = self.node;
            cx.note(ManagerEvent::SlotExpired { node, member });
        }
    }
}

//! Synchronous mode: `synchronous_standby_names` and `/sync` (R-PT-8), and its quorum variant (R-PT-9).
//!
//! Add: PostgreSQL first, then the store. Remove: the store first, then PostgreSQL. A standby goes into `/sync` only once it
//! has all that was on the leader's disk when the list was changed (patroni/postgresql/sync.py `_process_replica_readiness`):
//! what was acked before under another list is safe on it then.

use core::cmp::Reverse;

use super::quorum::{Move, Quorum};
use super::{Afterwards, Agent, Then, parameters, tags_of};
use crate::ids::{Lsn, NodeId, NodeSet};
use crate::manager::store::{Op, SyncKey};
use crate::manager::{ManagerContext, ManagerEffect, ManagerEvent};
use crate::node::server::{Command, SenderState, SenderStatus, SyncState};
use crate::scenario::{CommitLevel, StandbyNames, SynchronousMode};
use crate::sort::sort_by_key;
use crate::time::{Span, Time};

/// Time for PostgreSQL to take the new list up (ha.py `_process_multisync_replication`).
const TAKE_UP: Span = Span::from_secs(2);

/// What was written to `/sync`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The leader alone, or its inherited list, before it is promoted.
    BeforePromotion,
    /// One step of several.
    OneOfSeveral,
    /// The last one of this round.
    Last,
}

/// What the agent remembers of the list that it wrote.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Names {
    /// The end of the log on disk when the list last changed, if it was this run of the agent that changed it.
    since: Option<Lsn>,
    /// Whether the pause of this round is over.
    waited: bool,
    /// In quorum mode a new leader waits a round for standbys to connect.
    promoted: Option<Time>,
}

/// The standbys as PostgreSQL shows them.
struct Standbys {
    /// The ones to be synchronous.
    picked: NodeSet,
    /// Those of them that are, and have all that was acked before.
    confirmed: NodeSet,
    /// All that could be.
    active: NodeSet,
    /// Those that have all that was acked before.
    ready: NodeSet,
    /// The list in force.
    names: NodeSet,
    count: usize,
    star: bool,
}

impl Agent {
    fn standbys(&mut self, cx: &ManagerContext<'_>) -> Standbys {
        let patroni = parameters(cx);
        let list = cx.standby_names.clone().unwrap_or_default();
        let all = (0..cx.nodes as u8).map(NodeId);
        let names: NodeSet = all.filter(|&node| list.priority(node) > 0).collect();
        let flush = cx.server.map_or(Lsn::ZERO, |server| server.positions.flush);
        let since = *self.names.since.get_or_insert(flush);
        let position = |row: &SenderStatus| match cx.settings.database.commit_level() {
            CommitLevel::RemoteWrite => row.acked.write,
            CommitLevel::RemoteApply => row.acked.replay,
            CommitLevel::Off | CommitLevel::Local | CommitLevel::On => row.acked.flush,
        };
        let connected: NodeSet = cx.standbys.iter().map(|row| row.standby).collect();
        let mut rows: Vec<_> = cx
            .standbys
            .iter()
            .filter(|row| {
                // One that is to stream from another standby, if that one is there, is none of these.
                let tags = tags_of(patroni, row.standby);
                row.state == SenderState::Streaming
                    && tags.sync_rank() > 0
                    && !tags
                        .replicatefrom
                        .is_some_and(|source| connected.contains(source))
            })
            .collect();
        // The preferred ones; of those the ones that are synchronous already stay; then the ones with most log. One that
        // never leads comes last.
        sort_by_key(&mut rows, |row| {
            let tags = tags_of(patroni, row.standby);
            (
                tags.never_leads(),
                Reverse(tags.sync_rank()),
                !names.contains(row.standby) || list.to_string() == "*",
                Reverse(position(row)),
                row.standby,
            )
        });
        // Compared with the best of several; a single one with the leader itself.
        let best = if rows.len() > 1 {
            rows.iter().map(|row| position(row)).max()
        } else {
            cx.server.map(|server| server.positions.flush)
        };
        let best = best.unwrap_or_default();
        let most = u64::try_from(patroni.maximum_lag_on_syncnode).unwrap_or(0);
        rows.retain(|row| {
            let behind = best.ahead_of(position(row)) * cx.costs.record_bytes;
            most == 0 || behind <= most
        });
        let count = usize::from(patroni.synchronous_node_count);
        let picked: NodeSet = rows.iter().take(count).map(|row| row.standby).collect();
        let ready: NodeSet = cx
            .standbys
            .iter()
            .filter(|row| position(row) >= since)
            .map(|row| row.standby)
            .collect();
        // In quorum mode one that never leads is counted only where there are too few others.
        let quorum = patroni.synchronous_mode == SynchronousMode::Quorum;
        let mut active = NodeSet::EMPTY;
        for row in &rows {
            if !quorum || !tags_of(patroni, row.standby).never_leads() || active.len() < count {
                active = active.with(row.standby);
            }
        }
        let synchronous: NodeSet = cx
            .standbys
            .iter()
            .filter(|row| matches!(row.sync_state, SyncState::Sync | SyncState::Quorum))
            .map(|row| row.standby)
            .collect();
        Standbys {
            picked,
            confirmed: picked.intersection(ready).intersection(synchronous),
            active,
            ready,
            names,
            count: if list.is_empty() {
                0
            } else {
                usize::from(list.count())
            },
            star: list.to_string() == "*",
        }
    }

    fn set_names(&mut self, cx: &mut ManagerContext<'_>, names: StandbyNames) {
        if cx.standby_names.as_ref() == Some(&names) {
            return;
        }
        self.names.since = cx.server.map(|server| server.positions.flush);
        let command = Command::StandbyNames(Some(names));
        cx.effect(ManagerEffect::Command(command));
    }

    fn star() -> StandbyNames {
        "*".parse().unwrap_or_default()
    }

    fn write_sync(
        &mut self,
        cx: &mut ManagerContext<'_>,
        voters: NodeSet,
        quorum: usize,
        step: Step,
    ) {
        let key = SyncKey {
            version: self.cluster.sync.version,
            leader: Some(self.node),
            voters,
            quorum: quorum as u8,
        };
        self.ask(cx, Op::Sync { key }, Then::SyncWritten(step));
    }

    /// ha.py `process_sync_replication`, on the primary.
    pub(super) fn process_sync(&mut self, cx: &mut ManagerContext<'_>) {
        self.names.waited = false;
        self.sync_again(cx);
    }

    pub(super) fn sync_again(&mut self, cx: &mut ManagerContext<'_>) {
        if !cx.server.as_ref().is_some_and(Self::is_primary) {
            self.finish(cx, false);
            return;
        }
        match parameters(cx).synchronous_mode {
            SynchronousMode::Off => self.switch_sync_off(cx),
            SynchronousMode::On => self.multisync(cx),
            SynchronousMode::Quorum => self.quorum_sync(cx),
        }
    }

    /// ha.py `disable_synchronous_replication`: the list of the settings counts again.
    fn switch_sync_off(&mut self, cx: &mut ManagerContext<'_>) {
        if self.cluster.sync.leader.is_some() {
            let key = SyncKey {
                version: self.cluster.sync.version,
                ..SyncKey::default()
            };
            self.ask(cx, Op::Sync { key }, Then::SyncWritten(Step::Last));
            return;
        }
        if cx.standby_names.is_some() {
            let command = Command::StandbyNames(None);
            cx.effect(ManagerEffect::Command(command));
        }
        self.finish(cx, false);
    }

    /// ha.py `_process_multisync_replication`.
    fn multisync(&mut self, cx: &mut ManagerContext<'_>) {
        let sync = self.cluster.sync;
        if sync.leader != Some(self.node) {
            self.write_sync(cx, NodeSet::EMPTY, 0, Step::OneOfSeveral);
            return;
        }
        let Standbys {
            picked,
            confirmed,
            names,
            count,
            star,
            ..
        } = self.standbys(cx);
        let listed = picked == names && count == picked.len() && !star;
        if picked == sync.voters && sync.voters == confirmed && listed && !picked.is_empty() {
            self.finish(cx, false);
            return;
        }
        // Remove: the store first.
        let common = sync.voters.intersection(confirmed);
        if common != sync.voters {
            self.write_sync(cx, common, 0, Step::OneOfSeveral);
            return;
        }
        let strict = parameters(cx).synchronous_mode_strict;
        let list = if picked.is_empty() && strict {
            Self::star()
        } else {
            StandbyNames::first(picked.len() as u8, picked.iter())
        };
        self.set_names(cx, list);
        if picked.is_empty() {
            self.finish(cx, false);
        } else if confirmed != picked && !self.names.waited {
            // Add: PostgreSQL first; then the store, if they are synchronous soon.
            self.names.waited = true;
            self.pause(cx, TAKE_UP, Afterwards::SyncAgain);
        } else if confirmed != sync.voters {
            self.write_sync(cx, confirmed, 0, Step::Last);
        } else {
            self.finish(cx, false);
        }
    }

    /// ha.py `_process_quorum_replication`.
    fn quorum_sync(&mut self, cx: &mut ManagerContext<'_>) {
        let patroni = parameters(cx);
        let sync = self.cluster.sync;
        let standbys = self.standbys(cx);
        if sync.leader != Some(self.node) {
            let quorum = standbys.names.len().saturating_sub(standbys.count);
            let voters = if standbys.count == 0 || standbys.star {
                NodeSet::EMPTY
            } else {
                standbys.names
            };
            self.write_sync(cx, voters, quorum, Step::OneOfSeveral);
            return;
        }
        let wait = Span::from_secs(patroni.loop_wait);
        if self
            .names
            .promoted
            .is_some_and(|at| cx.now.since(at) < wait)
        {
            self.finish(cx, false);
            return;
        }
        let state = Quorum {
            voters: sync.voters,
            quorum: usize::from(sync.quorum),
            names: standbys.names,
            count: standbys.count,
            active: standbys.active,
            ready: standbys.ready,
            wanted: usize::from(patroni.synchronous_node_count),
            strict: patroni.synchronous_mode_strict,
        };
        match state.next() {
            Move::Done => self.finish(cx, false),
            Move::Wait if self.names.waited => self.finish(cx, false),
            Move::Wait => {
                self.names.waited = true;
                self.pause(cx, TAKE_UP, Afterwards::SyncAgain);
            }
            Move::Store(voters, quorum) => {
                self.write_sync(cx, voters, quorum, Step::OneOfSeveral);
            }
            Move::Names(nodes, count) => {
                let list = if nodes.is_empty() && patroni.synchronous_mode_strict {
                    Self::star()
                } else {
                    StandbyNames::any(count as u8, nodes.iter())
                };
                self.set_names(cx, list);
                // The next step needs to see it in force.
                self.pause(cx, Span::from_secs(1), Afterwards::SyncAgain);
            }
        }
    }

    pub(super) fn after_sync_write(
        &mut self,
        cx: &mut ManagerContext<'_>,
        step: Step,
        done: Option<bool>,
    ) {
        // Somebody else wrote it, or the store is gone: the next round finds out how things stand.
        let Some(true) = done else {
            self.finish(cx, done.is_none());
            return;
        };
        self.cluster = std::sync::Arc::clone(&self.view);
        let sync = self.cluster.sync;
        if step != Step::BeforePromotion {
            cx.event(ManagerEvent::SyncChanged {
                node: self.node,
                voters: sync.voters,
                quorum: sync.quorum,
            });
        }
        match step {
            Step::BeforePromotion => self.names_before_promotion(cx, NodeSet::EMPTY, 0),
            Step::OneOfSeveral => self.sync_again(cx),
            Step::Last => self.finish(cx, false),
        }
    }

    /// ha.py `process_sync_replication_prepromote`: the new leader alone may be promoted until it has standbys; in quorum
    /// mode it goes on with the voters that it found, the old leader among them.
    pub(super) fn before_promotion(&mut self, cx: &mut ManagerContext<'_>) {
        let sync = self.cluster.sync;
        match parameters(cx).synchronous_mode {
            SynchronousMode::Off => self.promote(cx),
            SynchronousMode::Quorum if sync.leader.is_some_and(|leader| leader != self.node) => {
                let leader = sync.leader.map(|leader| NodeSet::EMPTY.with(leader));
                let members = sync.voters.union(leader.unwrap_or_default());
                let mut count = members.len().saturating_sub(usize::from(sync.quorum) + 1);
                if !members.contains(self.node) {
                    count += 1;
                }
                self.names_before_promotion(cx, members.without(self.node), count);
            }
            SynchronousMode::On | SynchronousMode::Quorum => {
                let key = SyncKey {
                    version: sync.version,
                    leader: Some(self.node),
                    voters: NodeSet::EMPTY,
                    quorum: 0,
                };
                self.sync_before_promotion(cx, Op::Sync { key });
            }
        }
    }

    fn names_before_promotion(
        &mut self,
        cx: &mut ManagerContext<'_>,
        nodes: NodeSet,
        count: usize,
    ) {
        let list = if count > 0 {
            StandbyNames::any(count as u8, nodes.iter())
        } else if parameters(cx).synchronous_mode_strict {
            Self::star()
        } else {
            StandbyNames::default()
        };
        self.names.promoted = Some(cx.now);
        self.set_names(cx, list);
        self.promote(cx);
    }
}

//! Semi-synchronous replication of MySQL and MariaDB: who waits for an acknowledgement, when it is given up, and when it
//! comes back (R-MY-2 to R-MY-8).
//!
//! An acknowledgement says that a replica has everything up to a position in its relay log, not that it has applied it. One
//! position releases every commit before it. With AFTER_SYNC the storage engine commits after the wait, so nobody here sees
//! the row before; with AFTER_COMMIT it commits before the wait, and the row is visible and unlocked during it (R-MY-3).

use super::commit::{Outcome, Stage};
use super::{Context, Family, Node, Role, ServerTimer};
use crate::event::EventKind;
use crate::ids::{Lsn, NodeId};
use crate::node::Timer;
use crate::scenario::{Database, WaitPoint};
use crate::sort::sort_by_key;
use crate::time::Time;

/// What the source's plugin keeps in memory.
#[derive(Clone, Debug)]
pub(super) struct SemiSync {
    /// Whether commits wait, as long as semi-sync is enabled at all.
    on: bool,
    /// Up to where each replica has acknowledged.
    acks: Vec<(NodeId, Lsn)>,
    yes_tx: u64,
    no_tx: u64,
    /// When the timer that looks for a time-out is due.
    armed: Option<Time>,
}

impl Default for SemiSync {
    fn default() -> Self {
        Self {
            on: true,
            acks: Vec::new(),
            yes_tx: 0,
            no_tx: 0,
            armed: None,
        }
    }
}

/// The status variables of a source: `Rpl_semi_sync_source_…`, in MariaDB `Rpl_semi_sync_master_…`. They start anew with the
/// process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SemiSyncStatus {
    /// `…_status`: whether commits wait for replicas now.
    pub status: bool,
    /// `…_clients`: semi-sync replicas that the source takes for connected.
    pub clients: usize,
    /// `…_yes_tx`: commits that were acknowledged.
    pub yes_tx: u64,
    /// `…_no_tx`: commits that were answered without an acknowledgement.
    pub no_tx: u64,
    /// `…_wait_sessions`: commits that wait now.
    pub wait_sessions: usize,
}

impl SemiSync {
    fn acknowledged(&mut self, node: NodeId, upto: Lsn) {
        match self.acks.iter_mut().find(|(known, _)| *known == node) {
            Some((_, lsn)) => *lsn = upto.max(*lsn),
            None => self.acks.push((node, upto)),
        }
    }

    /// Up to where at least so many replicas have acknowledged (R-MY-8).
    fn released(&self, count: usize) -> Lsn {
        let mut acks: Vec<Lsn> = self.acks.iter().map(|&(_, lsn)| lsn).collect();
        sort_by_key(&mut acks, |&lsn| core::cmp::Reverse(lsn));
        let place = count.max(1) - 1;
        acks.get(place).copied().unwrap_or(Lsn::ZERO)
    }

    pub(super) fn fell_back(&self) -> bool {
        !self.on
    }
}

impl Node {
    fn semi_sync_clients(&self, family: &Family<'_>) -> usize {
        self.server.as_ref().map_or(0, |server| {
            server
                .streaming_standbys()
                .iter()
                .filter(|&node| family.is_semi_sync_replica(node))
                .count()
        })
    }

    pub(super) fn own_semi_sync_status(&self, database: &Database) -> Option<SemiSyncStatus> {
        let (family, server) = (Family::of(database)?, self.server.as_ref()?);
        Some(SemiSyncStatus {
            status: family.semi_sync && server.semi_sync.on && self.role == Role::Primary,
            clients: self.semi_sync_clients(&family),
            yes_tx: server.semi_sync.yes_tx,
            no_tx: server.semi_sync.no_tx,
            wait_sessions: server.commits.acking(),
        })
    }

    /// The turn of these commits at the disk is over: they wait for replicas, or are done.
    pub(super) fn group_logged(&mut self, cx: &mut Context<'_>, end: Lsn) {
        let Some(family) = cx.mysql() else { return };
        let mut index = 0;
        while let Some(commit) = self.commit_at(index).filter(|commit| commit.tip.lsn <= end) {
            if commit.stage != Stage::Logging {
                index += 1;
                continue;
            }
            if self.waits_for_replicas(&family, commit.tip.lsn) {
                self.set_stage(index, Stage::Acking(cx.now));
                if family.wait_point == WaitPoint::AfterCommit {
                    self.commit_before_wait(cx, index);
                }
            } else {
                self.complete(cx, index, Outcome::Acked);
            }
        }
        self.move_visible_end();
        self.arm_fall_back(cx);
    }

    /// Whether a commit that is in the binlog has to wait; counts it when it has not.
    fn waits_for_replicas(&mut self, family: &Family<'_>, lsn: Lsn) -> bool {
        if !family.semi_sync {
            return false;
        }
        // MariaDB without replicas does not wait, and does not switch off either (R-MY-6).
        let alone =
            family.mariadb && !family.wait_no_replica && self.semi_sync_clients(family) == 0;
        let Some(server) = &mut self.server else {
            return false;
        };
        let semi_sync = &mut server.semi_sync;
        if !semi_sync.on || alone {
            semi_sync.no_tx += 1;
            return false;
        }
        if semi_sync.released(family.replica_count) >= lsn {
            semi_sync.yes_tx += 1;
            return false;
        }
        true
    }

    /// A replica has everything up to here in its relay log, or asks for what comes after.
    pub(super) fn replica_acknowledged(&mut self, cx: &mut Context<'_>, from: NodeId, upto: Lsn) {
        let Some(family) = cx.mysql().filter(|family| family.semi_sync) else {
            return;
        };
        if !self.is_serving_primary() || !family.is_semi_sync_replica(from) {
            return;
        }
        let written = self.write;
        let Some(server) = &mut self.server else {
            return;
        };
        server.semi_sync.acknowledged(from, upto);
        let released = server.semi_sync.released(family.replica_count);
        if !server.semi_sync.on && released >= written {
            // R-MY-7: the replicas have all there is.
            server.semi_sync.on = true;
            cx.event(EventKind::SemiSyncRecovered { node: self.id });
        }
        let mut index = 0;
        while let Some(commit) = self
            .commit_at(index)
            .filter(|commit| commit.tip.lsn <= released)
        {
            if matches!(commit.stage, Stage::Acking(_)) {
                self.count_tx(true);
                self.complete(cx, index, Outcome::Acked);
            } else {
                index += 1;
            }
        }
        self.move_visible_end();
    }

    /// Counts a commit that waited.
    pub(super) fn count_tx(&mut self, acknowledged: bool) {
        if let Some(server) = &mut self.server {
            let count = if acknowledged {
                &mut server.semi_sync.yes_tx
            } else {
                &mut server.semi_sync.no_tx
            };
            *count += 1;
        }
    }

    /// From now on nobody waits; those who do are told that all went well (R-MY-5).
    fn switch_semi_sync_off(&mut self, cx: &mut Context<'_>) {
        if let Some(server) = &mut self.server {
            server.semi_sync.on = false;
        }
        cx.event(EventKind::SemiSyncFellBack { node: self.id });
        self.release_acking(cx);
    }

    fn release_acking(&mut self, cx: &mut Context<'_>) {
        let mut index = 0;
        while let Some(commit) = self.commit_at(index) {
            if matches!(commit.stage, Stage::Acking(_)) {
                self.count_tx(false);
                self.complete(cx, index, Outcome::Acked);
            } else {
                index += 1;
            }
        }
        self.move_visible_end();
    }

    /// A replica's connection is over, or this server begins to be a source, or the settings are new. MySQL told not to wait
    /// without replicas switches off once they are too few; MariaDB leaves those who wait to their time-out (R-MY-6).
    pub(super) fn semi_sync_replicas_changed(&mut self, cx: &mut Context<'_>) {
        let Some(family) = cx.mysql() else { return };
        let on = self
            .server
            .as_ref()
            .is_some_and(|server| server.semi_sync.on);
        if family.semi_sync
            && on
            && !family.mariadb
            && !family.wait_no_replica
            && self.is_serving_primary()
            && self.semi_sync_clients(&family) < family.replica_count
        {
            self.switch_semi_sync_off(cx);
        }
    }

    /// The settings are new.
    pub(super) fn semi_sync_reloaded(&mut self, cx: &mut Context<'_>) {
        let Some(family) = cx.mysql() else { return };
        if !family.semi_sync {
            if let Some(server) = &mut self.server {
                // Switched on again, it begins in good faith.
                server.semi_sync.on = true;
            }
            self.release_acking(cx);
        }
        self.semi_sync_replicas_changed(cx);
        if let Some(server) = &mut self.server {
            server.semi_sync.armed = None;
        }
        self.arm_fall_back(cx);
    }

    fn arm_fall_back(&mut self, cx: &mut Context<'_>) {
        let (Some(family), Some(server)) = (cx.mysql(), &mut self.server) else {
            return;
        };
        let Some(since) = server.commits.first_acking() else {
            return;
        };
        let at = (since + family.timeout).max(cx.now);
        // One that is set goes off before: who came first has waited longest.
        if server.semi_sync.armed.is_none() {
            server.semi_sync.armed = Some(at);
            cx.timer_at(at, Timer::Server(ServerTimer::CommitWait));
        }
    }

    /// A commit may have waited for the full time-out.
    pub(super) fn on_commit_wait(&mut self, cx: &mut Context<'_>) {
        let (Some(family), Some(server)) = (cx.mysql(), &mut self.server) else {
            return;
        };
        if server.semi_sync.armed.is_none_or(|armed| armed > cx.now) {
            return;
        }
        server.semi_sync.armed = None;
        let waited_enough = |since: Time| family.semi_sync && since + family.timeout <= cx.now;
        if server.commits.first_acking().is_some_and(waited_enough) {
            self.switch_semi_sync_off(cx);
        } else {
            self.arm_fall_back(cx);
        }
    }
}

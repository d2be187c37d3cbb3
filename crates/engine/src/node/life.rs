//! Starting, crashing, losing the disk, other settings.

use super::primary::Primary;
use super::replica::Follow;
use super::table::Table;
use super::wal::Wal;
use super::{Ballot, Context, Node, Role, Timer};
use crate::ids::{Lsn, NodeSet, Timeline};
use crate::message::Electable;
use crate::time::Span;

impl Node {
    pub(crate) fn start(&mut self, cx: &mut Context<'_>) {
        if let Some(acts) = self.acts() {
            acts.start(self, cx);
        } else if self.primary.is_some() {
            self.start_reign_timers(cx);
        } else {
            self.arm_election(cx);
        }
    }

    /// Stops at once. What was flushed stays; what was not, and what was only in memory, is gone. Of MySQL and MariaDB what
    /// was written stays as well unless the power is lost.
    pub(crate) fn crash(&mut self, power_lost: bool) {
        self.waits.clear();
        if let Some(acts) = self.acts() {
            acts.crash(self, power_lost);
            return;
        }
        let lost: Vec<_> = self
            .wal
            .range(self.flush.next(), self.wal.tip().lsn)
            .copied()
            .collect();
        self.table.truncate_heads(lost.into_iter().rev());
        self.wal.truncate(self.flush);
        self.write = self.flush;
        self.flushing = false;
        self.processor.clear();
        self.election.crash();
        self.restoring = None;
        self.follow.forget();
    }

    /// The disk is gone too.
    pub(crate) fn lose_disk(&mut self) {
        let keys = self.table.rows().len();
        self.wal = Wal::new();
        self.table = Table::new(keys);
        (self.write, self.flush, self.replay) = (Lsn::ZERO, Lsn::ZERO, Lsn::ZERO);
        self.ballot = Ballot {
            term: 0,
            voted_for: None,
            known: Timeline(0),
            electable: Electable::new(Timeline(0), 0, NodeSet::EMPTY),
            blank: true,
        };
        self.primary = None;
        self.role = Role::Replica;
        self.slow = 1;
        if let Some(acts) = self.acts() {
            acts.lose_disk(self);
        }
    }

    /// Starts after a crash. A node that was primary goes on as primary, fenced until a majority answers it, if fencing is
    /// on; otherwise it takes writes at once, as a server that nobody told better does.
    pub(crate) fn restart(&mut self, cx: &mut Context<'_>) {
        if let Some(acts) = self.acts() {
            acts.restart(self, cx);
            return;
        }
        let patience = Span(cx.settings.timers.election_timeout_us);
        self.follow = Follow::starting(cx.now, patience);
        self.follow.needs_backup = self.ballot.blank;
        if let Some(primary) = self.primary.take() {
            self.replay_all_flushed();
            let reign = primary.reign + 1;
            // One that had not opened yet may have had an older lease to wait for.
            let opens_at = if self.role == Role::Promoting {
                cx.now + patience
            } else {
                cx.now
            };
            let mut next = Primary::reigning(
                primary.timeline,
                cx.nodes,
                reign,
                primary.membership,
                opens_at,
            );
            next.last_sync_commit = self.flush;
            self.primary = Some(Box::new(next));
            self.role = match (self.role, cx.settings.fencing) {
                (Role::Promoting, _) => Role::Promoting,
                (_, true) => Role::Fenced,
                (_, false) => Role::Primary,
            };
            self.start_reign_timers(cx);
            cx.timer_at(opens_at, Timer::Opens);
            return;
        }
        if self.role == Role::Candidate {
            self.role = Role::Replica;
        }
        if self.ballot.blank {
            self.ask_what_was_promised(cx);
        }
        self.arm_election(cx);
        self.apply_next(cx);
    }

    pub(in crate::node) fn replay_all_flushed(&mut self) {
        let records: Vec<_> = self
            .wal
            .range(self.replay.next(), self.flush)
            .copied()
            .collect();
        for record in &records {
            self.table.apply(record);
        }
        self.replay = self.flush;
    }

    pub(crate) fn set_slow(&mut self, factor: u32) {
        self.slow = factor;
    }

    /// The settings have changed.
    pub(crate) fn settings_changed(&mut self, cx: &mut Context<'_>) {
        if let Some(server) = &self.server {
            // One that is starting, or being rebuilt, reads its configuration when it has started.
            if !server.is_ready(cx.now) {
                return;
            }
            server.acts().settings_changed(self, cx);
        } else if self.primary.is_some() {
            self.check_lease(cx);
            self.maintain_membership(cx);
            self.release_commits(cx);
        } else {
            self.arm_election(cx);
        }
    }
}

//! The binlog and the relay log on disk (R-MY-1, R-MY-4): groups of commits, what is synced and when, and what the operating
//! system writes back by itself.
//!
//! A group of commits goes through the disk one after the other: first InnoDB prepares it, which is one flush of its redo log
//! (`innodb_flush_log_at_trx_commit` = 1 is assumed), then it is written to the binlog, and synced when `sync_binlog` groups
//! have come together, which is another flush. Commits that arrive meanwhile form the next group. `write` is the end of the
//! binlog file, `flush` the part of it that survives a power failure. A transaction whose binlog event a power failure took
//! is rolled back when the server starts, as one that was only prepared.
//!
//! A replica writes what it receives to its relay log at once and syncs after `sync_relay_log` events. What it has applied
//! survives a power failure in any case, since it is in InnoDB with its position; so there `flush` is what is synced or applied.

use super::{Context, Family, Node, Role, ServerTimer};
use crate::event::EventKind;
use crate::ids::Lsn;
use crate::node::Timer;
use crate::time::Span;

/// After so long the operating system has written back what nobody synced: the usual `dirty_writeback_centisecs` of Linux.
const WRITE_BACK: Span = Span(5_000_000);

/// What the disk works on.
#[derive(Clone, Copy, Debug)]
enum Disk {
    /// InnoDB's redo log of the group that ends here.
    Preparing(Lsn),
    /// The binlog or relay log up to here.
    Syncing(Lsn),
}

/// The state of the log's way to the disk.
#[derive(Clone, Debug, Default)]
pub(super) struct Binlog {
    /// Numbers the work given to the disk, so that the end of a forgotten one is not taken for another's.
    job: u32,
    disk: Option<Disk>,
    /// Groups of a source, or events of a replica, since the last sync.
    unsynced: u64,
    /// The operating system will write back.
    write_back: bool,
}

impl Binlog {
    /// The process ended; the number of the disk's work goes on.
    pub(super) fn forget(&mut self) {
        *self = Self {
            job: self.job + 1,
            ..Self::default()
        };
    }
}

impl Node {
    /// Whether this server is MySQL or MariaDB.
    pub(in crate::node) fn is_mysql(&self) -> bool {
        self.server.as_ref().is_some_and(|server| server.mysql)
    }

    /// The log has grown, or the disk is free: what is next?
    pub(super) fn write_binlog(&mut self, cx: &mut Context<'_>) {
        let Some(family) = cx.mysql() else { return };
        if self.role == Role::Primary {
            self.next_group(cx);
        } else {
            self.write_relay_log(cx, &family);
        }
    }

    fn disk_work(&mut self, cx: &mut Context<'_>, work: Disk) {
        let span = Span(cx.costs.fsync_us) * u64::from(self.slow);
        if let Some(server) = &mut self.server {
            server.binlog.disk = Some(work);
            server.binlog.job += 1;
            let job = server.binlog.job;
            cx.timer(span, Timer::Server(ServerTimer::Disk { job }));
        }
    }

    fn next_group(&mut self, cx: &mut Context<'_>) {
        let tip = self.wal.tip().lsn;
        let idle = self
            .server
            .as_ref()
            .is_some_and(|server| server.binlog.disk.is_none());
        if idle && self.write < tip {
            self.disk_work(cx, Disk::Preparing(tip));
        }
    }

    fn write_relay_log(&mut self, cx: &mut Context<'_>, family: &Family<'_>) {
        let tip = self.wal.tip().lsn;
        let events = tip.ahead_of(self.write);
        self.write = tip;
        let Some(server) = &mut self.server else {
            return;
        };
        server.binlog.unsynced += events;
        let due =
            family.sync_relay_log > 0 && server.binlog.unsynced >= u64::from(family.sync_relay_log);
        if !due {
            self.arm_write_back(cx);
        } else if server.binlog.disk.is_none() {
            server.binlog.unsynced = 0;
            self.disk_work(cx, Disk::Syncing(tip));
        }
    }

    pub(super) fn on_disk(&mut self, cx: &mut Context<'_>, job: u32) {
        let (Some(family), Some(server)) = (cx.mysql(), &mut self.server) else {
            return;
        };
        if server.binlog.job != job {
            return;
        }
        match server.binlog.disk.take() {
            Some(Disk::Preparing(end)) => self.group_written(cx, &family, end),
            Some(Disk::Syncing(end)) => self.log_synced(cx, &family, end),
            None => {}
        }
    }

    /// A group is prepared and in the binlog file; other processes see it there, the disk has not got it.
    fn group_written(&mut self, cx: &mut Context<'_>, family: &Family<'_>, end: Lsn) {
        self.write = end;
        let Some(server) = &mut self.server else {
            return;
        };
        server.binlog.unsynced += 1;
        let due = family.sync_binlog > 0 && server.binlog.unsynced >= u64::from(family.sync_binlog);
        cx.event(EventKind::BinlogWritten {
            node: self.id,
            lsn: end,
        });
        if due {
            server.binlog.unsynced = 0;
            self.disk_work(cx, Disk::Syncing(end));
            // With sync_binlog = 1 there is nothing new to send before the sync.
            self.send_log_to_all(cx);
        } else {
            self.arm_write_back(cx);
            self.send_log_to_all(cx);
            self.group_logged(cx, end);
            self.write_binlog(cx);
        }
    }

    fn log_synced(&mut self, cx: &mut Context<'_>, family: &Family<'_>, end: Lsn) {
        self.note_synced(cx, end);
        if self.role == Role::Primary {
            self.send_log_to_all(cx);
            self.group_logged(cx, end);
        } else if family.sync_relay_log == 1 {
            self.send_status(cx, false, false);
        }
        self.write_binlog(cx);
    }

    fn note_synced(&mut self, cx: &mut Context<'_>, end: Lsn) {
        // The log may have been shortened while the disk was at work.
        self.flush = self.flush.max(end).min(self.wal.tip().lsn);
        cx.event(EventKind::Flushed {
            node: self.id,
            lsn: self.flush,
        });
    }

    fn arm_write_back(&mut self, cx: &mut Context<'_>) {
        let behind = self.flush < self.write;
        if let Some(server) = &mut self.server
            && behind
            && !server.binlog.write_back
        {
            server.binlog.write_back = true;
            cx.timer(WRITE_BACK, Timer::Server(ServerTimer::WriteBack));
        }
    }

    pub(super) fn on_write_back(&mut self, cx: &mut Context<'_>) {
        let Some(server) = &mut self.server else {
            return;
        };
        if !core::mem::take(&mut server.binlog.write_back) || self.flush >= self.write {
            return;
        }
        self.note_synced(cx, self.write);
        if self.role == Role::Primary {
            // Only `sync_binlog` = 1, set while this was unsynced, holds anything back until now.
            self.send_log_to_all(cx);
        }
    }

    /// What of the log a crash leaves: a power failure what was synced, the end of the process all that was written. On a
    /// replica what was applied is there as well.
    pub(super) fn survives_crash(&self, power_lost: bool) -> Lsn {
        let kept = match (self.is_mysql(), power_lost) {
            // What was handed to the operating system outlives the process.
            (_, false) if self.is_mysql() || self.is_serving_primary() => {
                self.flush.max(self.write)
            }
            (true, true) if self.role != Role::Primary => self.flush.max(self.replay),
            _ => self.flush,
        };
        kept.min(self.wal.tip().lsn)
    }

    /// Where the log ends that the others should have: what is flushed, of MySQL and MariaDB what is in the binlog.
    pub(crate) fn settled(&self) -> Lsn {
        if self.is_mysql() && self.role == Role::Primary {
            self.flush.max(self.write)
        } else {
            self.flush
        }
    }

    /// Where the log that may be sent ends. PostgreSQL ships only what it has flushed (R-PG-3). A source sends what is in its
    /// binlog, with `sync_binlog` = 1 what is synced (R-MY-1); a replica what it has applied, since its binlog gets it then.
    pub(super) fn shippable(&self, cx: &Context<'_>) -> Lsn {
        match cx.mysql() {
            None => self.flush,
            Some(_) if self.role != Role::Primary => self.replay,
            Some(family) if family.sync_binlog == 1 => self.flush,
            Some(_) => self.write,
        }
    }
}

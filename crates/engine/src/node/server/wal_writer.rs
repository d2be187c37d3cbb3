//! PostgreSQL's WAL writer: log on its way to disk that no commit waits for (R-PG-1, R-RC-3).
//!
//! As walwriter.c and `XLogBackgroundFlush` do it. A round writes whole pages only; what is on an unfinished page is written
//! by the round after. It flushes when `wal_writer_delay` has passed since it last did. An asynchronous commit that finishes a
//! page wakes the writer at once, and so does one after a long time with nothing to do. Hence a commit at level `off` may
//! take three rounds to reach the disk.
//!
//! Where the writer stops may lie in the middle of a record. The functions that tell positions tell that place, and a
//! standby has come so far only when it has replayed the whole record.

use std::collections::VecDeque;

use super::{Context, Node, ServerTimer};
use crate::ids::Lsn;
use crate::node::Timer;
use crate::time::{Span, Time};

/// A page of the log, bytes.
const PAGE: u64 = 8_192;
/// `wal_writer_flush_after`: so much unflushed log is flushed before its time, bytes.
const FLUSH_AFTER: u64 = 1 << 20;
/// After so many rounds with nothing to do the writer sleeps until it is woken.
const HIBERNATES_AFTER: u64 = 50;

/// The WAL writer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct WalWriter {
    /// When its next round is, if it has something to do.
    due: Option<Time>,
    /// Its last round. Rounds are `wal_writer_delay` apart.
    last_round: Time,
    /// When it last had something to do.
    last_work: Option<Time>,
    /// When it last flushed.
    last_flush: Option<Time>,
    /// Up to where the log is written, flushed, and being flushed, in bytes, as far as that is more than whole records.
    written: u64,
    flushed: u64,
    flushing: Option<u64>,
}

impl WalWriter {
    /// Somebody begins to flush everything.
    pub(super) fn flush_begins(&mut self, end: u64) {
        self.written = self.written.max(end);
        self.flushing = Some(end);
    }

    /// The disk is done: up to where, in bytes.
    pub(super) fn flush_ends(&mut self) -> Option<u64> {
        let end = self.flushing.take()?;
        self.flushed = self.flushed.max(end);
        Some(end)
    }
}

/// The last record that is complete within so many bytes.
fn complete(bytes: u64, record: u64) -> Lsn {
    Lsn(bytes / record)
}

/// The record that byte lies in.
fn holding(bytes: u64, record: u64) -> Lsn {
    Lsn(bytes.div_ceil(record))
}

impl Node {
    pub(in crate::node) fn is_postgresql_primary(&self) -> bool {
        !self.is_mysql() && self.is_serving_primary()
    }

    /// A commit that nobody waits for is in the log.
    pub(super) fn log_is_asynchronous(&mut self, cx: &mut Context<'_>) {
        let delay = cx.wal_writer_delay();
        let end = self.wal.tip().lsn.0 * cx.costs.record_bytes;
        let flushed = self.flush.0 * cx.costs.record_bytes;
        let Some(server) = &mut self.server else {
            return;
        };
        let writer = &mut server.wal_writer;
        let long = Span(delay.0 * HIBERNATES_AFTER);
        let sleeps =
            writer.due.is_none() && writer.last_work.is_none_or(|at| cx.now.since(at) > long);
        if sleeps || end - end % PAGE > flushed.max(writer.flushed) {
            self.wal_writer_round(cx);
        } else if writer.due.is_none() {
            // It looks every `wal_writer_delay`, whether or not there is something to do.
            let rounds = cx.now.since(writer.last_round).0 / delay.0.max(1) + 1;
            let at = writer.last_round + Span(rounds * delay.0.max(1));
            writer.due = Some(at);
            cx.timer_at(at, Timer::Server(ServerTimer::WalWriter));
        }
    }

    pub(super) fn on_wal_writer(&mut self, cx: &mut Context<'_>) {
        let due = self
            .server
            .as_ref()
            .and_then(|server| server.wal_writer.due);
        if due.is_some_and(|due| due <= cx.now) {
            cx.event(crate::event::EventKind::NodeTimer { node: self.id });
            self.wal_writer_round(cx);
        }
    }

    fn wal_writer_round(&mut self, cx: &mut Context<'_>) {
        let (delay, record) = (cx.wal_writer_delay(), cx.costs.record_bytes);
        let (busy, primary) = (self.flushing, self.is_postgresql_primary());
        let end = self.wal.tip().lsn.0 * record;
        let flushed = self.flush.0 * record;
        let Some(server) = self.server.as_mut().filter(|_| primary) else {
            return;
        };
        let writer = &mut server.wal_writer;
        (writer.due, writer.last_round) = (None, cx.now);
        let flushed = flushed.max(writer.flushed);
        let whole_pages = end - end % PAGE;
        let target = if whole_pages > flushed {
            whole_pages
        } else {
            end
        };
        if target <= flushed {
            return;
        }
        writer.last_work = Some(cx.now);
        writer.written = writer.written.max(target);
        let rested = writer.last_flush.is_none_or(|at| cx.now.since(at) >= delay);
        let flushes = !busy && (rested || target - flushed >= FLUSH_AFTER);
        if flushes {
            writer.last_flush = Some(cx.now);
            writer.flushing = Some(target);
        }
        if target < end || !flushes {
            let at = cx.now + Span(delay.0.max(1));
            writer.due = Some(at);
            cx.timer_at(at, Timer::Server(ServerTimer::WalWriter));
        }
        self.write = self.write.max(complete(target, record));
        if flushes {
            self.begin_flush(cx);
        }
    }

    /// The disk is done. Returns up to which record.
    pub(in crate::node) fn flushed_up_to(&mut self, cx: &Context<'_>) -> Lsn {
        let write = self.write;
        let ended = match &mut self.server {
            Some(server) if !server.mysql => server.wal_writer.flush_ends(),
            _ => None,
        };
        ended.map_or(write, |bytes| complete(bytes, cx.costs.record_bytes))
    }

    /// Somebody flushes everything.
    pub(in crate::node) fn note_whole_flush(&mut self, cx: &Context<'_>) {
        let end = self.wal.tip().lsn.0 * cx.costs.record_bytes;
        let primary = self.is_postgresql_primary();
        if let Some(server) = self.server.as_mut().filter(|_| primary) {
            server.wal_writer.flush_begins(end);
        }
    }

    /// Whether the disk is to go on at once with what has come meanwhile: on a PostgreSQL primary only if a commit waits.
    pub(in crate::node) fn flush_goes_on(&self) -> bool {
        let queue = self.server.as_ref().map(|server| &server.commits.queue);
        let last = queue.and_then(VecDeque::back);
        !self.is_postgresql_primary() || last.is_some_and(|commit| commit.tip.lsn > self.flush)
    }

    /// `pg_current_wal_lsn()` and `pg_current_wal_flush_lsn()`: the record in which the writer stopped counts.
    pub(in crate::node) fn told_positions(&self, record: u64) -> (Lsn, Lsn) {
        let (write, flush) = (self.positions().write, self.flush);
        let Some(server) = self
            .server
            .as_ref()
            .filter(|_| self.is_postgresql_primary())
        else {
            return (write, flush);
        };
        let end = self.wal.tip().lsn;
        let told = |bytes, whole: Lsn| whole.max(holding(bytes, record)).min(end);
        (
            told(server.wal_writer.written, write),
            told(server.wal_writer.flushed, flush),
        )
    }
}

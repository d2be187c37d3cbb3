//! Reads that wait until the log is applied up to a position: `WAIT FOR LSN`, `WAIT_FOR_EXECUTED_GTID_SET` and
//! `MASTER_GTID_WAIT` (R-PG-18, R-MY-9); Textbook nodes do as PostgreSQL does.
//!
//! PostgreSQL and MariaDB compare numbers only, so after a failover the number of a lost write is reached by another write
//! (R-LW-6). MySQL's GTID sets name the source, so there the wait for a lost write ends by its time-out. A primary answers
//! `not in recovery` in PostgreSQL, and promotion ends every wait with it; MySQL and MariaDB compare as everywhere.

use super::{Context, Node, Role, Timer, processor::Job};
use crate::event::{EventKind, RoutingEvent};
use crate::ids::{Lsn, Tip};
use crate::message::{LogEnd, Reply, Request, Wait, WaitResult};
use crate::scenario::Database;
use crate::time::{Span, Time};

/// A read that waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct WaitingRead {
    request: Request,
    wait: Wait,
    deadline: Time,
}

impl Node {
    /// How many reads wait here for the log to be applied.
    #[must_use]
    pub fn waiting_reads(&self) -> usize {
        self.waits.len()
    }

    /// Executes a read as soon as the log is applied up to the position, or says why not.
    pub(super) fn begin_wait(&mut self, cx: &mut Context<'_>, request: Request, wait: Wait) {
        let result = self.wait_result(cx, &wait);
        let at_once = wait.timeout == Some(Span::ZERO);
        if let Some(result) = result.or(at_once.then_some(WaitResult::Timeout)) {
            self.end_wait_of_read(cx, request, result);
            return;
        }
        cx.event(EventKind::Routing(RoutingEvent::ReadWaits {
            op: request.op,
            node: self.id,
            until: wait.until.lsn,
        }));
        let deadline = wait.timeout.map_or(Time::NEVER, |timeout| cx.now + timeout);
        self.waits.push(WaitingRead {
            request,
            wait,
            deadline,
        });
        if deadline < Time::NEVER {
            cx.timer_at(deadline, Timer::ReadWait);
        }
    }

    /// Ends the waits that have what they wait for, or are over for another reason. Asked after everything that happens here.
    pub(super) fn end_waits(&mut self, cx: &mut Context<'_>) {
        let ready = self
            .server
            .as_ref()
            .is_none_or(|server| server.is_ready(cx.now));
        let mut index = 0;
        while let Some(&WaitingRead {
            request,
            wait,
            deadline,
        }) = self.waits.get(index)
        {
            let late = (deadline <= cx.now).then_some(WaitResult::Timeout);
            if !ready {
                // The process went away under the connection.
                self.waits.remove(index);
                self.answer(cx, request, Reply::ConnectionRefused);
            } else if let Some(result) = self.wait_result(cx, &wait).or(late) {
                self.waits.remove(index);
                self.end_wait_of_read(cx, request, result);
            } else {
                index += 1;
            }
        }
    }

    fn end_wait_of_read(&mut self, cx: &mut Context<'_>, request: Request, result: WaitResult) {
        cx.note(EventKind::Routing(RoutingEvent::ReadWaitEnded {
            op: request.op,
            node: self.id,
            result,
        }));
        match result {
            WaitResult::Success => self.enqueue(cx, Job::Execute(request)),
            _ => self.answer(cx, request, Reply::WaitEnded { result }),
        }
    }

    /// How a wait stands; `None`: it goes on.
    fn wait_result(&self, cx: &Context<'_>, wait: &Wait) -> Option<WaitResult> {
        let until = wait.until;
        let passed = self.replay >= until.lsn;
        let same = until.lsn == Lsn::ZERO || self.wal.contains(until);
        match &cx.settings.database {
            Database::Mysql(_) => (passed && same).then_some(WaitResult::Success),
            Database::Mariadb(_) if !wait.timelines => passed.then_some(WaitResult::Success),
            // What was replayed on the way to promotion still counts: it is asked just before.
            Database::Textbook | Database::Postgresql(_)
                if matches!(self.role, Role::Primary | Role::Fenced) =>
            {
                Some(WaitResult::NotInRecovery)
            }
            _ if !wait.timelines || same => passed.then_some(WaitResult::Success),
            _ => {
                let elsewhere = passed && self.timeline() > until.timeline;
                elsewhere.then_some(WaitResult::OtherHistory)
            }
        }
    }

    /// One of the ends of this node's log.
    pub(super) fn log_end(&self, end: LogEnd, record_bytes: u64) -> Tip {
        let insert = self.wal.tip();
        let (write, flush) = self.told_positions(record_bytes);
        self.position_at(match end {
            LogEnd::Insert => insert.lsn,
            LogEnd::Write => write,
            LogEnd::Flush => flush,
            LogEnd::Visible => self.replay,
        })
    }

    /// A position of this node's log with its timeline.
    pub(super) fn position_at(&self, lsn: Lsn) -> Tip {
        let timeline = super::wal::timeline_at(self.wal.history(), lsn).unwrap_or_default();
        Tip { timeline, lsn }
    }
}

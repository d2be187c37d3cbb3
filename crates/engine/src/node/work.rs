//! What keeps a node's processor and disk busy: requests, jobs in order of arrival, flushes that records share.

use super::{Context, Node, Role, Timer, processor, replica};
use crate::event::EventKind;
use crate::message::{Message, Reply, Request, RequestKind};
use crate::scenario::{Costs, Endpoint};
use crate::time::Span;

/// How many requests wait for the processor; further clients are turned away ("too many clients already").
const MOST_JOBS: usize = 10_000;

impl Node {
    pub(super) fn on_request(&mut self, cx: &mut Context<'_>, request: Request) {
        if self
            .server
            .as_ref()
            .is_some_and(|server| !server.is_ready(cx.now))
        {
            self.answer(cx, request, Reply::ConnectionRefused);
            return;
        }
        if request.is_for_primary() && !self.accepts_writes(cx.now, cx.settings.fencing) {
            self.answer(cx, request, self.refusal());
            return;
        }
        if self.processor.len() + self.waiting_reads() >= MOST_JOBS {
            self.answer(cx, request, Reply::Overloaded);
            return;
        }
        if let RequestKind::ReadAfter(wait) = request.kind {
            self.begin_wait(cx, request, wait);
            return;
        }
        self.enqueue(cx, processor::Job::Execute(request));
    }

    /// Why it takes no writes.
    fn refusal(&self) -> Reply {
        if self.lacks_replicas() {
            Reply::NoReplicas
        } else {
            Reply::NotPrimary
        }
    }

    pub(super) fn on_job_done(&mut self, cx: &mut Context<'_>) {
        // The job stays at the head while it ends, so that what it enqueues does not start a second one beside it.
        let Some(job) = self.processor.head() else {
            return;
        };
        match job {
            processor::Job::Execute(request) => self.execute(cx, request),
            processor::Job::Apply => self.on_applied(cx),
            processor::Job::Replay => {
                if let Some(acts) = self.acts() {
                    acts.replayed(self, cx);
                }
            }
        }
        self.processor.finish();
        self.start_job(cx);
    }

    pub(super) fn execute(&mut self, cx: &mut Context<'_>, request: Request) {
        if request.is_for_primary() && !self.accepts_writes(cx.now, cx.settings.fencing) {
            self.answer(cx, request, self.refusal());
            return;
        }
        match request.kind {
            RequestKind::Write { value, level } => match self.acts() {
                Some(acts) => acts.execute_write(self, cx, request, value, level),
                None => self.insert(cx, request, value),
            },
            RequestKind::Read | RequestKind::ReadFromPrimary | RequestKind::ReadAfter(_) => {
                cx.event(EventKind::NodeTimer { node: self.id });
                let row = self.table.row(request.key);
                let seen = self.position_at(self.replay);
                self.answer(cx, request, Reply::Value { row, seen });
            }
            RequestKind::Position(end) => {
                cx.event(EventKind::NodeTimer { node: self.id });
                let at = self.log_end(end, cx.costs.record_bytes);
                self.answer(cx, request, Reply::Position { at });
            }
        }
    }

    pub(super) fn answer(&self, cx: &mut Context<'_>, request: Request, reply: Reply) {
        cx.send(
            Endpoint::Clients,
            Message::Reply {
                op: request.op,
                reply,
            },
        );
    }

    pub(super) fn enqueue(&mut self, cx: &mut Context<'_>, job: processor::Job) {
        self.processor.push(job);
        if self.processor.len() == 1 {
            self.start_job(cx);
        }
    }

    pub(super) fn start_job(&mut self, cx: &mut Context<'_>) {
        if let Some(job) = self.processor.head() {
            let cost = job.cost(cx.costs) * u64::from(self.slow);
            self.processor.begin(cost);
            cx.timer(cost, Timer::JobDone);
        }
    }

    pub(super) fn start_flush(&mut self, cx: &mut Context<'_>) {
        if let Some(acts) = self.acts().filter(|_| self.is_mysql()) {
            acts.write_binlog(self, cx);
            return;
        }
        if self.flushing || self.flush >= self.wal.tip().lsn {
            return;
        }
        self.write = self.wal.tip().lsn;
        self.note_whole_flush(cx);
        self.begin_flush(cx);
    }

    /// The disk begins to flush what is written.
    pub(super) fn begin_flush(&mut self, cx: &mut Context<'_>) {
        self.flushing = true;
        let Costs { fsync_us, .. } = *cx.costs;
        cx.timer(Span(fsync_us) * u64::from(self.slow), Timer::Flushed);
    }

    pub(super) fn on_flushed(&mut self, cx: &mut Context<'_>) {
        if !self.flushing {
            return;
        }
        self.flushing = false;
        // A rewind may have shortened the log while the disk was at work.
        let before = self.flush;
        let flushed = self.flushed_up_to(cx);
        self.flush = self.flush.max(flushed).min(self.wal.tip().lsn);
        if self.flush == before && self.is_postgresql_primary() {
            // The WAL writer flushed the page that a record begins on: none is complete that was not before.
            if self.flush_goes_on() {
                self.start_flush(cx);
            }
            return;
        }
        cx.event(EventKind::Flushed {
            node: self.id,
            lsn: self.flush,
        });
        if let Some(acts) = self.acts() {
            acts.flushed(self, cx);
        } else if self.role == Role::Promoting {
            self.apply_next(cx);
        } else if self.primary.is_some() {
            self.ship_to_all(cx);
            self.release_commits(cx);
        } else {
            self.acknowledge(cx, replica::Progress::Flushed);
            self.apply_next(cx);
        }
        if self.flush_goes_on() {
            self.start_flush(cx);
        }
        if self.server.is_none() {
            self.open_if_ready(cx);
        }
    }
}

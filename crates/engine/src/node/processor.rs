//! The node's one processor: jobs are done in order of arrival, one at a time, so reads queue behind writes.

use std::collections::VecDeque;

use crate::message::{Request, RequestKind};
use crate::scenario::Costs;
use crate::time::Span;

/// One piece of work.
#[derive(Clone, Copy, Debug)]
pub(super) enum Job {
    /// Execute a client's request.
    Execute(Request),
    /// Apply the next log record.
    Apply,
    /// Apply the next log record of a database server.
    Replay,
}

impl Job {
    pub(super) fn cost(self, costs: &Costs) -> Span {
        Span(match self {
            Self::Execute(Request {
                kind: RequestKind::Write { .. },
                ..
            }) => costs.write_us,
            Self::Execute(_) => costs.read_us,
            Self::Apply | Self::Replay => costs.apply_us,
        })
    }
}

/// The queue; its head is in work.
#[derive(Clone, Debug, Default)]
pub(super) struct Processor {
    jobs: VecDeque<Job>,
    busy: Span,
}

impl Processor {
    /// Notes that the job at the head begins and takes so long.
    pub(super) fn begin(&mut self, cost: Span) {
        self.busy = self.busy + cost;
    }

    /// How long it has worked in all, the job in work counted to its end.
    pub(super) fn busy(&self) -> Span {
        self.busy
    }

    pub(super) fn push(&mut self, job: Job) {
        self.jobs.push_back(job);
    }

    pub(super) fn head(&self) -> Option<Job> {
        self.jobs.front().copied()
    }

    pub(super) fn finish(&mut self) {
        self.jobs.pop_front();
    }

    pub(super) fn len(&self) -> usize {
        self.jobs.len()
    }

    pub(super) fn clear(&mut self) {
        self.jobs.clear();
    }
}

//! The clients: what they have issued and not been answered, when they give up, and how the router serves them.

mod answers;

use std::collections::VecDeque;

use super::routing::{Asked, Plan};
use super::{Due, Simulation};
use crate::event::{EventKind, Failure};
use crate::ids::{ClientId, EventId, Key, NodeId, OpId, Tip};
use crate::message::{LogEnd, Message, Request, RequestKind};
use crate::oracle::OpKind;
use crate::scenario::{CommitLevel, Endpoint, Routing};
use crate::time::{Span, Time};

/// An operation without an answer.
#[derive(Clone, Copy, Debug)]
struct OpenOp {
    client: ClientId,
    key: Key,
    kind: OpKind,
    /// PostgreSQL's level for this write alone.
    level: Option<CommitLevel>,
    /// The node it was last sent to, unless it waits in the router.
    at: Option<NodeId>,
    /// The node it must be sent to, past the router.
    direct: Option<NodeId>,
    /// The event of its issue.
    cause: EventId,
    /// A replica was asked in vain: only the primary will do.
    fell_back: bool,
    /// The position that the primary named for this read.
    position: Option<Tip>,
}

impl OpenOp {
    fn is_write(&self) -> bool {
        matches!(self.kind, OpKind::Write { .. })
    }
}

/// Operations in progress. Their numbers are consecutive, so they are kept by number from the oldest open one.
#[derive(Clone, Debug, Default)]
pub(super) struct Clients {
    oldest: u32,
    open: VecDeque<Option<OpenOp>>,
    waiting: VecDeque<OpId>,
    /// When clients give up, in order of time: one queue beside the heap, since the time-out is the same for all.
    timeouts: VecDeque<(Time, OpId, EventId)>,
}

impl Clients {
    fn get(&self, op: OpId) -> Option<OpenOp> {
        let index = op.0.checked_sub(self.oldest)?;
        self.open.get(index as usize).copied().flatten()
    }

    fn get_mut(&mut self, op: OpId) -> Option<&mut OpenOp> {
        let index = op.0.checked_sub(self.oldest)?;
        self.open.get_mut(index as usize).and_then(Option::as_mut)
    }

    fn insert(&mut self, op: OpId, open: OpenOp) {
        if self.open.is_empty() {
            self.oldest = op.0;
        }
        self.open.push_back(Some(open));
    }

    /// Ends an operation; false when it had ended.
    fn close(&mut self, op: OpId) -> bool {
        let Some(index) = op.0.checked_sub(self.oldest) else {
            return false;
        };
        let closed = self
            .open
            .get_mut(index as usize)
            .and_then(Option::take)
            .is_some();
        while self.open.front().is_some_and(Option::is_none) {
            self.open.pop_front();
            self.oldest += 1;
        }
        while self
            .timeouts
            .front()
            .is_some_and(|&(_, op, _)| self.get(op).is_none())
        {
            self.timeouts.pop_front();
        }
        closed
    }

    /// When the next client gives up; [`Time::NEVER`] when nobody waits.
    pub(super) fn next_timeout(&self) -> Time {
        self.timeouts.front().map_or(Time::NEVER, |&(at, ..)| at)
    }

    pub(super) fn pop_timeout(&mut self) -> (OpId, EventId) {
        self.timeouts
            .pop_front()
            .map_or((OpId(0), EventId(0)), |(_, op, cause)| (op, cause))
    }

    pub(super) fn waiting_count(&self) -> usize {
        self.waiting
            .iter()
            .filter(|&&op| self.get(op).is_some())
            .count()
    }
}

impl Simulation {
    pub(super) fn schedule_workload(&mut self) {
        if let Some(gap) = self.generator.gap() {
            let due = Due::Workload {
                epoch: self.generator.epoch,
            };
            self.queue.push(self.now + gap, EventId(0), due);
        }
    }

    pub(super) fn issue_from_workload(&mut self) {
        let drawn = self.generator.next(self.cluster.clients.len());
        self.schedule_workload();
        if drawn.read {
            self.issue(drawn.client, drawn.key, OpKind::Read, None);
        } else {
            let value = self.oracle.next_op().0;
            self.issue(drawn.client, drawn.key, OpKind::Write { value }, None);
        }
    }

    /// A client issues an operation.
    pub(super) fn issue(
        &mut self,
        client: ClientId,
        key: Key,
        kind: OpKind,
        direct: Option<NodeId>,
    ) {
        self.issue_at(client, key, kind, direct, None);
    }

    /// A client issues an operation, a write at a level of its own.
    pub(super) fn issue_at(
        &mut self,
        client: ClientId,
        key: Key,
        kind: OpKind,
        direct: Option<NodeId>,
        level: Option<CommitLevel>,
    ) {
        let op = self.oracle.issue(client, key, kind, self.now);
        self.emit(match kind {
            OpKind::Write { .. } => EventKind::WriteIssued { op, client, key },
            OpKind::Read => EventKind::ReadIssued { op, client, key },
        });
        self.clients.insert(
            op,
            OpenOp {
                client,
                key,
                kind,
                level,
                at: None,
                direct,
                cause: self.cause,
                fell_back: false,
                position: None,
            },
        );
        if let OpKind::Write { .. } = kind {
            self.write_sent(client);
        }
        let at = self.now + Span(self.settings.timers.client_timeout_us);
        // The time-out may have been shortened; then this one does not belong at the end of the line.
        if self
            .clients
            .timeouts
            .back()
            .is_some_and(|&(last, ..)| last > at)
        {
            self.queue.push(at, self.cause, Due::ClientTimeout { op });
        } else {
            self.clients.timeouts.push_back((at, op, self.cause));
        }
        self.route(op);
    }

    /// Sends an operation to where it belongs, or lets it wait until the router knows.
    pub(super) fn route(&mut self, op: OpId) {
        let Some(open) = self.clients.get(op) else {
            return;
        };
        let plan = match (open.direct, open.kind) {
            (Some(node), OpKind::Read) => Plan::Send(node, RequestKind::Read),
            (None, OpKind::Read) => self.plan_read(Asked {
                op,
                client: open.client,
                key: open.key,
                fell_back: open.fell_back,
                position: open.position,
            }),
            (direct, OpKind::Write { value }) => {
                let among = self.among_primaries();
                let level = open.level;
                direct
                    .or_else(|| self.router.primary(op, among))
                    .map_or(Plan::Nowhere, |node| {
                        Plan::Send(node, RequestKind::Write { value, level })
                    })
            }
        };
        if let Some(open) = self.clients.get_mut(op) {
            open.at = match plan {
                Plan::Send(node, _) | Plan::Ask(node) => Some(node),
                Plan::Hold | Plan::Nowhere => None,
            };
        }
        match plan {
            Plan::Send(node, kind) => {
                self.oracle.routed(op, node);
                if open.direct.is_none()
                    && matches!(kind, RequestKind::Read | RequestKind::ReadAfter(_))
                {
                    self.note_trust(op, node);
                }
                let request = Request {
                    op,
                    client: open.client,
                    key: open.key,
                    kind,
                };
                self.note(EventKind::OpRouted { op, node });
                self.send(Endpoint::Clients, node.into(), Message::Request(request));
            }
            Plan::Ask(node) => {
                self.note(EventKind::OpRouted { op, node });
                self.ask_position(op, open.client, open.key, node, LogEnd::Visible);
            }
            Plan::Hold => {}
            // HAProxy has no server for the connection and closes it.
            Plan::Nowhere if self.is_haproxy() => self.fail(op, Failure::NoPrimary),
            Plan::Nowhere => {
                self.clients.waiting.push_back(op);
                self.note(EventKind::OpWaits { op });
            }
        }
    }

    fn is_haproxy(&self) -> bool {
        matches!(self.settings.routing, Routing::Haproxy(_))
    }

    /// Sends what waits; what still has nowhere to go waits on.
    pub(super) fn route_waiting(&mut self) {
        for op in core::mem::take(&mut self.clients.waiting) {
            if let Some(open) = self.clients.get(op) {
                self.cause = open.cause;
                self.route(op);
            }
        }
    }

    pub(super) fn check_health(&mut self) {
        if let Routing::Haproxy(haproxy) = self.settings.routing {
            let changes = self.router.next_check(&haproxy);
            self.router_changed(changes);
            self.poll_lag();
            let next = self.now + Span::from_millis(haproxy.inter);
            self.queue.push(next, EventId(0), Due::HealthCheck);
            return;
        }
        self.router.check();
        for node in self.cluster.nodes() {
            self.send(Endpoint::Clients, node.into(), Message::Probe);
        }
        let next = self.now + Span(self.settings.timers.health_check_us);
        self.queue.push(next, EventId(0), Due::HealthCheck);
    }
}

//! What clients are told, or not.

use super::OpenOp;
use crate::event::{EventKind, Failure};
use crate::ids::{NodeId, OpId};
use crate::message::{Message, Reply, WaitResult};
use crate::oracle::OpKind;
use crate::scenario::Endpoint;
use crate::time::Span;
use crate::world::{InFlight, Simulation};

impl Simulation {
    pub(in crate::world) fn on_client_message(&mut self, message: InFlight) {
        let Endpoint::Node(node) = message.from else {
            return;
        };
        match message.message {
            // One that was asked before HAProxy took over says nothing to it.
            Message::ProbeReply { .. } if self.is_haproxy() => {}
            Message::ProbeReply { primary, timeline } => {
                let news = self.router.answered(node, primary, timeline, self.now);
                if news {
                    self.route_waiting();
                }
            }
            Message::LagReply { report, standbys } => self.on_lag_reply(node, report, &standbys),
            Message::Reply { op, reply } => self.on_reply(node, op, reply),
            _ => {}
        }
    }

    pub(in crate::world) fn on_reply(&mut self, node: NodeId, op: OpId, reply: Reply) {
        match reply {
            Reply::ConnectionRefused => {
                let (check, routing) = (op == OpId(0), &self.settings.routing);
                let changes = self.router.refused_connection(node, check, routing);
                self.router_changed(changes);
            }
            Reply::NotPrimary | Reply::NoReplicas => self.router.not_primary(node),
            _ => {}
        }
        let position = match reply {
            Reply::Position { at } => Some(Some(at)),
            Reply::ConnectionRefused | Reply::NotPrimary | Reply::Overloaded => Some(None),
            _ => None,
        };
        if let Some(at) = position
            && self.position_came(op, at)
        {
            return;
        }
        // An answer that comes after the client gave up, or a second one, finds nobody.
        let Some(open) = self.clients.get(op) else {
            return;
        };
        match reply {
            Reply::Acked { tip } => {
                self.clients.close(op);
                self.write_ended(open.client);
                let lost = self.oracle.acked(op, tip, self.now);
                let latency = self
                    .oracle
                    .op(op)
                    .map_or(Span::ZERO, |op| self.now.since(op.issued_at));
                let sample = self.series.current();
                sample.acks += 1;
                sample.latency_sum = sample.latency_sum + latency;
                sample.latency_most = sample.latency_most.max(latency);
                sample.lost += u32::from(lost);
                self.emit(EventKind::WriteAcked { op });
                if lost {
                    self.emit(EventKind::WriteLost { op });
                }
                self.write_acked(op, open.client, open.key, node, tip, open.level);
            }
            Reply::Value { row, seen } => {
                self.clients.close(op);
                self.value_came(open.client, open.key, node, seen);
                let verdict = self.oracle.answered(op, row, self.now);
                let stale_versions = verdict.stale.map_or(0, |stale| stale.versions);
                self.series.current().stale_reads += u32::from(stale_versions > 0);
                self.emit(EventKind::ReadAnswered { op, stale_versions });
            }
            // Not executed there, for certain: another node may take it. A duplicate of an old refusal changes nothing.
            Reply::NotPrimary | Reply::NoReplicas | Reply::ConnectionRefused
                if open.at == Some(node) =>
            {
                self.emit(EventKind::OpRefused { op, node });
                if open.direct.is_some() || self.is_haproxy() {
                    self.fail(op, Failure::Refused);
                } else {
                    self.route(op);
                }
            }
            Reply::Overloaded if open.at == Some(node) => self.fail(op, Failure::Overloaded),
            Reply::WaitEnded { result } if open.at == Some(node) => {
                if result == WaitResult::OtherHistory {
                    self.token_lost(open.client);
                }
                if let Some(open) = self.clients.get_mut(op) {
                    open.fell_back = true;
                }
                self.route(op);
            }
            Reply::Position { at } if open.at == Some(node) => {
                if let Some(open) = self.clients.get_mut(op) {
                    open.position = Some(at);
                }
                self.route(op);
            }
            Reply::ConnectionLost if open.at == Some(node) => {
                self.clients.close(op);
                self.write_ended(open.client);
                self.oracle.unknown(op, self.now);
                self.emit(EventKind::WriteUnknown { op });
            }
            Reply::NotPrimary
            | Reply::Overloaded
            | Reply::NoReplicas
            | Reply::ConnectionRefused
            | Reply::ConnectionLost
            | Reply::WaitEnded { .. }
            | Reply::Position { .. } => {}
        }
    }

    /// A failover manager moved the address that writes go to.
    pub(in crate::world) fn move_address(&mut self, holder: Option<NodeId>) {
        self.router.move_address(holder);
        self.route_waiting();
    }

    pub(in crate::world) fn fail(&mut self, op: OpId, why: Failure) {
        let open = self.clients.get(op);
        self.clients.close(op);
        if let Some(open) = open.filter(OpenOp::is_write) {
            self.write_ended(open.client);
        }
        self.oracle.failed(op, why, self.now);
        self.emit(EventKind::OpFailed { op, why });
    }

    /// A client gives up. A write that was sent may have been executed; one that was not, was not.
    pub(in crate::world) fn on_client_timeout(&mut self, op: OpId) {
        let Some(open) = self.clients.get(op) else {
            return;
        };
        match (open.kind, open.at) {
            (_, None) => self.fail(op, Failure::NoPrimary),
            (OpKind::Read, Some(_)) => self.fail(op, Failure::TimedOut),
            (OpKind::Write { .. }, Some(_)) => {
                self.clients.close(op);
                self.write_ended(open.client);
                self.oracle.unknown(op, self.now);
                self.emit(EventKind::WriteUnknown { op });
            }
        }
    }
}

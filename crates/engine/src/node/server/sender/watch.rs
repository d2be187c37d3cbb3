//! Whether a standby is still there: probes, heartbeats, `wal_sender_timeout`, and the end of a connection.

use super::{PROBE, PROBE_MOST};
use crate::event::{EventKind, LostWhy};
use crate::ids::NodeId;
use crate::message::Replication;
use crate::node::Timer;
use crate::node::server::{Context, Node, ServerTimer};
use crate::time::Span;

impl Node {
    /// What was sent may have been lost on a link that was cut and mended: ask, and send again from where the answer says.
    pub(in crate::node::server) fn on_probe_timer(
        &mut self,
        cx: &mut Context<'_>,
        to: NodeId,
        conn: u32,
    ) {
        let Some(sender) = self.sender_mut(to, conn) else {
            return;
        };
        let Some(pause) = sender.probe.take() else {
            return;
        };
        if sender.acked.write >= sender.sent {
            return;
        }
        let silent = cx.now.since(sender.last_reply) >= pause;
        let next = if silent {
            Span((pause.0 * 2).min(PROBE_MOST.0))
        } else {
            PROBE
        };
        sender.probe = Some(next);
        let end = sender.sent;
        if silent {
            let ask = Replication::Keepalive {
                conn,
                end,
                reply: true,
            };
            cx.event(EventKind::NodeTimer { node: self.id });
            cx.send(to, ask);
        }
        cx.timer(next, Timer::Server(ServerTimer::Probe { to, conn }));
    }

    pub(in crate::node::server) fn arm_heartbeat(&self, cx: &mut Context<'_>, to: NodeId) {
        let sender = self
            .server
            .as_ref()
            .and_then(|server| server.senders[to.index()].as_ref());
        if let (Some(family), Some(sender)) = (cx.mysql(), sender) {
            let conn = sender.conn;
            let at = (sender.last_sent + family.heartbeat()).max(cx.now + Span(1));
            cx.timer_at(at, Timer::Server(ServerTimer::Heartbeat { to, conn }));
        }
    }

    /// A source that has sent nothing for half of `replica_net_timeout` says that it is there (R-MY-12).
    pub(in crate::node::server) fn on_heartbeat_due(
        &mut self,
        cx: &mut Context<'_>,
        to: NodeId,
        conn: u32,
    ) {
        let (Some(family), Some(sender)) = (cx.mysql(), self.sender_mut(to, conn)) else {
            return;
        };
        if cx.now >= sender.last_sent + family.heartbeat() {
            sender.last_sent = cx.now;
            let beat = Replication::Keepalive {
                conn,
                end: sender.sent,
                reply: false,
            };
            cx.event(EventKind::NodeTimer { node: self.id });
            cx.send(to, beat);
        }
        self.arm_heartbeat(cx, to);
    }

    pub(in crate::node::server) fn arm_sender_check(&mut self, cx: &mut Context<'_>, to: NodeId) {
        let Some(timeout) = cx.timing().sender_timeout else {
            return;
        };
        let Some(sender) = self
            .server
            .as_mut()
            .and_then(|server| server.senders[to.index()].as_mut())
        else {
            return;
        };
        let wait = if sender.pinged {
            timeout
        } else {
            Span(timeout.0 / 2)
        };
        let conn = sender.conn;
        let at = (sender.last_reply + wait).max(cx.now + Span(1));
        if sender.check_at.is_none_or(|armed| armed > at) {
            sender.check_at = Some(at);
            cx.timer_at(at, Timer::Server(ServerTimer::SenderCheck { to, conn }));
        }
    }

    /// `wal_sender_timeout` is new, or there is one where there was none.
    pub(in crate::node::server) fn sender_timers_reloaded(&mut self, cx: &mut Context<'_>) {
        for to in cx.others(self.id) {
            self.arm_sender_check(cx, to);
        }
    }

    /// `wal_sender_timeout`: at half of it a silent standby is asked for an answer, at its end it is given up (R-PG-9).
    pub(in crate::node::server) fn on_sender_check(
        &mut self,
        cx: &mut Context<'_>,
        to: NodeId,
        conn: u32,
    ) {
        let Some(sender) = self.sender_mut(to, conn) else {
            return;
        };
        if sender.check_at.is_none_or(|armed| armed > cx.now) {
            return;
        }
        sender.check_at = None;
        let Some(timeout) = cx.timing().sender_timeout else {
            return;
        };
        let silence = cx.now.since(sender.last_reply);
        if silence >= timeout {
            cx.send(to, Replication::Closed { conn });
            self.lose_sender(cx, to, LostWhy::Silent);
            return;
        }
        if silence.0 >= timeout.0 / 2 && !sender.pinged {
            sender.pinged = true;
            let end = sender.sent;
            cx.event(EventKind::NodeTimer { node: self.id });
            let ask = Replication::Keepalive {
                conn,
                end,
                reply: true,
            };
            cx.send(to, ask);
        }
        self.arm_sender_check(cx, to);
    }

    /// A connection is over. Waiting commits are not looked at now: that happens when a remaining standby next replies
    /// (R-PG-9).
    pub(in crate::node::server) fn lose_sender(
        &mut self,
        cx: &mut Context<'_>,
        standby: NodeId,
        why: LostWhy,
    ) {
        if let Some(server) = &mut self.server {
            server.senders[standby.index()] = None;
            cx.event(EventKind::StandbyLost {
                node: self.id,
                standby,
                why,
            });
        }
        self.semi_sync_replicas_changed(cx);
    }

    pub(in crate::node::server) fn close_senders(&mut self, cx: &mut Context<'_>) {
        for node in cx.others(self.id) {
            let sender = self
                .server
                .as_mut()
                .and_then(|server| server.senders[node.index()].take());
            if let Some(sender) = sender {
                cx.send(node, Replication::Closed { conn: sender.conn });
            }
        }
    }

    pub(in crate::node::server) fn terminate_sender(
        &mut self,
        cx: &mut Context<'_>,
        standby: NodeId,
    ) -> bool {
        let sender = self
            .server
            .as_ref()
            .and_then(|server| server.senders[standby.index()].as_ref());
        let Some(conn) = sender.map(|sender| sender.conn) else {
            return false;
        };
        cx.send(standby, Replication::Closed { conn });
        self.lose_sender(cx, standby, LostWhy::Terminated);
        true
    }

    /// The other end of a connection hung up.
    pub(in crate::node::server) fn on_closed(
        &mut self,
        cx: &mut Context<'_>,
        from: NodeId,
        conn: u32,
    ) {
        if self.sender_mut(from, conn).is_some() {
            self.lose_sender(cx, from, LostWhy::Closed);
        }
        self.upstream_closed(cx, from, conn);
    }
}

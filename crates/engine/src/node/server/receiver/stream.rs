//! A connection that stands: what comes, what is answered, and how it ends.

use super::State;
use crate::event::{EventKind, LostWhy};
use crate::ids::{Lsn, NodeId};
use crate::message::Replication;
use crate::node::Timer;
use crate::node::server::{Context, Node, ServerTimer};
use crate::node::wal::Record;
use crate::time::{Span, Time};

impl Node {
    pub(in crate::node::server) fn on_records(
        &mut self,
        cx: &mut Context<'_>,
        from: NodeId,
        conn: u32,
        prev: Lsn,
        records: &[Record],
        feedback: Lsn,
    ) {
        if !self.receives(from, conn) {
            cx.send(from, Replication::Closed { conn });
            return;
        }
        let tip = self.wal.tip().lsn;
        if let Some(server) = &mut self.server {
            server.receiver.last_heard = cx.now;
            server.receiver.pinged = false;
            server.receiver.feedback = server.receiver.feedback.max(feedback);
        }
        if prev > tip {
            self.send_status(cx, true, false);
            return;
        }
        for record in records.iter().filter(|record| record.lsn > tip) {
            self.wal.append(*record);
            self.table.logged(record);
        }
        self.checkpoint_if_due(cx);
        if self.wal.tip().lsn > tip {
            cx.event(EventKind::Received {
                node: self.id,
                lsn: self.wal.tip().lsn,
            });
            self.start_flush(cx);
        }
        self.send_status(cx, false, false);
        if self.is_mysql() {
            // The applier reads the relay log as the operating system has it.
            self.replay_next(cx);
        }
    }

    pub(in crate::node::server) fn on_keepalive(
        &mut self,
        cx: &mut Context<'_>,
        from: NodeId,
        conn: u32,
        end: Lsn,
        reply: bool,
    ) {
        if !self.receives(from, conn) {
            cx.send(from, Replication::Closed { conn });
            return;
        }
        let gap = end > self.wal.tip().lsn;
        if let Some(server) = &mut self.server {
            server.receiver.last_heard = cx.now;
            server.receiver.pinged = false;
        }
        if gap || reply {
            self.send_status(cx, gap, false);
        }
    }

    /// Tells the upstream how far this standby has come.
    pub(in crate::node::server) fn send_status(
        &mut self,
        cx: &mut Context<'_>,
        gap: bool,
        reply: bool,
    ) {
        let mut positions = self.positions();
        if cx.mysql().is_some_and(|family| family.sync_relay_log == 1) {
            // What is not synced is not acknowledged (R-MY-4).
            positions.write = self.flush;
        }
        let Some(upstream) = self.upstream() else {
            return;
        };
        let Some(server) = &mut self.server else {
            return;
        };
        if server.receiver.state != State::Streaming {
            return;
        }
        server.receiver.last_status = cx.now;
        let conn = server.receiver.conn;
        let status = Replication::Status {
            conn,
            positions,
            gap,
            reply,
        };
        cx.send(upstream, status);
    }

    pub(in crate::node::server) fn arm_receiver_timers(&mut self, cx: &mut Context<'_>) {
        // Those of the connection before name it, and do nothing more.
        if let Some(server) = &mut self.server {
            (server.receiver.status_at, server.receiver.check_at) = (None, None);
        }
        if let Some(interval) = cx.timing().status_interval {
            self.arm_status(cx, cx.now + interval);
        }
        if let Some(timeout) = cx.timing().receiver_timeout {
            self.arm_receiver_check(cx, cx.now + Span(timeout.0 / 2));
        }
    }

    fn arm_status(&mut self, cx: &mut Context<'_>, at: Time) {
        if let Some(server) = &mut self.server {
            server.receiver.status_at = Some(at);
            let conn = server.receiver.conn;
            cx.timer_at(at, Timer::Server(ServerTimer::StatusDue { conn }));
        }
    }

    fn arm_receiver_check(&mut self, cx: &mut Context<'_>, at: Time) {
        if let Some(server) = &mut self.server {
            server.receiver.check_at = Some(at);
            let conn = server.receiver.conn;
            cx.timer_at(at, Timer::Server(ServerTimer::ReceiverCheck { conn }));
        }
    }

    /// The time-outs are new, or there are some where there were none. (MySQL and MariaDB take theirs up when they connect.)
    pub(in crate::node::server) fn receiver_timers_reloaded(&mut self, cx: &mut Context<'_>) {
        let Some(server) = self.server.as_ref().filter(|server| !server.mysql) else {
            return;
        };
        let receiver = &server.receiver;
        if receiver.state != State::Streaming {
            return;
        }
        let sooner = |armed: Option<Time>, at: Time| {
            let at = at.max(cx.now + Span(1));
            armed.is_none_or(|armed| armed > at).then_some(at)
        };
        let status = cx.timing().status_interval;
        let status =
            status.and_then(|span| sooner(receiver.status_at, receiver.last_status + span));
        let check = cx.timing().receiver_timeout.and_then(|timeout| {
            let wait = if receiver.pinged {
                timeout
            } else {
                Span(timeout.0 / 2)
            };
            sooner(receiver.check_at, receiver.last_heard + wait)
        });
        if let Some(at) = status {
            self.arm_status(cx, at);
        }
        if let Some(at) = check {
            self.arm_receiver_check(cx, at);
        }
    }

    pub(in crate::node::server) fn on_status_due(&mut self, cx: &mut Context<'_>, conn: u32) {
        let Some(server) = &mut self.server else {
            return;
        };
        let armed = server.receiver.status_at;
        if server.receiver.conn != conn || armed.is_none_or(|armed| armed > cx.now) {
            return;
        }
        server.receiver.status_at = None;
        let Some(interval) = cx.timing().status_interval else {
            return;
        };
        if !server.receiver.is_streaming() {
            return;
        }
        if cx.now >= server.receiver.last_status + interval {
            cx.event(EventKind::NodeTimer { node: self.id });
            self.send_status(cx, false, false);
        }
        let Some(server) = &self.server else { return };
        let next = server.receiver.last_status + interval;
        self.arm_status(cx, next);
    }

    /// `wal_receiver_timeout`: at half of it a silent upstream is asked for an answer, at its end it is given up.
    pub(in crate::node::server) fn on_receiver_check(&mut self, cx: &mut Context<'_>, conn: u32) {
        let Some(server) = self.server.as_deref_mut() else {
            return;
        };
        let receiver = &mut server.receiver;
        if receiver.conn != conn || receiver.check_at.is_none_or(|armed| armed > cx.now) {
            return;
        }
        receiver.check_at = None;
        let Some(timeout) = cx.timing().receiver_timeout else {
            return;
        };
        if receiver.state != State::Streaming {
            return;
        }
        let silence = cx.now.since(receiver.last_heard);
        if silence >= timeout {
            self.lose_upstream(cx, LostWhy::Silent);
            return;
        }
        let mut at = receiver.last_heard + Span(timeout.0 / 2);
        if silence.0 >= timeout.0 / 2 {
            at = receiver.last_heard + timeout;
            // A MySQL replica only listens: its source sends heartbeats.
            if !receiver.pinged && !server.mysql {
                receiver.pinged = true;
                cx.event(EventKind::NodeTimer { node: self.id });
                self.send_status(cx, false, true);
            }
        }
        self.arm_receiver_check(cx, at.max(cx.now + Span(1)));
    }

    pub(in crate::node::server) fn upstream_closed(
        &mut self,
        cx: &mut Context<'_>,
        from: NodeId,
        conn: u32,
    ) {
        if !self.receives(from, conn) {
            return;
        }
        let streaming = self
            .server
            .as_ref()
            .is_some_and(|server| server.receiver.is_streaming());
        if streaming {
            self.lose_upstream(cx, LostWhy::Closed);
        } else {
            self.connect_later(cx);
        }
    }

    pub(in crate::node::server) fn lose_upstream(&mut self, cx: &mut Context<'_>, why: LostWhy) {
        if let Some(upstream) = self.upstream() {
            cx.event(EventKind::UpstreamLost {
                node: self.id,
                upstream,
                why,
            });
        }
        self.connect_later(cx);
        if self.is_mysql() {
            // R-MY-12: the first attempt is immediate.
            self.connect_now(cx);
        }
    }

    /// Hangs up, because this node is to be something else.
    pub(in crate::node::server) fn close_receiver(&mut self, cx: &mut Context<'_>) {
        let Some(server) = &mut self.server else {
            return;
        };
        let connection = server.receiver.connection(server.upstream);
        server.receiver.state = State::Idle;
        // Timers and answers of the old connection must not find a newer one of the same number.
        server.receiver.conn += 1;
        if let Some((upstream, conn)) = connection {
            cx.send(upstream, Replication::Closed { conn });
        }
    }

    pub(in crate::node::server) fn stop_receiver(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(server) = &mut self.server else {
            return false;
        };
        if !server.standby || server.receiver.stopped {
            return false;
        }
        server.receiver.stopped = true;
        self.close_receiver(cx);
        true
    }

    pub(in crate::node::server) fn start_receiver(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(server) = &mut self.server else {
            return false;
        };
        if !server.receiver.stopped {
            return false;
        }
        server.receiver.stopped = false;
        server.receiver.error = None;
        self.connect_now(cx);
        true
    }
}

//! The side that connects to an upstream server: receiving, answering, and connecting again.

mod stream;

use std::sync::Arc;

use super::{Context, Node, Role, ServerTimer};
use crate::event::EventKind;
use crate::ids::{Lsn, NodeId, Timeline};
use crate::message::{Refusal, Replication};
use crate::node::Timer;
use crate::node::wal::Record;
use crate::time::{Span, Time};

/// How long an attempt to connect waits for an answer before it is made again, as TCP sends its SYN again.
const UNANSWERED: Span = Span(5_000_000);

/// The state of the connection to the upstream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Idle,
    Connecting,
    Streaming,
}

/// The receiving process of a standby.
#[derive(Clone, Debug, Default)]
pub(super) struct Receiver {
    /// The number of the last attempt to connect, and of the connection that came of it.
    conn: u32,
    state: State,
    last_heard: Time,
    last_status: Time,
    last_attempt: Option<Time>,
    pinged: bool,
    /// The upstream wants to know when records up to here are applied (`remote_apply`).
    pub(super) feedback: Lsn,
    /// An administrator stopped it.
    stopped: bool,
    /// The timeline that it was found to have left, so that it says so once.
    refused: Option<Timeline>,
    /// The error after which it stopped by itself (MySQL, MariaDB).
    error: Option<Refusal>,
    /// Why the upstream did not let it stream when it last looked at what this standby has.
    refusal: Option<Refusal>,
    /// When it next looks whether its upstream is silent, and when it next reports unasked: only the timer for that counts.
    check_at: Option<Time>,
    status_at: Option<Time>,
}

impl Receiver {
    /// At the start of a run the connection stands.
    pub(super) fn already_streaming(&mut self, now: Time) {
        self.conn = 1;
        self.state = State::Streaming;
        (self.last_heard, self.last_status) = (now, now);
        self.last_attempt = Some(now);
    }

    pub(super) fn connection(&self, upstream: Option<NodeId>) -> Option<(NodeId, u32)> {
        upstream
            .filter(|_| self.state != State::Idle)
            .map(|node| (node, self.conn))
    }

    pub(super) fn is_streaming(&self) -> bool {
        self.state == State::Streaming
    }

    pub(super) fn last_heard(&self) -> Time {
        self.last_heard
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// `Last_IO_Error`.
    pub(super) fn error(&self) -> Option<Refusal> {
        self.error
    }

    /// Why the upstream does not let it stream.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        self.refusal
    }

    /// A primary has no upstream, and nothing of having had one.
    pub(super) fn promoted(&mut self) {
        self.start_over();
        self.stopped = false;
    }

    /// Another life: what a hand stopped starts with the process, as replication does without `skip_replica_start`.
    pub(super) fn new_life(&mut self) {
        self.start_over();
        self.stopped = false;
    }

    /// Another upstream: nothing of before counts but the number, which is never used twice.
    pub(super) fn start_over(&mut self) {
        *self = Self {
            conn: self.conn,
            // A new source is a new start after an error, but not after a hand stopped it.
            stopped: self.stopped && self.error.is_none(),
            ..Self::default()
        };
    }
}

impl Node {
    /// Whether a message on this connection is for the receiver as it stands.
    fn receives(&self, from: NodeId, conn: u32) -> bool {
        self.server.as_ref().is_some_and(|server| {
            server.upstream() == Some(from)
                && server.receiver.conn == conn
                && server.receiver.state != State::Idle
        })
    }

    /// Whether it has asked to be let in and waits for the answer.
    pub(super) fn receiver_connects(&self) -> bool {
        let server = self.server.as_ref();
        server.is_some_and(|server| server.receiver.state == State::Connecting)
    }

    /// Connects to the upstream, if there is one and nothing forbids it.
    pub(super) fn connect_now(&mut self, cx: &mut Context<'_>) {
        let (tip, positions) = (self.wal.tip(), self.positions());
        let history = Arc::new(self.wal.history().to_vec());
        let Some(upstream) = self.upstream() else {
            return;
        };
        let Some(server) = self.server.as_deref_mut() else {
            return;
        };
        let receiver = &mut server.receiver;
        if receiver.stopped || receiver.state != State::Idle || server.rebuild.is_some() {
            return;
        }
        receiver.conn += 1;
        receiver.state = State::Connecting;
        receiver.last_attempt = Some(cx.now);
        receiver.last_heard = cx.now;
        let conn = receiver.conn;
        let (timeline, slave_pos) = (server.timeline, server.slave_pos);
        cx.send(
            upstream,
            Replication::Connect {
                conn,
                tip,
                timeline,
                positions,
                history,
                slave_pos,
            },
        );
        // What asked or answered may have been lost on a link that was cut.
        cx.timer(UNANSWERED, Timer::Server(ServerTimer::Connect { conn }));
    }

    /// Tries again `wal_retrieve_retry_interval` after the attempt before.
    pub(super) fn connect_later(&mut self, cx: &mut Context<'_>) {
        let Some(server) = &mut self.server else {
            return;
        };
        server.receiver.state = State::Idle;
        let conn = server.receiver.conn;
        let last = server.receiver.last_attempt.unwrap_or(Time::ZERO);
        let at = (last + cx.timing().retry).max(cx.now);
        cx.timer_at(at, Timer::Server(ServerTimer::Connect { conn }));
    }

    pub(super) fn on_connect_timer(&mut self, cx: &mut Context<'_>, conn: u32) {
        let Some(server) = &mut self.server else {
            return;
        };
        if server.receiver.conn != conn || server.receiver.state == State::Streaming {
            return;
        }
        // An attempt that was answered, with a refusal, is not an unanswered one: the next comes when it is due.
        let last = server.receiver.last_attempt.unwrap_or(Time::ZERO);
        if server.receiver.state == State::Idle && cx.now < last + cx.timing().retry {
            return;
        }
        server.receiver.state = State::Idle;
        cx.event(EventKind::NodeTimer { node: self.id });
        self.connect_now(cx);
    }

    pub(super) fn on_accepted(
        &mut self,
        cx: &mut Context<'_>,
        from: NodeId,
        conn: u32,
        timeline: Timeline,
        start: Lsn,
    ) {
        if !self.receives(from, conn) {
            cx.send(from, Replication::Closed { conn });
            return;
        }
        if self.is_mysql() && start < self.wal.tip().lsn {
            self.go_back_to(cx, from, start);
        }
        debug_assert_eq!(start, self.wal.tip().lsn, "it asked from its own end");
        let Some(server) = &mut self.server else {
            return;
        };
        // Who follows this standby is told that the old timeline has ended, and asks for the new one.
        let switches = !server.mysql && server.timeline != timeline;
        server.timeline = timeline;
        if server.mysql {
            // It may follow an older timeline again; the one that it opens comes after all of them.
            server.last_term = server.last_term.max(timeline.term());
        }
        server.slave_pos = None;
        server.receiver.state = State::Streaming;
        server.receiver.refused = None;
        server.receiver.refusal = None;
        (server.receiver.last_heard, server.receiver.last_status) = (cx.now, cx.now);
        self.role = Role::Replica;
        cx.event(EventKind::Following {
            node: self.id,
            timeline,
        });
        if switches {
            self.close_senders(cx);
        }
        self.arm_receiver_timers(cx);
        self.send_status(cx, false, false);
        self.replay_next(cx);
    }

    pub(super) fn on_refused(
        &mut self,
        cx: &mut Context<'_>,
        from: NodeId,
        conn: u32,
        why: Refusal,
    ) {
        if !self.receives(from, conn) {
            return;
        }
        if self.is_mysql() && why.code().is_some() {
            // An error after which the receiver stops and waits for a hand.
            if let Some(server) = &mut self.server {
                server.receiver.state = State::Idle;
                server.receiver.stopped = true;
                server.receiver.error = Some(why);
                server.receiver.refusal = Some(why);
            }
            cx.event(EventKind::CannotFollow {
                node: self.id,
                upstream: from,
                why,
            });
            return;
        }
        if let Refusal::Diverged { timeline, fork } = why
            && self.replay <= fork
        {
            // Received but not replayed: the new history is put in its place.
            self.drop_log_after(fork);
            if let Some(server) = &mut self.server {
                server.receiver.state = State::Idle;
                server.timeline = server.timeline.min(timeline);
            }
            self.connect_now(cx);
            return;
        }
        // A source that is down now does not take back what it said of the log.
        if !matches!(why, Refusal::NobodyListens | Refusal::NotReady)
            && let Some(server) = &mut self.server
        {
            server.receiver.refusal = Some(why);
        }
        let timeline = match why {
            Refusal::Diverged { timeline, .. } | Refusal::BehindTimeline { timeline } => timeline,
            _ => Timeline::default(),
        };
        if let Some(server) = &mut self.server
            && server.receiver.refused != Some(timeline)
            && why != Refusal::NotReady
        {
            server.receiver.refused = Some(timeline);
            cx.event(EventKind::CannotFollow {
                node: self.id,
                upstream: from,
                why,
            });
        }
        if matches!(
            why,
            Refusal::Diverged { .. } | Refusal::BehindTimeline { .. }
        ) {
            // It goes on answering reads, with what it has (R-PG-16).
            self.role = Role::Demoted;
        }
        self.connect_later(cx);
    }

    /// Takes received but unapplied records off the end of the log.
    fn drop_log_after(&mut self, fork: Lsn) {
        let gone: Vec<Record> = self
            .wal
            .range(fork.next(), self.wal.tip().lsn)
            .copied()
            .collect();
        self.table.truncate_heads(gone.into_iter().rev());
        self.wal.truncate(fork);
        self.flush = self.flush.min(fork);
        self.write = self.write.min(fork);
        if let Some(server) = &mut self.server {
            server.replaying.log_ends_at(fork);
        }
    }
}

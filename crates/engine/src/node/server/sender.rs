//! The side that standbys connect to: who may stream from where, sending, keepalives, and noticing that one is gone.

mod watch;

use std::sync::Arc;

use super::{Context, Gtid, Node, Role, ServerTimer};
use crate::event::{EventKind, LostWhy};
use crate::ids::{Lsn, NodeId, Timeline, Tip};
use crate::message::{Positions, Refusal, Replication};
use crate::node::Timer;
use crate::node::wal::Segment;
use crate::time::{Span, Time};

/// Most records in one message.
const BATCH: u64 = 64;
/// Most records sent to a standby that it has not said it received: the window of the connection.
const WINDOW: u64 = 1_024;
/// First pause before asking a standby whether what was sent has arrived; it doubles up to the most (TCP's retransmission).
const PROBE: Span = Span(1_000_000);
const PROBE_MOST: Span = Span(64_000_000);
/// How many flush times the lag columns are counted from (PostgreSQL's LAG_TRACKER_BUFFER_SIZE).
const FLUSH_TIMES: usize = 8_192;

/// How far a standby's connection has come (`pg_stat_replication.state`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SenderState {
    /// It has old log to catch up with; it does not count as synchronous (R-PG-8).
    Catchup,
    /// It has caught up once and gets what is new as it comes.
    Streaming,
}

/// One standby's connection.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    pub(super) conn: u32,
    pub(super) state: SenderState,
    pub(super) sent: Lsn,
    pub(super) acked: Positions,
    /// Whether it has told its positions on this connection.
    pub(super) heard: bool,
    pub(super) last_reply: Time,
    /// When log, or a heartbeat, was last sent.
    last_sent: Time,
    pinged: bool,
    /// When it next looks whether the standby is silent: only the timer for that counts.
    check_at: Option<Time>,
    probe: Option<Span>,
    pub(super) lag: Lag,
}

/// The lag columns: how long after the local flush the standby's progress became known here (R-PG-11).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lag {
    pub(super) write: Option<Span>,
    pub(super) flush: Option<Span>,
    pub(super) replay: Option<Span>,
    /// The last reply said that everything was replayed already.
    was_level: bool,
}

/// What a standby asks for.
#[derive(Clone, Copy)]
pub(super) struct Ask {
    pub(super) conn: u32,
    pub(super) tip: Tip,
    pub(super) timeline: Timeline,
    pub(super) positions: Positions,
    pub(super) slave_pos: Option<Gtid>,
}

impl Sender {
    fn new(conn: u32, start: Lsn, positions: Positions, now: Time) -> Self {
        Self {
            conn,
            state: SenderState::Catchup,
            sent: start,
            acked: positions,
            heard: false,
            last_reply: now,
            last_sent: now,
            pinged: false,
            check_at: None,
            probe: None,
            lag: Lag::default(),
        }
    }
}

impl Node {
    /// At the start of a run every standby streams from the first node already.
    pub(super) fn connect_everybody(&mut self, cx: &mut Context<'_>) {
        for node in cx.others(self.id) {
            if let Some(server) = &mut self.server {
                let mut sender = Sender::new(1, Lsn::ZERO, Positions::default(), cx.now);
                sender.state = SenderState::Streaming;
                sender.heard = true;
                server.senders[node.index()] = Some(sender);
            }
            self.arm_sender_check(cx, node);
            self.arm_heartbeat(cx, node);
        }
    }

    fn sender_mut(&mut self, node: NodeId, conn: u32) -> Option<&mut Sender> {
        self.server
            .as_mut()?
            .senders
            .get_mut(node.index())?
            .as_mut()
            .filter(|sender| sender.conn == conn)
    }

    pub(super) fn on_connect(
        &mut self,
        cx: &mut Context<'_>,
        from: NodeId,
        ask: Ask,
        history: &Arc<Vec<Segment>>,
    ) {
        let conn = ask.conn;
        match self.may_stream(cx, from, &ask, history) {
            Err(why) => cx.send(from, Replication::Refused { conn, why }),
            Ok(start) => {
                let Some(server) = &mut self.server else {
                    return;
                };
                let timeline = server.timeline;
                server.senders[from.index()] =
                    Some(Sender::new(conn, start, ask.positions, cx.now));
                cx.event(EventKind::StandbyConnected {
                    node: self.id,
                    standby: from,
                });
                cx.send(
                    from,
                    Replication::Accepted {
                        conn,
                        timeline,
                        start,
                    },
                );
                self.arm_sender_check(cx, from);
                self.arm_heartbeat(cx, from);
                self.replica_acknowledged(cx, from, start);
                self.send_log(cx, from);
            }
        }
    }

    /// From where a standby may stream, or why not (R-PG-16).
    fn may_stream(
        &self,
        cx: &Context<'_>,
        from: NodeId,
        ask: &Ask,
        history: &[Segment],
    ) -> Result<Lsn, Refusal> {
        let Some(server) = &self.server else {
            return Err(Refusal::NotReady);
        };
        if server.is_being_rebuilt() || self.role == Role::Promoting {
            return Err(Refusal::NotReady);
        }
        if let Some(family) = cx.mysql() {
            return self.may_follow_binlog(&family, from, ask, history);
        }
        if server.timeline < ask.timeline {
            return Err(Refusal::BehindTimeline {
                timeline: server.timeline,
            });
        }
        let fork = self.wal.fork_from(history, ask.tip.lsn);
        if fork < self.wal.tip().lsn && self.kept_from(cx) > fork.next() {
            return Err(Refusal::LogRemoved);
        }
        if fork == ask.tip.lsn {
            return Ok(fork);
        }
        if server.timeline == ask.timeline {
            // The standby has more of the same history than this server: nothing to send yet.
            return Err(Refusal::AheadOfFlush);
        }
        Err(Refusal::Diverged {
            timeline: server.timeline,
            fork,
        })
    }

    /// Sends a standby what it has not been sent yet.
    pub(super) fn send_log(&mut self, cx: &mut Context<'_>, to: NodeId) {
        let end = self.shippable(cx);
        let feedback = self.apply_feedback();
        let Some(server) = &mut self.server else {
            return;
        };
        let Some(sender) = &mut server.senders[to.index()] else {
            return;
        };
        let conn = sender.conn;
        let mut any = false;
        while sender.sent < end && sender.sent.ahead_of(sender.acked.write) < WINDOW {
            let prev = sender.sent;
            if self.wal.first() > prev.next() {
                // What it needs is gone: it will find out when it connects again.
                self.lose_sender(cx, to, LostWhy::LogRemoved);
                return;
            }
            let last = Lsn(end.0.min(prev.0 + BATCH));
            let records = self.wal.range(prev.next(), last).copied().collect();
            sender.sent = last;
            sender.last_sent = cx.now;
            any = true;
            cx.send(
                to,
                Replication::Records {
                    conn,
                    prev,
                    records,
                    feedback,
                },
            );
        }
        if sender.sent >= end && sender.state == SenderState::Catchup {
            sender.state = SenderState::Streaming;
            cx.note(EventKind::StandbyStreaming {
                node: self.id,
                standby: to,
            });
        }
        if any && sender.probe.is_none() {
            sender.probe = Some(PROBE);
            cx.timer(PROBE, Timer::Server(ServerTimer::Probe { to, conn }));
        }
    }

    pub(super) fn send_log_to_all(&mut self, cx: &mut Context<'_>) {
        for node in cx.others(self.id) {
            self.send_log(cx, node);
        }
    }

    pub(super) fn on_status(
        &mut self,
        cx: &mut Context<'_>,
        from: NodeId,
        conn: u32,
        positions: Positions,
        gap: bool,
        reply: bool,
    ) {
        let end = self.shippable(cx);
        let Some(server) = self.server.as_deref_mut() else {
            return;
        };
        let Some(sender) = server.senders[from.index()]
            .as_mut()
            .filter(|sender| sender.conn == conn)
        else {
            cx.send(from, Replication::Closed { conn });
            return;
        };
        sender.last_reply = cx.now;
        sender.pinged = false;
        sender.heard = true;
        let before = sender.acked;
        sender.acked = positions;
        sender
            .lag
            .learn(before, positions, end, &server.flushes, cx.now);
        if gap {
            sender.sent = positions.write;
        }
        if reply {
            let end = sender.sent;
            cx.send(
                from,
                Replication::Keepalive {
                    conn,
                    end,
                    reply: false,
                },
            );
        }
        self.move_slot(from, positions.flush);
        self.send_log(cx, from);
        self.standby_replied(cx, from);
        self.replica_acknowledged(cx, from, positions.write);
    }

    /// Notes when a position was flushed, for the lag columns.
    pub(super) fn note_flush_time(&mut self, now: Time) {
        let lsn = self.flush;
        if let Some(server) = &mut self.server {
            if server.flushes.back().is_none_or(|&(last, _)| last < lsn) {
                server.flushes.push_back((lsn, now));
            }
            if server.flushes.len() > FLUSH_TIMES {
                server.flushes.pop_front();
            }
        }
    }
}

impl Lag {
    /// Counts the columns anew after a reply. Caught up and idle for two replies in a row, they go NULL (R-PG-11).
    fn learn(
        &mut self,
        before: Positions,
        after: Positions,
        end: Lsn,
        flushes: &std::collections::VecDeque<(Lsn, Time)>,
        now: Time,
    ) {
        let since = |old: Lsn, new: Lsn| -> Option<Span> {
            let place = flushes.partition_point(|&(lsn, _)| lsn <= new);
            let &(lsn, at) = flushes.get(place.checked_sub(1)?)?;
            (lsn > old).then(|| now.since(at))
        };
        let level = after.replay >= end;
        let news = [
            since(before.write, after.write),
            since(before.flush, after.flush),
            since(before.replay, after.replay),
        ];
        for (column, new) in [&mut self.write, &mut self.flush, &mut self.replay]
            .into_iter()
            .zip(news)
        {
            if new.is_some() || (level && self.was_level) {
                *column = new;
            }
        }
        self.was_level = level;
    }
}

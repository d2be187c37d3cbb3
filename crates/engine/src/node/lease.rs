//! The primary's lease: heartbeats, the promises that answer them, fencing, and stepping down.

use super::primary::{HeartbeatAck, nth_highest};
use super::{Context, Node, Role, Timer};
use crate::event::EventKind;
use crate::ids::{NodeId, Timeline};
use crate::message::{Message, Reply};
use crate::scenario::Endpoint;
use crate::time::{Span, Time};

impl Node {
    pub(super) fn start_reign_timers(&mut self, cx: &mut Context<'_>) {
        let Some(reign) = self.primary.as_ref().map(|primary| primary.reign) else {
            return;
        };
        self.beat(cx);
        cx.timer(
            Span(cx.settings.timers.heartbeat_us),
            Timer::Heartbeat(reign),
        );
        self.arm_lease(cx);
    }

    pub(super) fn on_heartbeat_timer(&mut self, cx: &mut Context<'_>, reign: u32) {
        if self
            .primary
            .as_ref()
            .is_none_or(|primary| primary.reign != reign)
        {
            return;
        }
        cx.event(EventKind::NodeTimer { node: self.id });
        self.beat(cx);
        cx.timer(
            Span(cx.settings.timers.heartbeat_us),
            Timer::Heartbeat(reign),
        );
    }

    /// Sends a heartbeat to every other node.
    pub(super) fn beat(&mut self, cx: &mut Context<'_>) {
        let Some(primary) = &self.primary else { return };
        let open = self.role != Role::Promoting;
        let patience = Span(cx.settings.timers.election_timeout_us);
        for node in cx.others(self.id) {
            let follower = &primary.followers[node.index()];
            let beat = Message::Heartbeat {
                timeline: primary.timeline,
                sent_at: cx.now,
                patience,
                sent: follower.streaming.then_some(follower.sent),
                open,
                electable: self.ballot.electable,
            };
            cx.send(node, beat);
        }
    }

    pub(super) fn on_heartbeat_ack(
        &mut self,
        cx: &mut Context<'_>,
        from: NodeId,
        ack: HeartbeatAck,
    ) {
        let Some(primary) = &mut self.primary else {
            return;
        };
        if ack.timeline != primary.timeline {
            return;
        }
        let follower = &mut primary.followers[from.index()];
        follower.answered = follower.answered.max(ack.sent_at);
        follower.promised_until = follower.promised_until.max(ack.sent_at + ack.patience);
        if ack.electable.timeline == primary.timeline {
            follower.electable_epoch = follower.electable_epoch.max(ack.electable.epoch);
        }
        self.renew_lease(cx);
        if let Some(positions) = ack.positions {
            self.note_progress(from, positions, ack.gap);
            self.ship(cx, from);
        }
        self.after_progress(cx);
    }

    /// Counts the lease anew: it lasts as long as a majority, this node included, has promised to elect nobody else.
    pub(super) fn renew_lease(&mut self, cx: &mut Context<'_>) {
        let majority = cx.majority();
        let me = self.id.index();
        let Some(primary) = &mut self.primary else {
            return;
        };
        let promises = primary
            .followers
            .iter()
            .enumerate()
            .filter(|&(node, _)| node != me);
        let until = nth_highest(
            promises.map(|(_, follower)| follower.promised_until),
            majority - 1,
        );
        primary.lease_until = if majority == 1 { Time::NEVER } else { until };
        if self.role == Role::Fenced && cx.now < primary.lease_until {
            self.role = Role::Primary;
            cx.event(EventKind::Unfenced { node: self.id });
            self.arm_lease(cx);
            self.release_commits(cx);
            return;
        }
        self.open_if_ready(cx);
    }

    pub(super) fn arm_lease(&mut self, cx: &mut Context<'_>) {
        let Some(primary) = &mut self.primary else {
            return;
        };
        if self.role == Role::Primary
            && primary.lease_timer.is_none()
            && primary.lease_until < Time::NEVER
        {
            let at = primary.lease_until.max(cx.now);
            primary.lease_timer = Some(at);
            cx.timer_at(at, Timer::Lease);
        }
    }

    pub(super) fn on_lease_timer(&mut self, cx: &mut Context<'_>) {
        let Some(primary) = &mut self.primary else {
            return;
        };
        if primary.lease_timer.is_some_and(|at| at <= cx.now) {
            primary.lease_timer = None;
            self.check_lease(cx);
        }
    }

    /// Fences the primary if its lease is over; otherwise looks again when it will be.
    pub(super) fn check_lease(&mut self, cx: &mut Context<'_>) {
        let Some(primary) = &self.primary else { return };
        let over = cx.now >= primary.lease_until;
        match (self.role, cx.settings.fencing) {
            (Role::Primary, true) if over => {
                self.role = Role::Fenced;
                cx.event(EventKind::Fenced { node: self.id });
            }
            (Role::Fenced, false) => {
                self.role = Role::Primary;
                cx.event(EventKind::Unfenced { node: self.id });
                self.release_commits(cx);
            }
            (Role::Primary, true) => self.arm_lease(cx),
            _ => {}
        }
    }

    pub(super) fn on_heartbeat_refused(
        &mut self,
        cx: &mut Context<'_>,
        term: u32,
        timeline: Timeline,
    ) {
        let Some(primary) = &self.primary else { return };
        if !cx.settings.fencing || (timeline <= primary.timeline && term <= primary.timeline.term())
        {
            return;
        }
        self.ballot.term = self.ballot.term.max(term);
        self.ballot.known = self.ballot.known.max(timeline);
        self.step_down(cx);
    }

    /// Gives up the primary's role: whoever waits for a commit loses the connection and does not know the outcome.
    pub(super) fn step_down(&mut self, cx: &mut Context<'_>) {
        let Some(primary) = self.primary.take() else {
            return;
        };
        cx.event(EventKind::SteppedDown { node: self.id });
        self.role = Role::Demoted;
        for commit in &primary.waiting {
            cx.send(
                Endpoint::Clients,
                Message::Reply {
                    op: commit.op,
                    reply: Reply::ConnectionLost,
                },
            );
        }
        // Its own log is committed as far as this node is concerned; a rewind may take it back.
        self.replay_all_flushed();
        self.follow
            .stop_following(cx.now, Span(cx.settings.timers.election_timeout_us));
        self.arm_election(cx);
    }
}

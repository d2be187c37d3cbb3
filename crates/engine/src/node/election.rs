//! Elections: the replica with the most log among a reachable majority takes over.
//!
//! Three steps. A node that has not heard from a primary for as long as it promised **polls** the others: who would vote,
//! and how far has everybody come? If a majority would, the one with the most log among those that may be elected
//! **stands** in a new term; the votes of a majority make it primary of a new timeline. Each node votes once a term, and
//! not while it hears a primary, so two primaries can never both hold a majority's promise. The new primary **replays**
//! all it has before it opens (R-PG-15).
//!
//! A person's `promote` under fencing takes the same road but does not wait for silence (`forced`): a primary that is asked
//! steps down, and where the old one was not met, the new one waits until its lease must have ended.

mod vote;

use super::{Context, Node, Role, Timer};
use crate::event::{ElectionFailure, EventKind};
use crate::ids::NodeId;
use crate::message::{Answer, Electable, Message, Standing};
use crate::random::{Purpose, below, draw};
use crate::scenario::Failover;
use crate::time::{Span, Time};

/// How far an attempt has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Idle,
    Polling,
    Voting,
}

/// This node's attempts to become primary.
#[derive(Clone, Debug, Default)]
pub(super) struct Election {
    phase: Phase,
    /// Counts attempts; answers and timers of an earlier one are ignored.
    attempt: u32,
    forced: bool,
    /// The answers to the poll or the request for votes.
    answers: Vec<Answer>,
    /// Whether the primary gave its own vote, so that its lease need not be waited for.
    met_primary: bool,
    /// A node with more log that still hears a primary was waited for once already.
    deferred: bool,
    /// The window for answers has ended; a majority decides as soon as it is complete.
    window_over: bool,
    /// When the next attempt is due if nobody is heard.
    pub(super) due: Time,
    /// When the timer for that is set to go off.
    armed: Option<Time>,
}

impl Election {
    /// Ends the attempt in progress; the alarm that is set stays set.
    pub(super) fn stop(&mut self) {
        *self = Self {
            attempt: self.attempt + 1,
            due: self.due,
            armed: self.armed,
            ..Self::default()
        };
    }

    /// A crash: the alarm is gone too.
    pub(super) fn crash(&mut self) {
        self.stop();
        self.armed = None;
        self.due = Time::ZERO;
    }
}

impl Node {
    /// A wait that differs from node to node and attempt to attempt, so that two do not stand again and again together.
    fn jitter(&self, cx: &Context<'_>) -> Span {
        let lot = draw(
            cx.seed,
            Purpose::ElectionJitter,
            u64::from(self.id.0),
            u64::from(self.election.attempt),
        );
        Span(below(lot, cx.settings.timers.heartbeat_us))
    }

    /// Sets the alarm for the end of the silence. An alarm that was set earlier stays and is looked at when it goes off.
    pub(super) fn arm_election(&mut self, cx: &mut Context<'_>) {
        let idle = self.election.phase == Phase::Idle;
        if self.primary.is_some() || cx.settings.failover == Failover::Manual || !idle {
            return;
        }
        let silence = self.follow.last_heard + self.follow.patience + self.jitter(cx);
        self.election.due = self.election.due.max(silence);
        let at = self.election.due.max(cx.now);
        if self.election.armed.is_none_or(|armed| at < armed) {
            self.election.armed = Some(at);
            cx.timer_at(at, Timer::ElectionDue);
        }
    }

    pub(super) fn on_election_due(&mut self, cx: &mut Context<'_>) {
        if self.election.armed.is_none_or(|armed| armed > cx.now) {
            return;
        }
        self.election.armed = None;
        if self.primary.is_some() || cx.settings.failover == Failover::Manual {
            return;
        }
        let silence = self.follow.last_heard + self.follow.patience + self.jitter(cx);
        self.election.due = self.election.due.max(silence);
        if self.election.phase != Phase::Idle {
            // The end of the attempt in progress sets the next alarm.
            return;
        }
        if cx.now < self.election.due {
            self.arm_election(cx);
            return;
        }
        self.start_poll(cx, false);
    }

    /// Tries again after a pause.
    fn postpone(&mut self, cx: &mut Context<'_>, pause: Span) {
        self.election.phase = Phase::Idle;
        if self.role == Role::Candidate {
            self.role = Role::Replica;
        }
        self.election.attempt += 1;
        self.election.due = cx.now + pause + self.jitter(cx);
        self.arm_election(cx);
    }

    fn give_up(&mut self, cx: &mut Context<'_>, why: ElectionFailure) {
        cx.event(EventKind::ElectionFailed { node: self.id, why });
        let patience = self.follow.patience.0;
        self.postpone(
            cx,
            Span(if why == ElectionFailure::OtherHasMore {
                patience
            } else {
                patience / 2
            }),
        );
    }

    /// A primary was heard while this node was a candidate.
    pub(super) fn drop_candidacy(&mut self, cx: &mut Context<'_>) {
        self.election.deferred = false;
        if self.election.phase != Phase::Idle {
            self.give_up(cx, ElectionFailure::Overtaken);
        }
    }

    /// Whether an attempt that a person asked for is in progress.
    pub(super) fn stands_by_request(&self) -> bool {
        self.election.phase != Phase::Idle && self.election.forced
    }

    /// Asked by another candidate that has less log.
    pub(super) fn on_stand(&mut self, cx: &mut Context<'_>) {
        if self.primary.is_none()
            && self.election.phase == Phase::Idle
            && !self.hears_a_primary(cx.now)
        {
            self.start_poll(cx, false);
        }
    }

    fn hears_a_primary(&self, now: Time) -> bool {
        self.primary.is_some() || now < self.follow.last_heard + self.follow.patience
    }

    pub(super) fn start_poll(&mut self, cx: &mut Context<'_>, forced: bool) {
        self.election.attempt += 1;
        let attempt = self.election.attempt;
        if self.is_being_rebuilt() {
            self.postpone(cx, self.follow.patience);
            return;
        }
        self.election.phase = Phase::Polling;
        self.election.forced = forced;
        self.election.window_over = false;
        self.election.met_primary = false;
        self.election.answers.clear();
        self.role = Role::Candidate;
        cx.event(EventKind::ElectionStarted {
            node: self.id,
            attempt,
        });
        for node in cx.others(self.id) {
            cx.send(node, Message::Poll { attempt, forced });
        }
        cx.timer(
            Span(cx.settings.timers.vote_wait_us),
            Timer::ElectionWindow(attempt),
        );
    }

    pub(super) fn on_poll(
        &mut self,
        cx: &mut Context<'_>,
        from: NodeId,
        attempt: u32,
        forced: bool,
    ) {
        let willing = !self.ballot.blank && (forced || !self.hears_a_primary(cx.now));
        let reply = Message::PollReply {
            attempt,
            willing,
            standing: self.standing(),
        };
        // A node whose disk was lost asks what it promised; one that lost its own cannot tell.
        if !self.ballot.blank {
            cx.send(from, reply);
        }
    }

    pub(super) fn on_poll_reply(
        &mut self,
        cx: &mut Context<'_>,
        from: NodeId,
        attempt: u32,
        willing: bool,
        standing: Standing,
    ) {
        if self.election.attempt != attempt {
            return;
        }
        if self.ballot.blank {
            self.learn_what_was_promised(cx, from, standing);
            return;
        }
        if self.election.phase != Phase::Polling {
            return;
        }
        self.note_answer(Answer {
            from,
            yes: willing,
            standing,
        });
        let all = self.election.answers.len() == cx.nodes - 1;
        if all || (self.election.window_over && self.election.answers.len() + 1 >= cx.majority()) {
            self.decide_poll(cx);
        }
    }

    fn note_answer(&mut self, answer: Answer) {
        self.election
            .answers
            .retain(|other| other.from != answer.from);
        self.election.answers.push(answer);
    }

    pub(super) fn on_election_window(&mut self, cx: &mut Context<'_>, attempt: u32) {
        if self.election.attempt != attempt || self.election.phase == Phase::Idle {
            return;
        }
        if self.election.window_over {
            self.give_up(cx, ElectionFailure::NoMajority);
            return;
        }
        self.election.window_over = true;
        if self.election.phase == Phase::Polling && self.election.answers.len() + 1 >= cx.majority()
        {
            self.decide_poll(cx);
            return;
        }
        // Not enough answers yet: they may still be under way. The second end of the window ends the attempt.
        cx.timer(self.follow.patience, Timer::ElectionWindow(attempt));
    }

    /// The newest set of electable nodes among the answers and this node's own.
    fn newest_electable(&self) -> Electable {
        let known = self
            .election
            .answers
            .iter()
            .map(|answer| answer.standing.electable);
        known.fold(self.ballot.electable, Electable::max)
    }

    /// The node that should take over: most log among those that may; the lowest number among equals. Nodes that would not
    /// vote because they hear a primary count only if asked.
    fn best_candidate(&self, unwilling_too: bool) -> Option<NodeId> {
        let electable = self.newest_electable().set();
        let mine = Answer {
            from: self.id,
            yes: true,
            standing: self.standing(),
        };
        let answers = self.election.answers.iter().chain([&mine]);
        let fit = answers.filter(|answer| {
            (answer.yes || unwilling_too) && answer.standing.fit && electable.contains(answer.from)
        });
        fit.max_by_key(|answer| (answer.standing.tip, core::cmp::Reverse(answer.from)))
            .map(|answer| answer.from)
    }

    fn decide_poll(&mut self, cx: &mut Context<'_>) {
        let willing = 1 + self
            .election
            .answers
            .iter()
            .filter(|answer| answer.yes)
            .count();
        if willing < cx.majority() {
            let refused = self.election.answers.len() + 1 >= cx.majority();
            let why = if refused {
                ElectionFailure::PrimaryAlive
            } else {
                ElectionFailure::NoMajority
            };
            self.give_up(cx, why);
            return;
        }
        if !self.election.forced
            && !self.election.deferred
            && self.best_candidate(true) != self.best_candidate(false)
        {
            // It will stop hearing that primary soon, if the primary is dead. If it is not, the next attempt goes on without.
            self.election.deferred = true;
            self.give_up(cx, ElectionFailure::OtherHasMore);
            return;
        }
        let best = if self.election.forced {
            self.newest_electable()
                .set()
                .contains(self.id)
                .then_some(self.id)
        } else {
            self.best_candidate(false)
        };
        match best {
            Some(best) if best == self.id => self.stand(cx),
            Some(best) => {
                cx.send(best, Message::Stand);
                self.give_up(cx, ElectionFailure::OtherHasMore);
            }
            None => self.give_up(cx, ElectionFailure::NobodyElectable),
        }
    }
}

#[cfg(test)]
mod tests;

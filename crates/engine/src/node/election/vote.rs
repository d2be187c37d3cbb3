//! Standing in a new term, and votes.

use super::Phase;
use crate::event::{ElectionFailure, EventKind};
use crate::ids::{NodeId, NodeSet};
use crate::message::{Answer, Message, Standing};
use crate::node::{Context, Node, Role, Timer};
use crate::time::Span;

impl Node {
    pub(in crate::node) fn stand(&mut self, cx: &mut Context<'_>) {
        let highest = self
            .election
            .answers
            .iter()
            .map(|answer| answer.standing.term)
            .max()
            .unwrap_or(0);
        let term = self.ballot.term.max(highest).max(self.ballot.known.term()) + 1;
        self.ballot.term = term;
        self.ballot.voted_for = Some(self.id);
        self.election.attempt += 1;
        self.election.phase = Phase::Voting;
        self.election.window_over = false;
        self.election.answers.clear();
        cx.event(EventKind::Stood {
            node: self.id,
            term,
        });
        let forced = self.election.forced;
        for node in cx.others(self.id) {
            cx.send(node, Message::VoteRequest { term, forced });
        }
        cx.timer(
            Span(cx.settings.timers.vote_wait_us),
            Timer::ElectionWindow(self.election.attempt),
        );
    }

    pub(in crate::node) fn on_vote_request(
        &mut self,
        cx: &mut Context<'_>,
        from: NodeId,
        term: u32,
        forced: bool,
    ) {
        if self.ballot.blank {
            return;
        }
        let fresh = term > self.ballot.term
            || (term == self.ballot.term && self.ballot.voted_for == Some(from));
        let leased =
            self.accepts_writes(cx.now, true) || (self.primary.is_some() && !cx.settings.fencing);
        let silent = if self.primary.is_some() {
            !leased
        } else {
            !self.hears_a_primary(cx.now)
        };
        let granted =
            fresh && (forced || silent) && (self.primary.is_none() || cx.settings.fencing);
        let mut stepped_down = false;
        if granted {
            self.ballot.term = term;
            self.ballot.voted_for = Some(from);
            stepped_down = self.primary.is_some();
            if stepped_down {
                self.step_down(cx);
            } else if self.election.phase != Phase::Idle {
                self.give_up(cx, ElectionFailure::Overtaken);
            }
            cx.event(EventKind::Voted {
                node: self.id,
                candidate: from,
                term,
            });
            // Give the winner time to be heard before standing oneself.
            self.election.due = self
                .election
                .due
                .max(cx.now + self.follow.patience + self.jitter(cx));
            self.arm_election(cx);
        }
        cx.send(
            from,
            Message::VoteReply {
                term,
                granted,
                stepped_down,
                standing: self.standing(),
            },
        );
    }

    pub(in crate::node) fn on_vote_reply(
        &mut self,
        cx: &mut Context<'_>,
        from: NodeId,
        term: u32,
        granted: bool,
        stepped_down: bool,
        standing: Standing,
    ) {
        if self.role == Role::Promoting && stepped_down && self.ballot.term == term {
            // The old primary is out of office after all: no lease to wait for.
            if let Some(primary) = &mut self.primary {
                primary.opens_at = cx.now;
            }
            self.open_if_ready(cx);
            return;
        }
        if self.election.phase != Phase::Voting || self.ballot.term != term {
            return;
        }
        if !granted && standing.term > term {
            self.ballot.term = standing.term;
            self.ballot.voted_for = None;
            self.give_up(cx, ElectionFailure::Overtaken);
            return;
        }
        self.election.met_primary |= stepped_down;
        self.note_answer(Answer {
            from,
            yes: granted,
            standing,
        });
        self.count_votes(cx);
    }

    pub(in crate::node) fn count_votes(&mut self, cx: &mut Context<'_>) {
        let granted: NodeSet = self
            .election
            .answers
            .iter()
            .filter(|answer| answer.yes)
            .map(|answer| answer.from)
            .collect();
        if granted.len() + 1 < cx.majority() {
            return;
        }
        let forced = self.election.forced;
        let electable = self.newest_electable().set();
        if !electable.contains(self.id) {
            self.give_up(cx, ElectionFailure::NobodyElectable);
            return;
        }
        match self.best_candidate(false) {
            Some(best) if best != self.id && !forced => {
                // Records were still arriving when the poll was taken.
                cx.send(best, Message::Stand);
                self.give_up(cx, ElectionFailure::OtherHasMore);
                return;
            }
            _ => {}
        }
        let opens_at = if forced && !self.election.met_primary {
            cx.now + self.follow.patience
        } else {
            cx.now
        };
        let set = electable.intersection(granted.with(self.id));
        let term = self.ballot.term;
        self.election.stop();
        self.take_over(cx, term, set, opens_at);
    }

    /// A node whose disk was lost asks the others what it may have promised before.
    pub(in crate::node) fn ask_what_was_promised(&mut self, cx: &mut Context<'_>) {
        for node in cx.others(self.id) {
            cx.send(
                node,
                Message::Poll {
                    attempt: self.election.attempt,
                    forced: false,
                },
            );
        }
    }

    /// Once so many have answered that every majority it may have voted in is among them, the node takes over the newest
    /// term and set and counts again. It has no vote left in that term.
    pub(in crate::node) fn learn_what_was_promised(
        &mut self,
        cx: &mut Context<'_>,
        from: NodeId,
        standing: Standing,
    ) {
        self.note_answer(Answer {
            from,
            yes: false,
            standing,
        });
        let enough = cx.nodes - cx.majority() + 1;
        if self.election.answers.len() < enough {
            return;
        }
        self.ballot.electable = self.newest_electable();
        let highest = self
            .election
            .answers
            .iter()
            .map(|answer| answer.standing.term)
            .max()
            .unwrap_or(0);
        if highest >= self.ballot.term {
            self.ballot.term = highest;
            self.ballot.voted_for = Some(self.id);
        }
        self.ballot.blank = false;
        self.election.stop();
    }
}

//! One process of the store: follower, candidate or leader.

mod election;

use std::sync::Arc;

use super::{Entry, Op, Outcome, State, StoreMessage};
use crate::ids::{NodeId, NodeSet};
use crate::manager::{ManagerContext, ManagerEvent, ManagerTimer};
use crate::scenario::Endpoint;
use crate::small_map::SmallMap;
use crate::time::{Span, Time};

/// Time between two heartbeats of the leader.
const HEARTBEAT: Span = Span::from_millis(250);
/// Silence after which a follower stands, and after which a leader that no majority answers steps down (etcd's
/// `--election-timeout`, 1,000 ms). Up to as much again is drawn on top before standing.
const ELECTION: Span = Span::from_millis(1_000);
/// How often the leader looks for leases that have run out (etcd: `defaultExpiredleaseRetryInterval`, 500 ms sweep).
const SWEEP: Span = Span::from_millis(500);
/// A question that no leader could be found for is dropped after this (etcd: 5 s and two election time-outs).
pub(super) const PARKED: Span = Span::from_secs(7);

/// The timers of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreTimer {
    /// Nothing may have been heard of a leader; the number tells the newest of these timers from older ones.
    Election(u64),
    /// The leader's next heartbeat in this term.
    Heartbeat(u64),
    /// The leader of this term looks at the leases.
    Sweep(u64),
}

/// What a member does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreRole {
    /// Follows a leader, if it knows one.
    Follower,
    /// Asks for votes.
    Candidate,
    /// Leads.
    Leader,
}

/// Who waits for an answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asker {
    pub(super) agent: NodeId,
    /// The member that passed the question on.
    pub(super) via: Option<u8>,
    pub(super) id: u64,
}

/// An operation that was carried out on the leader's newest entry and waits for a majority.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending {
    pub(super) asker: Asker,
    pub(super) outcome: Outcome,
    /// A majority must have confirmed this round, and the entry of this index must be committed.
    pub(super) round: u64,
    pub(super) index: u64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Lead {
    pub(super) round: u64,
    /// The newest round and index that each member confirmed.
    pub(super) confirmed: Vec<(u64, u64)>,
    pub(super) heard: Vec<Time>,
    /// When each session runs out.
    pub(super) deadlines: SmallMap<u64, Time>,
    pub(super) pending: Vec<Pending>,
    /// Entries of its term that are not committed, oldest first.
    pub(super) proposed: Vec<(u64, Arc<State>)>,
}

/// A member of the store.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(super) index: u8,
    pub(super) members: u8,
    // On disk.
    pub(super) term: u64,
    pub(super) voted_for: Option<u8>,
    pub(super) entry: Entry,
    pub(super) committed: u64,
    /// The newest committed state that it has seen.
    pub(super) known: Arc<State>,
    // In memory.
    pub(super) role: StoreRole,
    pub(super) leader: Option<u8>,
    pub(super) heard: Time,
    pub(super) patience: Span,
    pub(super) elections: u64,
    pub(super) votes: u8,
    pub(super) lead: Lead,
    pub(super) watchers: NodeSet,
    pub(super) parked: Vec<(Time, Asker, Op)>,
}

impl Member {
    pub(crate) fn new(index: u8, members: u8, state: Arc<State>) -> Self {
        Self {
            index,
            members,
            term: 1,
            voted_for: Some(0),
            entry: Entry {
                term: 1,
                index: 1,
                state: Arc::clone(&state),
            },
            committed: 1,
            known: state,
            role: StoreRole::Follower,
            leader: None,
            heard: Time::ZERO,
            patience: ELECTION,
            elections: 0,
            votes: 0,
            lead: Lead::default(),
            watchers: NodeSet::EMPTY,
            parked: Vec::new(),
        }
    }

    pub(crate) fn role(&self) -> StoreRole {
        self.role
    }

    pub(crate) fn term(&self) -> u64 {
        self.term
    }

    /// When the leader key's session runs out by the clock of the leading member, and how long it lasts after a renewal.
    pub(crate) fn lease(&self) -> Option<(Time, Span)> {
        if self.role != StoreRole::Leader {
            return None;
        }
        let session = self.known.leader?.session;
        let until = *self.lead.deadlines.get(&session)?;
        Some((until, self.known.sessions.get(&session)?.ttl))
    }

    /// The newest committed state that it knows.
    pub(crate) fn known(&self) -> &State {
        &self.known
    }

    /// The start of the run: the first member leads, every agent watches its own, and leases were renewed lately.
    pub(crate) fn start_running(
        &mut self,
        cx: &mut ManagerContext<'_>,
        watchers: NodeSet,
        deadlines: SmallMap<u64, Time>,
    ) {
        self.watchers = watchers;
        self.leader = Some(0);
        if self.index == 0 {
            self.reign(cx);
            self.lead.deadlines = deadlines;
        } else {
            self.arm_election(cx);
        }
    }

    /// The process starts again.
    pub(crate) fn restart(&mut self, cx: &mut ManagerContext<'_>) {
        self.heard = cx.now;
        self.arm_election(cx);
    }

    /// The process ended.
    pub(crate) fn crash(&mut self) {
        self.role = StoreRole::Follower;
        self.leader = None;
        self.lead = Lead::default();
        self.watchers = NodeSet::EMPTY;
        self.parked.clear();
    }

    pub(super) fn majority(&self) -> usize {
        usize::from(self.members) / 2 + 1
    }

    fn others(&self) -> impl Iterator<Item = u8> + use<> {
        let me = self.index;
        (0..self.members).filter(move |&other| other != me)
    }

    fn last(&self) -> (u64, u64) {
        (self.entry.term, self.entry.index)
    }

    pub(crate) fn wake(&mut self, cx: &mut ManagerContext<'_>, timer: StoreTimer) {
        match timer {
            StoreTimer::Election(number) if number == self.elections => self.on_election_timer(cx),
            StoreTimer::Heartbeat(term) if self.leads(term) => {
                self.timer_event(cx);
                if self.check_quorum(cx) {
                    self.broadcast(cx);
                    cx.timer(HEARTBEAT, ManagerTimer::Store(timer));
                }
            }
            StoreTimer::Sweep(term) if self.leads(term) => {
                self.timer_event(cx);
                self.sweep(cx);
                cx.timer(SWEEP, ManagerTimer::Store(timer));
            }
            StoreTimer::Election(_) | StoreTimer::Heartbeat(_) | StoreTimer::Sweep(_) => {}
        }
    }

    fn timer_event(&self, cx: &mut ManagerContext<'_>) {
        let service = cx.me;
        cx.event(ManagerEvent::Timer { service });
    }

    fn leads(&self, term: u64) -> bool {
        self.role == StoreRole::Leader && self.term == term
    }

    /// A leader that no majority has answered for an election time-out leads nobody. Returns whether it still leads.
    fn check_quorum(&mut self, cx: &mut ManagerContext<'_>) -> bool {
        let heard = (0..self.members)
            .filter(|&other| {
                other == self.index || cx.now.since(self.lead.heard[usize::from(other)]) < ELECTION
            })
            .count();
        if heard < self.majority() {
            self.follow(cx, self.term, None);
            return false;
        }
        true
    }

    pub(super) fn broadcast(&mut self, cx: &mut ManagerContext<'_>) {
        self.lead.round += 1;
        let append = StoreMessage::Append {
            term: self.term,
            round: self.lead.round,
            entry: self.entry.clone(),
            commit: self.committed,
        };
        for other in self.others() {
            cx.send(Endpoint::Store(other), append.clone());
        }
        self.settle(cx);
    }

    pub(super) fn receive_from_member(
        &mut self,
        cx: &mut ManagerContext<'_>,
        from: u8,
        message: StoreMessage,
    ) {
        match message {
            StoreMessage::Append {
                term,
                round,
                entry,
                commit,
            } => {
                if term >= self.term {
                    self.follow(cx, term, Some(from));
                    self.accept(cx, entry, commit);
                }
                let index = self.entry.index;
                let term = self.term;
                let answer = StoreMessage::Appended { term, round, index };
                cx.send(Endpoint::Store(from), answer);
            }
            StoreMessage::Appended { term, round, index } => {
                if term > self.term {
                    self.follow(cx, term, None);
                } else if self.leads(term) {
                    let confirmed = &mut self.lead.confirmed[usize::from(from)];
                    *confirmed = (confirmed.0.max(round), confirmed.1.max(index));
                    self.lead.heard[usize::from(from)] = cx.now;
                    self.settle(cx);
                }
            }
            StoreMessage::VoteAsk { term, last } => self.on_vote_ask(cx, from, term, last),
            StoreMessage::Vote { term, granted } => {
                if term > self.term {
                    self.follow(cx, term, None);
                } else if granted && term == self.term && self.role == StoreRole::Candidate {
                    self.votes += 1;
                    if usize::from(self.votes) >= self.majority() {
                        self.reign(cx);
                    }
                }
            }
            _ => {}
        }
    }

    /// A follower takes over the leader's entry, and learns which are committed.
    fn accept(&mut self, cx: &mut ManagerContext<'_>, entry: Entry, commit: u64) {
        if (entry.term, entry.index) > self.last() {
            self.entry = entry;
        }
        if self.entry.index <= commit && self.entry.term == self.term {
            let Entry { index, state, .. } = self.entry.clone();
            self.commit(cx, index, state);
        }
    }
}

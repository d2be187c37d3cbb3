//! Who leads the store.

use std::sync::Arc;

use super::{ELECTION, HEARTBEAT, Lead, Member, SWEEP, StoreRole, StoreTimer};
use crate::manager::store::StoreMessage;
use crate::manager::{ManagerContext, ManagerEvent, ManagerTimer};
use crate::random::{Purpose, below, draw};
use crate::scenario::Endpoint;
use crate::time::Span;

impl Member {
    pub(in crate::manager::store) fn arm_election(&mut self, cx: &mut ManagerContext<'_>) {
        self.elections += 1;
        let key = u64::from(self.index);
        let extra = below(
            draw(cx.seed, Purpose::StoreElection, key, self.elections),
            ELECTION.0,
        );
        self.patience = ELECTION + Span(extra);
        let timer = StoreTimer::Election(self.elections);
        cx.timer(self.patience, ManagerTimer::Store(timer));
    }

    pub(in crate::manager::store) fn on_election_timer(&mut self, cx: &mut ManagerContext<'_>) {
        if self.role == StoreRole::Leader {
            return;
        }
        let due = self.heard + self.patience;
        if cx.now < due {
            let wait = due.since(cx.now);
            let timer = StoreTimer::Election(self.elections);
            cx.timer(wait, ManagerTimer::Store(timer));
            return;
        }
        self.timer_event(cx);
        self.leader = None;
        self.role = StoreRole::Candidate;
        self.term += 1;
        self.voted_for = Some(self.index);
        self.votes = 1;
        self.heard = cx.now;
        self.arm_election(cx);
        if self.majority() == 1 {
            self.reign(cx);
            return;
        }
        let ask = StoreMessage::VoteAsk {
            term: self.term,
            last: self.last(),
        };
        for other in self.others() {
            cx.send(Endpoint::Store(other), ask.clone());
        }
    }

    /// Begins to lead: the state it has is written again in its own term, which also commits what was accepted before.
    pub(in crate::manager::store) fn reign(&mut self, cx: &mut ManagerContext<'_>) {
        self.role = StoreRole::Leader;
        self.leader = Some(self.index);
        self.entry.term = self.term;
        self.entry.index += 1;
        let sessions = self.entry.state.sessions.iter();
        self.lead = Lead {
            round: 0,
            confirmed: vec![(0, 0); usize::from(self.members)],
            heard: vec![cx.now; usize::from(self.members)],
            // etcd extends every lease at a change of leader (`lessor.Promote`).
            deadlines: sessions
                .map(|(&number, session)| (number, cx.now + session.ttl + ELECTION))
                .collect(),
            pending: Vec::new(),
            proposed: vec![(self.entry.index, Arc::clone(&self.entry.state))],
        };
        if self.term > 1 {
            cx.event(ManagerEvent::StoreLeads {
                member: self.index,
                term: self.term,
            });
        }
        self.broadcast(cx);
        let key = u64::from(self.index);
        let phase = below(draw(cx.seed, Purpose::StoreSweep, key, self.term), SWEEP.0);
        cx.timer(
            HEARTBEAT,
            ManagerTimer::Store(StoreTimer::Heartbeat(self.term)),
        );
        cx.timer(
            Span(phase),
            ManagerTimer::Store(StoreTimer::Sweep(self.term)),
        );
        self.ask_parked(cx);
    }

    pub(in crate::manager::store) fn follow(
        &mut self,
        cx: &mut ManagerContext<'_>,
        term: u64,
        leader: Option<u8>,
    ) {
        if term > self.term {
            self.term = term;
            self.voted_for = None;
        }
        if self.role == StoreRole::Leader {
            cx.event(ManagerEvent::StoreSteppedDown { member: self.index });
            self.lead = Lead::default();
            self.heard = cx.now;
            self.role = StoreRole::Follower;
            self.arm_election(cx);
        }
        self.role = StoreRole::Follower;
        self.leader = leader;
        if leader.is_some() {
            self.heard = cx.now;
            self.ask_parked(cx);
        }
    }

    pub(in crate::manager::store) fn on_vote_ask(
        &mut self,
        cx: &mut ManagerContext<'_>,
        from: u8,
        term: u64,
        last: (u64, u64),
    ) {
        // Whoever still hears a leader does not help to unseat it (etcd's CheckQuorum).
        let hears = match self.role {
            StoreRole::Leader => true,
            _ => self.leader.is_some() && cx.now.since(self.heard) < ELECTION,
        };
        if term > self.term && !hears {
            self.follow(cx, term, None);
        }
        let granted = term == self.term
            && self.voted_for.is_none_or(|vote| vote == from)
            && last >= self.last()
            && self.role == StoreRole::Follower;
        if granted {
            self.voted_for = Some(from);
            self.heard = cx.now;
        }
        let term = self.term;
        cx.send(Endpoint::Store(from), StoreMessage::Vote { term, granted });
    }
}

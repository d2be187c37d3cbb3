//! What a member does for agents: carrying out questions, leases, telling those who watch.

use std::sync::Arc;

use super::member::{Asker, Member, PARKED, Pending};
use super::{Op, Outcome, State, StoreMessage, StoreRole};
use crate::manager::{ManagerContext, ManagerEvent};
use crate::scenario::Endpoint;
use crate::sort::sort_by_key;
use crate::time::Span;

impl Member {
    pub(crate) fn receive(
        &mut self,
        cx: &mut ManagerContext<'_>,
        from: Endpoint,
        message: StoreMessage,
    ) {
        match (from, message) {
            (Endpoint::Node(agent), StoreMessage::Connect { id }) => {
                self.watchers = self.watchers.with(agent);
                cx.send(agent, StoreMessage::Connected { id });
            }
            (Endpoint::Node(agent), StoreMessage::Closed) => {
                self.watchers = self.watchers.without(agent);
            }
            (Endpoint::Node(agent), StoreMessage::Ask { id, op }) => {
                self.watchers = self.watchers.with(agent);
                let via = None;
                self.ask(cx, Asker { agent, via, id }, op);
            }
            // One that leads no more lets the asker try again.
            (Endpoint::Store(via), StoreMessage::Forward { agent, id, op })
                if self.role == StoreRole::Leader =>
            {
                let via = Some(via);
                self.ask(cx, Asker { agent, via, id }, op);
            }
            (
                Endpoint::Store(_),
                StoreMessage::Forwarded {
                    agent,
                    id,
                    outcome,
                    state,
                },
            ) => {
                cx.send(agent, StoreMessage::Reply { id, outcome, state });
            }
            (Endpoint::Store(member), message) => self.receive_from_member(cx, member, message),
            _ => {}
        }
    }

    /// A question: carried out by the leader, passed on to it, or kept until there is one.
    pub(super) fn ask(&mut self, cx: &mut ManagerContext<'_>, asker: Asker, op: Op) {
        if self.role != StoreRole::Leader {
            match self.leader {
                Some(leader) => {
                    let Asker { agent, id, .. } = asker;
                    let forward = StoreMessage::Forward { agent, id, op };
                    cx.send(Endpoint::Store(leader), forward);
                }
                None => {
                    self.parked.retain(|&(at, ..)| cx.now.since(at) < PARKED);
                    self.parked.push((cx.now, asker, op));
                }
            }
            return;
        }
        let mut state = self.entry.state.as_ref().clone();
        let outcome = state.apply(asker.agent, &op);
        if let Some(session) = outcome.session {
            let ttl = state.sessions.get(&session).map_or(Span::ZERO, |s| s.ttl);
            self.lead.deadlines.insert(session, cx.now + ttl);
        }
        if state != *self.entry.state {
            self.write(state);
        }
        self.lead.pending.push(Pending {
            asker,
            outcome,
            round: self.lead.round + 1,
            index: self.entry.index,
        });
        self.broadcast(cx);
    }

    pub(super) fn ask_parked(&mut self, cx: &mut ManagerContext<'_>) {
        for (at, asker, op) in core::mem::take(&mut self.parked) {
            if cx.now.since(at) < PARKED {
                self.ask(cx, asker, op);
            }
        }
    }

    /// Leases that have run out are deleted, by agreement.
    pub(super) fn sweep(&mut self, cx: &mut ManagerContext<'_>) {
        let over: Vec<u64> = self
            .lead
            .deadlines
            .iter()
            .filter(|&(_, &at)| at <= cx.now)
            .map(|(&session, _)| session)
            .collect();
        if over.is_empty() {
            return;
        }
        let mut state = self.entry.state.as_ref().clone();
        for session in over {
            self.lead.deadlines.remove(&session);
            let node = state.sessions.get(&session).map(|session| session.node);
            if state.expire(session)
                && let Some(node) = node
            {
                cx.event(ManagerEvent::LeaseExpired { node });
            }
        }
        self.write(state);
        self.broadcast(cx);
    }

    fn write(&mut self, mut state: State) {
        state.revision += 1;
        self.entry.index += 1;
        self.entry.state = Arc::new(state);
        let proposal = (self.entry.index, Arc::clone(&self.entry.state));
        self.lead.proposed.push(proposal);
    }

    /// An entry is committed: whoever watches is told what is new.
    pub(super) fn commit(&mut self, cx: &mut ManagerContext<'_>, index: u64, state: Arc<State>) {
        if self.committed >= index {
            return;
        }
        self.committed = index;
        let before = core::mem::replace(&mut self.known, state);
        if self.known.news_since(&before) {
            for agent in self.watchers.iter() {
                let state = Arc::clone(&self.known);
                cx.send(agent, StoreMessage::Event { state });
            }
        }
    }

    /// The leader counts: what a majority has accepted is committed, and who waited for it is answered.
    pub(super) fn settle(&mut self, cx: &mut ManagerContext<'_>) {
        let me = usize::from(self.index);
        self.lead.confirmed[me] = (self.lead.round, self.entry.index);
        let nth = |pick: fn(&(u64, u64)) -> u64| {
            let mut all: Vec<u64> = self.lead.confirmed.iter().map(pick).collect();
            sort_by_key(&mut all, |&number| core::cmp::Reverse(number));
            all[self.majority() - 1]
        };
        let (round, index) = (nth(|&(round, _)| round), nth(|&(_, index)| index));
        let ready = self.lead.proposed.partition_point(|&(at, _)| at <= index);
        let newest = self.lead.proposed.drain(..ready).next_back();
        if let Some((at, state)) = newest {
            self.commit(cx, at, state);
            self.broadcast(cx);
            return;
        }
        let committed = self.committed;
        let (done, rest): (Vec<Pending>, Vec<Pending>) = self
            .lead
            .pending
            .iter()
            .partition(|pending| pending.round <= round && pending.index <= committed);
        self.lead.pending = rest;
        for Pending { asker, outcome, .. } in done {
            self.answer(cx, asker, outcome);
        }
    }

    fn answer(&mut self, cx: &mut ManagerContext<'_>, asker: Asker, outcome: Outcome) {
        let Asker { agent, via, id } = asker;
        let state = Arc::clone(&self.known);
        match via {
            None => cx.send(agent, StoreMessage::Reply { id, outcome, state }),
            Some(member) => {
                let forwarded = StoreMessage::Forwarded {
                    agent,
                    id,
                    outcome,
                    state,
                };
                cx.send(Endpoint::Store(member), forwarded);
            }
        }
    }
}

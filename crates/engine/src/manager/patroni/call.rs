//! How an agent reaches the store: one member at a time, with Patroni's own time-outs and retries.
//!
//! This follows `api_execute`, `_do_http_request` and `_calculate_timeouts` of patroni/dcs/etcd.py (4.1.4). A question that
//! may be retried has `retry_timeout` as a whole; each member gets a part of it. A silent member on an open connection costs
//! that part (a POST that timed out while reading is not sent again to the same member); one that does not even take the
//! connection costs half of it, at least 1 s, as often as retries are allowed. When all have failed the list of members is
//! asked for, which costs as much again, and only what remains of the time after a pause of 0.1 to 0.9 s decides whether
//! there is another round. From this come the two values measured for a leader that is cut from a store of one member:
//! with 10 s, 3.33 + 3 × 1.67 = 8.3 s, and about 14.7 s when the pause leaves a second (R-PT-5).

use std::sync::Arc;

use super::{Agent, AgentTimer, Then};
use crate::manager::store::{Op, Outcome, State, StoreMessage};
use crate::manager::{ManagerContext, ManagerTimer};
use crate::random::{Purpose, below, draw};
use crate::scenario::Endpoint;
use crate::time::{Span, Time};

const SECOND: Span = Span::from_secs(1);

/// Per member: how many to ask, how long each may take, how often a refused connection is tried again.
pub(super) fn timeouts(mut members: u64, timeout: Span) -> (u64, Span, u32) {
    let mut most = 4 - members.min(3);
    let mut tries = 1;
    let mut each = timeout;
    while members > 0 {
        each = Span(timeout.0 / members);
        if each >= SECOND {
            while tries < most && each.0 / (tries + 1) >= SECOND.0 {
                tries += 1;
            }
            each = Span(each.0 / tries);
            break;
        }
        members -= 1;
        most = 1;
    }
    (members, each, tries as u32 - 1)
}

/// Which of the agent's threads asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// The loop.
    Main,
    /// The one that keeps the copy of the store up to date.
    Watcher,
    /// The one that answers over REST.
    Aside,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Asking the members in turn.
    Asking,
    /// Asking them for the list of members.
    Refreshing,
    /// Waiting before the next round.
    Napping,
}

/// A question on its way.
#[derive(Clone, Debug)]
pub(super) struct Call {
    op: Op,
    then: Then,
    stop: Time,
    phase: Phase,
    order: Vec<u8>,
    place: usize,
    attempt: u32,
    each: Span,
    connect: Span,
    retries: u32,
    pause: Span,
    pauses: u64,
    /// The number of the present attempt, in messages and timers.
    id: u64,
    began: Time,
    connecting: bool,
}

impl Call {
    fn plan(&mut self, members: u64, timeout: Span) {
        let (_, each, retries) = timeouts(members, timeout);
        (self.each, self.retries) = (each, retries);
        self.connect = Span(each.0 / 2).max(SECOND).max(Span(1));
    }

    fn member(&self) -> u8 {
        self.order[self.place]
    }
}

impl Agent {
    fn line(&mut self, line: Line) -> &mut Option<Call> {
        match line {
            Line::Main => &mut self.call,
            Line::Watcher => &mut self.watcher,
            Line::Aside => &mut self.aside,
        }
    }

    /// The members of the store, the present one first.
    fn order(&self, cx: &ManagerContext<'_>) -> Vec<u8> {
        let members = cx.settings.manager.store_members();
        (0..members)
            .map(|place| (self.base + place) % members)
            .collect()
    }

    /// Asks the store from the main loop; `then` says how to go on.
    pub(super) fn ask(&mut self, cx: &mut ManagerContext<'_>, op: Op, then: Then) {
        self.begin(cx, Line::Main, op, then);
    }

    /// Asks the store from beside the loop, for a person.
    pub(super) fn ask_aside(&mut self, cx: &mut ManagerContext<'_>, op: Op) {
        self.begin(cx, Line::Aside, op, Then::FailoverWritten);
    }

    /// Reads everything and watches from then on, for ever until it works.
    pub(super) fn build_cache(&mut self, cx: &mut ManagerContext<'_>) {
        if self.watcher.is_none() {
            self.begin(cx, Line::Watcher, Op::Read, Then::Cached);
        }
    }

    fn begin(&mut self, cx: &mut ManagerContext<'_>, line: Line, op: Op, then: Then) {
        let order = self.order(cx);
        let whole = Span::from_secs(super::parameters(cx).retry_timeout);
        let mut call = Call {
            op,
            then,
            stop: cx.now + whole,
            phase: Phase::Asking,
            place: 0,
            attempt: 0,
            each: whole,
            connect: SECOND,
            retries: 0,
            pause: Span::from_millis(100),
            pauses: 0,
            id: 0,
            began: cx.now,
            connecting: false,
            order,
        };
        call.plan(call.order.len() as u64, whole);
        *self.line(line) = Some(call);
        self.attempt(cx, line);
    }

    fn attempt(&mut self, cx: &mut ManagerContext<'_>, line: Line) {
        self.ids += 1;
        let (id, connected) = (self.ids, self.connected);
        let Some(call) = self.line(line) else { return };
        call.id = id;
        call.began = cx.now;
        let member = call.member();
        let open = call.phase == Phase::Asking && connected == Some(member);
        call.connecting = !open;
        let (op, each, connect) = (call.op, call.each, call.connect);
        let (message, wait) = if open {
            (StoreMessage::Ask { id, op }, each)
        } else {
            // The kernel sends the first packet again after a second.
            (StoreMessage::Connect { id }, connect.min(SECOND))
        };
        cx.send(Endpoint::Store(member), message);
        cx.timer(wait, ManagerTimer::Agent(AgentTimer::Call { line, id }));
    }

    /// The time of an attempt, or of a pause, is over.
    pub(super) fn on_call_timer(&mut self, cx: &mut ManagerContext<'_>, line: Line, id: u64) {
        let Some(call) = self.line(line) else { return };
        if call.id != id {
            return;
        }
        if call.phase == Phase::Napping {
            call.phase = Phase::Asking;
            self.attempt(cx, line);
            return;
        }
        let elapsed = cx.now.since(call.began);
        if call.connecting {
            if elapsed < call.connect {
                let wait = call.connect - elapsed;
                let member = call.member();
                cx.send(Endpoint::Store(member), StoreMessage::Connect { id });
                cx.timer(wait, ManagerTimer::Agent(AgentTimer::Call { line, id }));
                return;
            }
            self.failed(cx, line, true);
        } else {
            self.connected = None;
            self.failed(cx, line, false);
        }
    }

    fn failed(&mut self, cx: &mut ManagerContext<'_>, line: Line, connecting: bool) {
        let members = self.order(cx);
        let whole = Span::from_secs(super::parameters(cx).retry_timeout);
        let Some(call) = self.line(line) else { return };
        if connecting && call.attempt < call.retries {
            call.attempt += 1;
        } else {
            call.attempt = 0;
            call.place += 1;
            if call.place == call.order.len() {
                if call.phase == Phase::Refreshing {
                    self.next_round(cx, line);
                    return;
                }
                call.phase = Phase::Refreshing;
                call.place = 0;
                call.plan(members.len() as u64, whole);
                call.order = members;
            }
        }
        self.attempt(cx, line);
    }

    /// Every member has failed. Another round, after a pause, if enough time remains.
    fn next_round(&mut self, cx: &mut ManagerContext<'_>, line: Line) {
        let members = self.order(cx);
        let key = u64::from(self.node.0);
        self.ids += 1;
        let id = self.ids;
        let jitter = below(draw(cx.seed, Purpose::StoreRetry, key, id), 81);
        let Some(call) = self.line(line) else { return };
        let pause = call.pause + Span::from_millis(10 * jitter);
        let remaining = call.stop.since(cx.now + pause);
        let (count, ..) = timeouts(members.len() as u64, remaining);
        if count == 0 {
            self.give_up(cx, line);
            return;
        }
        call.phase = Phase::Napping;
        call.pauses += 1;
        call.pause = Span(call.pause.0 * 2).min(SECOND);
        call.plan(members.len() as u64, remaining);
        call.order = members;
        call.order.truncate(count as usize);
        call.place = 0;
        call.id = id;
        cx.timer(pause, ManagerTimer::Agent(AgentTimer::Call { line, id }));
    }

    fn give_up(&mut self, cx: &mut ManagerContext<'_>, line: Line) {
        let Some(call) = self.line(line).take() else {
            return;
        };
        self.connected = None;
        self.ready = false;
        if line == Line::Watcher {
            // patroni/dcs/etcd3.py `KVCache.run` sleeps a second.
            cx.timer(SECOND, ManagerTimer::Agent(AgentTimer::CacheAgain));
            return;
        }
        self.build_cache(cx);
        self.go_on(cx, call.then, None);
    }

    fn line_of(&mut self, id: u64) -> Option<Line> {
        [Line::Main, Line::Watcher, Line::Aside]
            .into_iter()
            .find(|&line| self.line(line).as_ref().is_some_and(|call| call.id == id))
    }

    pub(super) fn on_store(
        &mut self,
        cx: &mut ManagerContext<'_>,
        member: u8,
        message: StoreMessage,
    ) {
        match message {
            StoreMessage::Event { state } if self.ready => self.learn(cx, &state),
            StoreMessage::Connected { id } => self.on_connected(cx, member, id),
            StoreMessage::Refused { id } => {
                if let Some(line) = self.line_of(id) {
                    self.connected = None;
                    self.failed(cx, line, true);
                }
            }
            StoreMessage::Reply { id, outcome, state } => {
                if let Some(line) = self.line_of(id) {
                    self.on_reply(cx, line, outcome, &state);
                }
            }
            _ => {}
        }
    }

    fn on_connected(&mut self, cx: &mut ManagerContext<'_>, member: u8, id: u64) {
        let Some(line) = self.line_of(id) else { return };
        let Some(call) = self.line(line) else { return };
        if !call.connecting {
            return;
        }
        call.connecting = false;
        if call.phase == Phase::Refreshing {
            // Any member knows the list.
            self.base = member;
            self.next_round(cx, line);
            return;
        }
        let (op, wait) = (call.op, call.each - cx.now.since(call.began).min(call.each));
        if let Some(before) = self.connected.filter(|&before| before != member) {
            cx.send(Endpoint::Store(before), StoreMessage::Closed);
        }
        self.connected = Some(member);
        cx.send(Endpoint::Store(member), StoreMessage::Ask { id, op });
        cx.timer(wait, ManagerTimer::Agent(AgentTimer::Call { line, id }));
    }

    fn on_reply(
        &mut self,
        cx: &mut ManagerContext<'_>,
        line: Line,
        outcome: Outcome,
        state: &Arc<State>,
    ) {
        let Some(call) = self.line(line).take() else {
            return;
        };
        self.base = call.member();
        if outcome.session.is_some() {
            self.session = outcome.session;
        }
        if call.then == Then::Cached || self.ready {
            self.learn(cx, state);
        }
        self.go_on(cx, call.then, Some(outcome));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_pt_5_time_is_divided_among_members_as_patroni_divides_it() {
        let seconds = Span::from_secs;
        assert_eq!(timeouts(1, seconds(10)), (1, Span(3_333_333), 2));
        assert_eq!(timeouts(1, seconds(5)), (1, Span(1_666_666), 2));
        assert_eq!(timeouts(3, seconds(10)), (3, Span(3_333_333), 0));
        assert_eq!(timeouts(5, seconds(10)), (5, seconds(2), 0));
        assert_eq!(timeouts(5, seconds(3)), (3, seconds(1), 0));
        assert_eq!(timeouts(1, Span::from_millis(1_300)).1, Span(1_300_000));
        assert_eq!(timeouts(3, Span::from_millis(900)).0, 0);
    }
}

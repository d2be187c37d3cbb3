//! The event loop: what is due next, who handles it, and what becomes of what they want done.

mod observe;

use std::sync::Arc;

use super::network::Sent;
use super::queue::Due;
use super::{Deferred, Health, InFlight, Simulation};
use crate::event::EventKind;
use crate::ids::{EventId, NodeId};
use crate::message::{Message, Reply};
use crate::node::server::ServerTimer;
use crate::node::{Context, Effect, Node, Timer};
use crate::scenario::{Action, Endpoint, KillKind, Scenario, ScenarioError, TimedAction};
use crate::time::{Span, Time};

/// How many messages wait at a frozen node; its sockets hold no more.
const SOCKET_BUFFERS: usize = 20_000;

impl Simulation {
    /// When something is due next; `None` when nothing ever will be.
    #[must_use]
    pub fn next_due(&self) -> Option<Time> {
        let action = self.next_action_at();
        let next = self.next_internal().min(action);
        (next < Time::NEVER).then_some(next)
    }

    fn next_internal(&self) -> Time {
        self.queue.next_at().min(self.clients.next_timeout())
    }

    fn next_action_at(&self) -> Time {
        self.actions
            .get(self.next_action)
            .map_or(Time::NEVER, |action| action.at_us)
    }

    /// Handles the next thing that is due. Returns whether there was one.
    pub fn step(&mut self) -> bool {
        let (queued, timeout, action) = (
            self.queue.next_at(),
            self.clients.next_timeout(),
            self.next_action_at(),
        );
        let internal = queued.min(timeout);
        // An action happens after everything that is due at its instant.
        if action < internal {
            self.move_to(action);
            self.take_action();
            return true;
        }
        if internal == Time::NEVER {
            return false;
        }
        self.move_to(internal);
        self.steps += 1;
        if timeout <= queued {
            let (op, cause) = self.clients.pop_timeout();
            self.cause = cause;
            self.on_client_timeout(op);
        } else if let Some(entry) = self.queue.pop() {
            self.cause = entry.cause;
            self.handle(entry.due);
        }
        true
    }

    /// Handles everything due up to and at `until`, and moves the clock there.
    pub fn advance_to(&mut self, until: Time) {
        while self.next_due().is_some_and(|at| at <= until) {
            self.step();
        }
        self.move_to(until);
    }

    /// As [`Simulation::advance_to`], but handles at most `most` things and says whether it got there.
    pub fn advance_within(&mut self, until: Time, most: u64) -> bool {
        let last = self.steps + most;
        while self.next_due().is_some_and(|at| at <= until) {
            if self.steps >= last {
                return false;
            }
            self.step();
        }
        self.move_to(until);
        true
    }

    /// Takes an action now, after everything else that is due now, and appends it to the log. Actions of the log that are
    /// still to come are dropped: the future is another one now.
    ///
    /// # Errors
    /// [`ScenarioError`] when the action names something that is not there; nothing has changed then.
    pub fn act(&mut self, action: Action) -> Result<(), ScenarioError> {
        let scenario = self.scenario();
        scenario.validate_action_for(self.cast, "action", &action)?;
        let log = Arc::make_mut(&mut self.actions);
        log.truncate(self.next_action);
        self.advance_to(self.now);
        let at_us = self.now;
        Arc::make_mut(&mut self.actions).push(TimedAction { at_us, action });
        self.take_action();
        Ok(())
    }

    /// The scenario that leads here and on: the settings are those in force, so this is for validation only.
    fn scenario(&self) -> Scenario {
        Scenario {
            cluster: self.cluster.as_ref().clone(),
            settings: self.settings.clone(),
            workload: *self.generator.settings(),
            ..Scenario::default()
        }
    }

    pub(super) fn take_action(&mut self) {
        let index = self.next_action;
        let action = self.actions[index].action.clone();
        self.next_action += 1;
        self.steps += 1;
        self.cause = EventId(0);
        self.emit(EventKind::Action {
            index: index as u32,
        });
        self.apply_action(&action);
    }

    fn move_to(&mut self, at: Time) {
        while self.series.ends() <= at {
            self.sample_lag();
            self.sample_work();
            self.series.extend();
        }
        self.now = self.now.max(at);
    }

    fn sample_lag(&mut self) {
        let (mut records, mut longest) = (0, Span::ZERO);
        for index in 0..self.nodes.len() {
            if self.hosts[index].health == Health::Up {
                let (behind, span) = self.lag(NodeId(index as u8));
                records = records.max(behind);
                longest = longest.max(span);
            }
        }
        let sample = self.series.current();
        sample.lag_records = sample.lag_records.max(records);
        sample.lag = sample.lag.max(longest);
    }

    fn sample_work(&mut self) {
        let writers = self.writers();
        let (mut primary, mut replica) = (Span::ZERO, Span::ZERO);
        for (index, node) in self.nodes.iter().enumerate() {
            let busy = node.busy();
            let work = busy - self.worked[index];
            self.worked[index] = busy;
            if writers.contains(node.id()) {
                primary = primary + work;
            } else {
                replica = replica + work;
            }
        }
        let sample = self.series.current();
        sample.primary_work = sample.primary_work + primary;
        sample.replica_work = sample.replica_work + replica;
    }

    /// Notes an event, which is the cause of what follows.
    pub(super) fn emit(&mut self, kind: EventKind) {
        self.cause = self.trace.push(self.now, self.cause, kind);
    }

    /// Notes an event beside the chain of causes.
    pub(super) fn note(&mut self, kind: EventKind) {
        self.trace.push(self.now, self.cause, kind);
    }

    pub(super) fn handle(&mut self, due: Due) {
        match due {
            Due::Arrival { slot, generation } => {
                if let Some(message) = self.network.arrive(slot, generation) {
                    self.deliver(message);
                }
            }
            Due::Node { node, life, timer } => {
                let host = &mut self.hosts[node.index()];
                if host.life != life {
                    return;
                }
                match host.health {
                    Health::Up => self.wake_node(node, timer),
                    Health::Frozen => host.deferred.push((self.cause, Deferred::Timer(timer))),
                    Health::Down | Health::Lost => {}
                }
            }
            Due::Service {
                service,
                life,
                timer,
            } => {
                if let Some(beside) = self.beside() {
                    beside.wake(self, service, life, timer);
                }
            }
            Due::Watchdog { node, number } => {
                if let Some(beside) = self.beside() {
                    beside.watchdog(self, node, number);
                }
            }
            Due::Workload { epoch } => {
                if epoch == self.generator.epoch {
                    self.issue_from_workload();
                }
            }
            Due::HealthCheck => self.check_health(),
            Due::Look { epoch } => self.look_at_lag(epoch),
            Due::ClientTimeout { op } => self.on_client_timeout(op),
        }
    }

    pub(super) fn deliver(&mut self, message: InFlight) {
        if let Some(beside) = self.beside() {
            if matches!(message.message, Message::Manager(_)) {
                beside.deliver(self, message);
                return;
            }
            if let (Endpoint::Node(node), Message::Probe) = (message.to, &message.message)
                && self.probes_ask_the_agent()
            {
                beside.probe(self, node, message);
                return;
            }
        }
        let Endpoint::Node(node) = message.to else {
            self.note_delivered(&message);
            self.on_client_message(message);
            return;
        };
        let host = &mut self.hosts[node.index()];
        match host.health {
            Health::Up => self.deliver_to_node(node, message),
            Health::Frozen if host.deferred.len() < SOCKET_BUFFERS => {
                host.deferred.push((self.cause, Deferred::Message(message)));
            }
            Health::Frozen => self.note(EventKind::MessageLost {
                message: message.id,
                kind: message.message.kind(),
                from: message.from,
                to: message.to,
            }),
            Health::Down | Health::Lost => {
                let refuses = host.health == Health::Down && host.killed != KillKind::PowerOff;
                self.emit(EventKind::NobodyListened {
                    message: message.id,
                    kind: message.message.kind(),
                    node,
                });
                if refuses {
                    self.refuse_connection(node, message.from, &message.message);
                }
            }
        }
    }

    /// The host is up but nobody listens on the port: the kernel answers at once.
    pub(super) fn refuse_connection(&mut self, node: NodeId, from: Endpoint, message: &Message) {
        let op = match message {
            Message::Replication(replication) => {
                if let Some(answer) = replication.without_process() {
                    self.send(node.into(), from, answer.into());
                }
                return;
            }
            Message::Request(request) => request.op,
            Message::Probe | Message::LagPoll => crate::ids::OpId(0),
            _ => return,
        };
        self.send(
            node.into(),
            Endpoint::Clients,
            Message::Reply {
                op,
                reply: Reply::ConnectionRefused,
            },
        );
    }

    pub(super) fn note_delivered(&mut self, message: &InFlight) {
        self.emit(EventKind::Delivered {
            message: message.id,
            kind: message.message.kind(),
            from: message.from,
            to: message.to,
        });
    }

    pub(super) fn deliver_to_node(&mut self, node: NodeId, message: InFlight) {
        self.note_delivered(&message);
        let InFlight { from, message, .. } = message;
        self.with_node(node, |this, cx| this.receive(cx, from, message));
        self.note_status(node);
    }

    pub(super) fn wake_node(&mut self, node: NodeId, timer: Timer) {
        let rewinds = matches!(
            timer,
            Timer::Rewound | Timer::Server(ServerTimer::Rebuild { .. })
        );
        let before = rewinds.then(|| {
            (
                self.nodes[node.index()].wal().history().to_vec(),
                self.nodes[node.index()].tip().lsn,
            )
        });
        let events = self.trace.len();
        self.with_node(node, |this, cx| this.wake(cx, timer));
        if let Some((history, tip)) = before {
            let kept = self.nodes[node.index()].tip().lsn;
            if self.trace.len() > events && kept < tip {
                self.oracle.erased(node, &history, tip, kept);
            }
            if self.trace.len() > events
                && let Some(beside) = self.beside()
            {
                beside.newest_may_be_gone(self);
            }
        }
        self.note_status(node);
    }

    /// Lets a node handle something, and carries out what it wants done.
    pub(super) fn with_node(
        &mut self,
        node: NodeId,
        handle: impl FnOnce(&mut Node, &mut Context<'_>),
    ) {
        let mut effects = core::mem::take(&mut self.effects);
        let mut cx = Context {
            now: self.now,
            settings: &self.settings,
            costs: &self.cluster.costs,
            seed: self.seed,
            nodes: self.nodes.len(),
            out: &mut effects,
        };
        handle(&mut self.nodes[node.index()], &mut cx);
        let life = self.hosts[node.index()].life;
        for effect in effects.drain(..) {
            match effect {
                Effect::Send { to, message } => self.send(node.into(), to, message),
                Effect::Timer { at, timer } => {
                    self.queue
                        .push(at, self.cause, Due::Node { node, life, timer });
                }
                Effect::Event(kind) => {
                    self.emit(kind);
                    self.observe(kind);
                }
                Effect::Note(kind) => {
                    self.note(kind);
                    self.observe(kind);
                }
            }
        }
        self.effects = effects;
    }

    pub(super) fn send(&mut self, from: Endpoint, to: Endpoint, message: Message) {
        let kind = message.kind();
        let (id, sent) = self
            .network
            .send(self.seed, self.now, from, to, message, self.cause);
        match sent {
            Sent::Arrives {
                slot,
                generation,
                at,
                losses,
            } => {
                self.queue
                    .push(at, self.cause, Due::Arrival { slot, generation });
                if losses > 0 {
                    self.note(EventKind::Retransmitted {
                        message: id,
                        losses,
                    });
                }
            }
            Sent::Lost => self.note(EventKind::MessageLost {
                message: id,
                kind,
                from,
                to,
            }),
        }
    }
}

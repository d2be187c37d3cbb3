//! The world: one run of one scenario.
//!
//! [`Simulation`] owns the nodes, the network, the clients with their router, the event queue, the trace and the oracle,
//! and moves them from event to event. It is a pure function of its scenario: nothing else goes in.
//!
//! `queue`: what is due. `network`: links and messages. `clients` and `router`: who asks whom. `workload`: what is asked.
//! `actions`: what a person does. `series`: what the charts show. `verdicts`: fates and the
//! state of the whole.

mod actions;
mod clients;
mod network;
mod queue;
mod router;
mod series;
mod verdicts;
mod workload;

use std::sync::Arc;

use crate::event::EventKind;
use crate::ids::{EventId, Lsn, NodeId, NodeSet};
use crate::message::{Message, Reply};
use crate::node::{Context, Effect, Node, Role, Timer};
use crate::oracle::Oracle;
use crate::scenario::{
    Action, Endpoint, KillKind, Scenario, ScenarioError, Settings, TimedAction, Workload,
};
use crate::time::{Span, Time};
use crate::trace::Trace;

pub use network::{InFlight, Link, Network};
pub use router::{Believed, Router};
pub use series::{Health, LANE_CAP, LaneChange, Lanes, SAMPLES, Sample, Series};
pub use verdicts::{ClusterVerdict, Fate};
use {clients::Clients, network::Sent, queue::Due, queue::Queue, workload::Generator};

/// What the world knows of a node that the node does not.
#[derive(Clone, Debug)]
struct Host {
    health: Health,
    /// How it was stopped, if it is.
    killed: KillKind,
    /// Counts lives: timers of an earlier one are void.
    life: u32,
    /// What came due while it was frozen.
    deferred: Vec<(EventId, Deferred)>,
    /// As the lanes last noted it.
    noted: (Role, Health, u32, bool),
}

/// Something that waits for a frozen node to go on.
#[derive(Clone, Debug)]
enum Deferred {
    Message(InFlight),
    Timer(Timer),
}

/// How long the cluster has been in a bad state.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outages {
    /// Together, nobody took writes for so long.
    pub no_primary: Span,
    /// Together, more than one node took writes for so long.
    pub split_brain: Span,
    /// Since when the present state lasts.
    pub since: Time,
}

/// A run in progress.
#[derive(Clone, Debug)]
pub struct Simulation {
    seed: u64,
    now: Time,
    steps: u64,
    cluster: Arc<crate::scenario::Cluster>,
    settings: Settings,
    actions: Arc<Vec<TimedAction>>,
    next_action: usize,
    queue: Queue,
    network: Network,
    nodes: Vec<Node>,
    hosts: Vec<Host>,
    clients: Clients,
    router: Router,
    generator: Generator,
    oracle: Oracle,
    trace: Trace,
    cause: EventId,
    effects: Vec<Effect>,
    writers: NodeSet,
    outages: Outages,
    series: Series,
    lanes: Lanes,
}

impl Simulation {
    /// A run at its start, before anything has happened.
    ///
    /// # Errors
    /// [`ScenarioError`] when the scenario is not valid.
    pub fn new(scenario: &Scenario) -> Result<Self, ScenarioError> {
        scenario.validate()?;
        let Scenario {
            seed,
            cluster,
            settings,
            workload,
            actions,
            ..
        } = scenario.clone();
        let count = cluster.node_count();
        let patience = Span(settings.timers.election_timeout_us);
        let keys = workload.keys as usize;
        let nodes: Vec<Node> = cluster
            .nodes()
            .map(|node| Node::new(node, keys, count, Time::ZERO, patience))
            .collect();
        let host = |node: &Node| Host {
            health: Health::Up,
            killed: KillKind::Process,
            life: 0,
            deferred: Vec::new(),
            noted: (node.role(), Health::Up, 0, false),
        };
        let mut simulation = Self {
            seed,
            now: Time::ZERO,
            steps: 0,
            hosts: nodes.iter().map(host).collect(),
            settings,
            actions: Arc::new(actions),
            next_action: 0,
            queue: Queue::default(),
            network: Network::new(&cluster),
            clients: Clients::default(),
            router: Router::new(count),
            generator: Generator::new(seed, workload),
            oracle: Oracle::new(keys, cluster.clients.len()),
            trace: Trace::new(),
            cause: EventId(0),
            effects: Vec::new(),
            writers: NodeSet::EMPTY.with(NodeId(0)),
            outages: Outages::default(),
            series: Series::default(),
            lanes: Lanes::new(count),
            nodes,
            cluster: Arc::new(cluster),
        };
        for node in simulation.cluster.nodes() {
            simulation.with_node(node, Node::start);
            simulation.note_status(node);
        }
        simulation.schedule_workload();
        let check = Time(simulation.settings.timers.health_check_us);
        simulation.queue.push(check, EventId(0), Due::HealthCheck);
        Ok(simulation)
    }

    /// The present instant.
    #[must_use]
    pub fn now(&self) -> Time {
        self.now
    }

    /// How many times something came due and was handled. With the scenario it names a state exactly.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Nodes, links and clients as at the start.
    #[must_use]
    pub fn cluster(&self) -> &crate::scenario::Cluster {
        &self.cluster
    }

    /// The settings in force.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The workload in force.
    #[must_use]
    pub fn workload(&self) -> &Workload {
        self.generator.settings()
    }

    /// Every action of the log, also those that are still to come.
    #[must_use]
    pub fn actions(&self) -> &[TimedAction] {
        &self.actions
    }

    /// How many actions of the log have happened.
    #[must_use]
    pub fn actions_taken(&self) -> usize {
        self.next_action
    }

    /// Replaces the actions that are still to come. Those that have happened must be the same.
    pub(crate) fn set_actions(&mut self, actions: Arc<Vec<TimedAction>>) {
        debug_assert!(actions.len() >= self.next_action);
        self.actions = actions;
    }

    pub(crate) fn action_log(&self) -> Arc<Vec<TimedAction>> {
        Arc::clone(&self.actions)
    }

    /// Every node.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// One node.
    ///
    /// # Panics
    /// When the cluster does not have it.
    #[must_use]
    pub fn node(&self, node: NodeId) -> &Node {
        &self.nodes[node.index()]
    }

    /// Whether a node runs.
    #[must_use]
    pub fn health(&self, node: NodeId) -> Health {
        self.hosts[node.index()].health
    }

    /// The nodes that take writes right now.
    #[must_use]
    pub fn writers(&self) -> NodeSet {
        self.writers
    }

    /// How long the cluster has had no primary, or several.
    #[must_use]
    pub fn outages(&self) -> Outages {
        let mut outages = self.outages;
        self.count_outage(&mut outages);
        outages
    }

    /// Links and messages.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The router.
    #[must_use]
    pub fn router(&self) -> &Router {
        &self.router
    }

    /// How many operations wait in the router because it knows no primary.
    #[must_use]
    pub fn waiting_ops(&self) -> usize {
        self.clients.waiting_count()
    }

    /// The oracle with its ledger.
    #[must_use]
    pub fn oracle(&self) -> &Oracle {
        &self.oracle
    }

    /// The trace.
    #[must_use]
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Lag and latency over time.
    #[must_use]
    pub fn series(&self) -> &Series {
        &self.series
    }

    /// Roles and health over time.
    #[must_use]
    pub fn lanes(&self) -> &Lanes {
        &self.lanes
    }

    /// How many things are scheduled.
    #[must_use]
    pub fn queue_length(&self) -> usize {
        self.queue.len()
    }

    /// How far a node is behind the one that it should be level with: records, and the age of the first one missing.
    #[must_use]
    pub fn lag(&self, node: NodeId) -> (u64, Span) {
        let Some(leader) = self.leader() else {
            return (0, Span::ZERO);
        };
        let (leader, node) = (&self.nodes[leader.index()], &self.nodes[node.index()]);
        let behind = leader.positions().flush.ahead_of(node.positions().replay);
        if behind == 0 || leader.id() == node.id() {
            return (0, Span::ZERO);
        }
        let oldest = leader
            .wal()
            .get(node.positions().replay.next())
            .map_or(Time::ZERO, |record| record.at);
        (behind, self.now.since(oldest))
    }

    /// The node whose log counts: the owner of the newest timeline, also while it is down.
    #[must_use]
    pub fn leader(&self) -> Option<NodeId> {
        Some(self.oracle.histories().surviving().owner())
    }

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
        scenario.validate_action("action", &action)?;
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

    fn take_action(&mut self) {
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

    /// Notes an event, which is the cause of what follows.
    fn emit(&mut self, kind: EventKind) {
        self.cause = self.trace.push(self.now, self.cause, kind);
    }

    /// Notes an event beside the chain of causes.
    fn note(&mut self, kind: EventKind) {
        self.trace.push(self.now, self.cause, kind);
    }

    fn handle(&mut self, due: Due) {
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
            Due::Workload { epoch } => {
                if epoch == self.generator.epoch {
                    self.issue_from_workload();
                }
            }
            Due::HealthCheck => self.check_health(),
            Due::ClientTimeout { op } => self.on_client_timeout(op),
        }
    }

    fn deliver(&mut self, message: InFlight) {
        let Endpoint::Node(node) = message.to else {
            self.note_delivered(&message);
            self.on_client_message(message);
            return;
        };
        let host = &mut self.hosts[node.index()];
        match host.health {
            Health::Up => self.deliver_to_node(node, message),
            Health::Frozen => host.deferred.push((self.cause, Deferred::Message(message))),
            Health::Down | Health::Lost => {
                let refuses = host.health == Health::Down && host.killed == KillKind::Process;
                self.emit(EventKind::NobodyListened {
                    message: message.id,
                    kind: message.message.kind(),
                    node,
                });
                if refuses {
                    self.refuse_connection(node, &message.message);
                }
            }
        }
    }

    /// The host is up but nobody listens on the port: the kernel answers at once.
    fn refuse_connection(&mut self, node: NodeId, message: &Message) {
        let op = match message {
            Message::Request(request) => request.op,
            Message::Probe => crate::ids::OpId(0),
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

    fn note_delivered(&mut self, message: &InFlight) {
        self.emit(EventKind::Delivered {
            message: message.id,
            kind: message.message.kind(),
            from: message.from,
            to: message.to,
        });
    }

    fn deliver_to_node(&mut self, node: NodeId, message: InFlight) {
        self.note_delivered(&message);
        let InFlight { from, message, .. } = message;
        self.with_node(node, |this, cx| this.receive(cx, from, message));
        self.note_status(node);
    }

    fn wake_node(&mut self, node: NodeId, timer: Timer) {
        let rewinds = timer == Timer::Rewound;
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
        }
        self.note_status(node);
    }

    /// Lets a node handle something, and carries out what it wants done.
    fn with_node(&mut self, node: NodeId, handle: impl FnOnce(&mut Node, &mut Context<'_>)) {
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

    /// Tells the oracle what a node did.
    fn observe(&mut self, kind: EventKind) {
        match kind {
            EventKind::Inserted { node, op, lsn } => {
                if let Some(record) = self.nodes[node.index()].wal().get(lsn) {
                    let tip = crate::ids::Tip {
                        timeline: record.timeline,
                        lsn,
                    };
                    self.oracle.inserted(op, tip, record.version);
                }
            }
            EventKind::Flushed { node, lsn } => self.observe_flush(node, lsn),
            EventKind::Promoted {
                node,
                timeline,
                fork,
            } => {
                let (lost, regained) =
                    self.oracle
                        .promoted(timeline, self.nodes[node.index()].wal().history(), fork);
                self.series.current().lost += lost.len() as u32;
                for op in lost {
                    self.note(EventKind::WriteLost { op });
                }
                for op in regained {
                    self.note(EventKind::WriteRegained { op });
                }
            }
            _ => {}
        }
    }

    fn observe_flush(&mut self, node: NodeId, lsn: Lsn) {
        let host = &self.nodes[node.index()];
        if host.lease_until().is_none() {
            return;
        }
        let mut at = lsn;
        // Newest first, until one that was on disk before.
        while let Some(record) = host.wal().get(at) {
            if self.oracle.op(record.op).is_none_or(|op| op.flushed) {
                break;
            }
            self.oracle.flushed(record.op);
            at = Lsn(at.0 - 1);
        }
    }

    fn send(&mut self, from: Endpoint, to: Endpoint, message: Message) {
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

    /// Notes a change of a node's role or health, and who takes writes by that.
    fn note_status(&mut self, node: NodeId) {
        let index = node.index();
        let (this, health) = (&self.nodes[index], self.hosts[index].health);
        let writes = health == Health::Up && this.accepts_writes(self.now, self.settings.fencing);
        let (role, slow) = (this.role(), this.slow_factor());
        let before = core::mem::replace(&mut self.hosts[index].noted, (role, health, slow, writes));
        if before == (role, health, slow, writes) {
            return;
        }
        if before != (role, health, slow, !writes) {
            self.lanes.note(
                node,
                LaneChange {
                    at: self.now,
                    role,
                    health,
                    slow,
                },
            );
        }
        let writers = if writes {
            self.writers.with(node)
        } else {
            self.writers.without(node)
        };
        if writers.len() != self.writers.len() {
            let mut outages = self.outages;
            self.count_outage(&mut outages);
            self.outages = Outages {
                since: self.now,
                ..outages
            };
            self.writers = writers;
            let primaries = writers.len() as u32;
            match writers.iter().next() {
                None => self.note(EventKind::NoPrimary),
                Some(node) if primaries == 1 => self.note(EventKind::OnePrimary { node }),
                Some(_) => self.note(EventKind::SplitBrain { primaries }),
            }
        }
    }

    fn count_outage(&self, outages: &mut Outages) {
        let span = self.now.since(outages.since);
        match self.writers.len() {
            0 => outages.no_primary = outages.no_primary + span,
            1 => {}
            _ => outages.split_brain = outages.split_brain + span,
        }
    }
}

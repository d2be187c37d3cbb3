//! The world: one run of one scenario.
//!
//! [`Simulation`] owns the nodes, the network, the clients with their router, the event queue, the trace and the oracle,
//! and moves them from event to event. It is a pure function of its scenario: nothing else goes in.
//!
//! `step`: the event loop. `queue`: what is due. `network`: links and messages. `clients`, `router`, `routing` and
//! `sessions`: who asks whom. `workload`: what is asked. `services`: the processes beside the databases; `patroni`: what its
//! agents need of the world. `actions`: what a person does. `series`: what the charts show. `verdicts`: fates and the
//! state of the whole.

mod actions;
mod clients;
mod network;
mod patroni;
mod queue;
mod router;
mod routing;
mod series;
mod services;
mod sessions;
mod step;
mod verdicts;
mod workload;

use std::sync::Arc;

use crate::cast::Cast;
use crate::ids::{EventId, NodeId, NodeSet};
use crate::manager::Managers;
use crate::node::{Effect, Node, Role, Timer};
use crate::oracle::Oracle;
use crate::scenario::{KillKind, Scenario, ScenarioError, Settings, TimedAction, Workload};
use crate::time::{Span, Time};
use crate::trace::Trace;

pub use network::{InFlight, Link, Network};
pub use router::{Believed, Check, Checks, Router};
pub use series::{Health, LANE_CAP, LaneChange, Lanes, SAMPLES, Sample, Series};
pub(crate) use services::{ALL_BESIDE, Beside};
pub use sessions::{InstanceFrom, Session};
pub use verdicts::{ClusterVerdict, Fate};
use {
    clients::Clients, queue::Due, queue::Queue, services::Held, services::ServiceHost,
    sessions::Sessions, workload::Generator,
};

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
    /// Settings changed while it was frozen: it takes them up when it goes on.
    settings_changed: bool,
    /// Counts how often its watchdog was fed or switched off: only the newest timer counts.
    watchdog: u32,
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
    cast: Cast,
    seed: u64,
    now: Time,
    steps: u64,
    cluster: Arc<crate::scenario::Cluster>,
    settings: Settings,
    /// Those that the run began with.
    first_settings: Arc<Settings>,
    actions: Arc<Vec<TimedAction>>,
    next_action: usize,
    queue: Queue,
    network: Network,
    nodes: Vec<Node>,
    hosts: Vec<Host>,
    /// None where the cast has none.
    managers: Option<Box<dyn Held>>,
    services: Vec<ServiceHost>,
    /// Looks at a database that one host has another take: the host, who asked, and the question.
    looks: Vec<(NodeId, crate::scenario::Endpoint, u64)>,
    clients: Clients,
    router: Router,
    sessions: Sessions,
    /// Tells the timers of this routing's looks at lag from those of an earlier one.
    look_epoch: u32,
    generator: Generator,
    oracle: Oracle,
    trace: Trace,
    cause: EventId,
    effects: Vec<Effect>,
    writers: NodeSet,
    outages: Outages,
    series: Series,
    /// How long each node's processor had worked when the last sample began.
    worked: Vec<Span>,
    lanes: Lanes,
}

impl Simulation {
    /// A run at its start, before anything has happened.
    ///
    /// # Errors
    /// [`ScenarioError`] when the scenario is not valid.
    pub fn new(scenario: &Scenario) -> Result<Self, ScenarioError> {
        Self::with(scenario, Cast::all())
    }

    /// As [`Simulation::new`], of a run that these take part in.
    ///
    /// # Errors
    /// [`ScenarioError`] when the scenario is not valid, or needs somebody else.
    pub fn with(scenario: &Scenario, cast: Cast) -> Result<Self, ScenarioError> {
        scenario.validate_for(cast)?;
        let others = cast.others();
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
            .map(|node| {
                // Validation has seen to it that who is needed is there.
                match others.filter(|_| !settings.database.is_textbook()) {
                    Some(others) => Node::server(others.servers, node, keys, count),
                    None => Node::new(node, keys, count, Time::ZERO, patience),
                }
            })
            .collect();
        let host = |node: &Node| Host {
            health: Health::Up,
            killed: KillKind::Process,
            life: 0,
            deferred: Vec::new(),
            settings_changed: false,
            watchdog: 0,
            noted: (node.role(), Health::Up, 0, false),
        };
        let mut simulation = Self {
            cast,
            seed,
            now: Time::ZERO,
            steps: 0,
            hosts: nodes.iter().map(host).collect(),
            managers: others.map(|others| others.beside.make(&settings.manager, count)),
            services: Managers::services(&settings.manager, count)
                .into_iter()
                .map(ServiceHost::new)
                .collect(),
            looks: Vec::new(),
            network: Network::new(&cluster, &settings.manager),
            router: Router::new(count, &settings.routing),
            sessions: Sessions::new(cluster.clients.len()),
            look_epoch: 0,
            first_settings: Arc::new(settings.clone()),
            settings,
            actions: Arc::new(actions),
            next_action: 0,
            queue: Queue::default(),
            clients: Clients::default(),
            generator: Generator::new(seed, workload),
            oracle: Oracle::new(keys, cluster.clients.len()),
            trace: Trace::new(),
            cause: EventId(0),
            effects: Vec::new(),
            writers: NodeSet::EMPTY.with(NodeId(0)),
            outages: Outages::default(),
            series: Series::default(),
            worked: vec![Span::ZERO; count],
            lanes: Lanes::new(count),
            nodes,
            cluster: Arc::new(cluster),
        };
        for node in simulation.cluster.nodes() {
            simulation.with_node(node, Node::start);
            simulation.note_status(node);
        }
        if let Some(beside) = simulation.beside() {
            beside.start(&mut simulation);
        }
        simulation.schedule_workload();
        let check = Time(simulation.settings.timers.health_check_us);
        simulation.queue.push(check, EventId(0), Due::HealthCheck);
        simulation.schedule_look();
        Ok(simulation)
    }

    /// Who can take part.
    #[must_use]
    pub fn cast(&self) -> Cast {
        self.cast
    }

    /// These can take part from now on.
    pub(crate) fn welcome(&mut self, cast: Cast) {
        self.cast = cast;
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

    /// The settings in force before an action of the log; past its end, after all of it.
    #[must_use]
    pub fn settings_before(&self, action: usize) -> Settings {
        let mut settings = Settings::clone(&self.first_settings);
        let mut workload = *self.workload();
        for timed in self.actions.iter().take(action) {
            if let crate::scenario::Action::Set(setting) = &timed.action {
                setting.apply(&mut settings, &mut workload);
            }
        }
        settings
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

    #[cfg(test)]
    pub(crate) fn node_mut(&mut self, node: NodeId) -> &mut Node {
        &mut self.nodes[node.index()]
    }

    #[cfg(test)]
    pub(crate) fn oracle_mut(&mut self) -> &mut Oracle {
        &mut self.oracle
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
        let behind = leader.settled().ahead_of(node.positions().replay);
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

    pub(super) fn count_outage(&self, outages: &mut Outages) {
        let span = self.now.since(outages.since);
        match self.writers.len() {
            0 => outages.no_primary = outages.no_primary + span,
            1 => {}
            _ => outages.split_brain = outages.split_brain + span,
        }
    }
}

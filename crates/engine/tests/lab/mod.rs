//! An experiment with verbs.

#![allow(dead_code, reason = "every test file uses a part of it")]

pub(crate) mod patroni;

use replicascope_engine::event::EventKind;
use replicascope_engine::ids::{ClientId, Key, NodeId, OpId};
use replicascope_engine::node::server::{ReplicaStatus, SemiSyncStatus};
use replicascope_engine::oracle::Op;
use replicascope_engine::scenario::{
    Action, Admin, Arrival, CommitLevel, Database, KillKind, LinkOverride, LinkSettings, Mariadb,
    Mode, Mysql, Postgresql, ReadPolicy, Setting, Workload,
};
use replicascope_engine::time::{Span, Time};
use replicascope_engine::{Scenario, Simulation};

/// A simulation with verbs.
pub(crate) struct Lab {
    pub(crate) simulation: Simulation,
}

/// n1, n2, … as people count.
pub(crate) fn n(number: u8) -> NodeId {
    NodeId(number - 1)
}

/// No workload, links without jitter, `delay_ms` between nodes and 1 ms to the clients.
pub(crate) fn quiet(mode: Mode, delay_ms: u64) -> Scenario {
    let mut scenario = Scenario::default();
    scenario.settings.mode = mode;
    scenario.cluster.node_link = LinkSettings {
        delay_us: delay_ms * 1_000,
        jitter_us: 0,
        loss_ppm: 0,
        extra: None,
    };
    scenario.cluster.client_link = LinkSettings {
        delay_us: 1_000,
        jitter_us: 0,
        loss_ppm: 0,
        extra: None,
    };
    scenario.workload = Workload {
        operations_per_second: 0,
        ..scenario.workload
    };
    scenario
}

/// As `quiet`, with `rate` writes per second at equal gaps.
pub(crate) fn writing(mode: Mode, delay_ms: u64, rate: u64) -> Scenario {
    let mut scenario = quiet(mode, delay_ms);
    scenario.workload = Workload {
        operations_per_second: rate,
        read_percent: 0,
        arrival: Arrival::Even,
        ..scenario.workload
    };
    scenario.settings.reads = ReadPolicy::PrimaryOnly;
    scenario
}

/// A quiet PostgreSQL cluster of one primary and `replicas` standbys.
pub(crate) fn postgresql(replicas: u8, delay_ms: u64, settings: Postgresql) -> Scenario {
    let mut scenario = quiet(Mode::Async, delay_ms);
    scenario.cluster.replicas = replicas;
    scenario.settings.database = Database::Postgresql(Box::new(settings));
    scenario.settings.timers.client_timeout_us = 3_600_000_000;
    scenario
}

/// A quiet MySQL cluster of one source and `replicas` replicas.
pub(crate) fn mysql(replicas: u8, delay_ms: u64, settings: Mysql) -> Scenario {
    let mut scenario = postgresql(replicas, delay_ms, Postgresql::default());
    scenario.settings.database = Database::Mysql(Box::new(settings));
    scenario
}

/// A quiet MariaDB cluster of one source and `replicas` replicas.
pub(crate) fn mariadb(replicas: u8, delay_ms: u64, settings: Mariadb) -> Scenario {
    let mut scenario = postgresql(replicas, delay_ms, Postgresql::default());
    scenario.settings.database = Database::Mariadb(Box::new(settings));
    scenario
}

/// One direction of a link changes, both ways.
pub(crate) fn delay_between(scenario: &mut Scenario, a: NodeId, b: NodeId, delay_ms: u64) {
    let link = LinkSettings {
        delay_us: delay_ms * 1_000,
        ..LinkSettings::default()
    };
    for (from, to) in [(a, b), (b, a)] {
        scenario.cluster.links.push(LinkOverride {
            from: from.into(),
            to: to.into(),
            link,
        });
    }
}

impl Lab {
    pub(crate) fn new(scenario: &Scenario) -> Self {
        Self {
            simulation: Simulation::new(scenario).expect("valid"),
        }
    }

    pub(crate) fn at_ms(mut self, millis: u64) -> Self {
        self.run_to_ms(millis);
        self
    }

    pub(crate) fn run_to_ms(&mut self, millis: u64) {
        let at = Time::from_millis(millis);
        assert!(
            at >= self.simulation.now(),
            "it is {} already",
            self.simulation.now()
        );
        self.simulation.advance_to(at);
    }

    pub(crate) fn act(&mut self, action: Action) {
        self.simulation.act(action).expect("valid");
    }

    pub(crate) fn kill(&mut self, node: NodeId) {
        self.act(Action::Kill {
            node,
            how: KillKind::PowerOff,
        });
    }

    /// Ends a database's process; its host stays.
    pub(crate) fn kill_process(&mut self, node: NodeId) {
        self.act(Action::Kill {
            node,
            how: KillKind::Process,
        });
    }

    pub(crate) fn promote(&mut self, node: NodeId) {
        self.act(Action::Promote { node });
    }

    pub(crate) fn follow(&mut self, node: NodeId, upstream: NodeId) {
        self.admin(node, Admin::Follow { upstream });
    }

    /// Time goes on.
    pub(crate) fn wait_ms(&mut self, millis: u64) {
        let at = self.simulation.now() + Span::from_millis(millis);
        self.simulation.advance_to(at);
    }

    /// A read asked of one node, answered: the value, 0 when there is none.
    pub(crate) fn value_at(&mut self, key: u32, node: NodeId) -> u32 {
        let op = self.read(key, Some(node));
        self.wait_ms(10);
        self.op(op).returned.expect("answered").value
    }

    /// The status variables of semi-sync on a MySQL or MariaDB server.
    pub(crate) fn semi_sync(&self, node: NodeId) -> SemiSyncStatus {
        let database = &self.simulation.settings().database;
        let status = self.simulation.node(node).semi_sync_status(database);
        status.expect("MySQL or MariaDB")
    }

    /// `SHOW REPLICA STATUS`.
    pub(crate) fn replica(&self, node: NodeId) -> ReplicaStatus {
        let now = self.simulation.now();
        let status = self.simulation.node(node).replica_status(now);
        status.expect("a replica")
    }

    /// The keys that a node's table has a value for.
    pub(crate) fn rows(&self, node: NodeId) -> Vec<u32> {
        let rows = self.simulation.node(node).table().rows().iter();
        (0..)
            .zip(rows)
            .filter_map(|(key, row)| (row.version > 0).then_some(key))
            .collect()
    }

    pub(crate) fn restart(&mut self, node: NodeId) {
        self.act(Action::Restart { node });
    }

    pub(crate) fn set(&mut self, setting: Setting) {
        self.act(Action::Set(setting));
    }

    pub(crate) fn write(&mut self, key: u32) -> OpId {
        self.act(Action::Write {
            client: ClientId(0),
            key: Key(key),
            value: None,
            node: None,
            synchronous_commit: None,
        });
        self.last_op()
    }

    /// A write asked of one node, past the router, at a level of its own.
    pub(crate) fn write_at(&mut self, key: u32, node: NodeId, level: Option<CommitLevel>) -> OpId {
        self.act(Action::Write {
            client: ClientId(0),
            key: Key(key),
            value: None,
            node: Some(node),
            synchronous_commit: level,
        });
        self.last_op()
    }

    /// Types a command at a server.
    pub(crate) fn admin(&mut self, node: NodeId, command: Admin) {
        self.act(Action::Admin { node, command });
    }

    pub(crate) fn read(&mut self, key: u32, node: Option<NodeId>) -> OpId {
        self.act(Action::Read {
            client: ClientId(0),
            key: Key(key),
            node,
        });
        self.last_op()
    }

    fn last_op(&self) -> OpId {
        self.simulation
            .oracle()
            .ops()
            .next_back()
            .expect("one was issued")
            .id
    }

    pub(crate) fn op(&self, id: OpId) -> Op {
        *self.simulation.oracle().op(id).expect("kept")
    }

    pub(crate) fn latency(&self, id: OpId) -> Option<Span> {
        let op = self.op(id);
        op.done_at.map(|at| at.since(op.issued_at))
    }

    /// Which write a read returned the value of; `None` when the row was never written, or there is no answer.
    pub(crate) fn value(&self, id: OpId) -> Option<OpId> {
        self.op(id).returned.map(|row| row.op).filter(|op| op.0 > 0)
    }

    pub(crate) fn lost(&self) -> Vec<OpId> {
        self.simulation
            .oracle()
            .ops()
            .filter(|op| op.lost)
            .map(|op| op.id)
            .collect()
    }

    /// When something first happened, if it did.
    pub(crate) fn when(&self, happened: impl Fn(&EventKind) -> bool) -> Option<Time> {
        // Milestones are kept longer than the rest.
        let trace = self.simulation.trace();
        trace
            .milestones()
            .chain(trace.events())
            .find(|event| happened(&event.kind))
            .map(|event| event.at)
    }

    pub(crate) fn promoted(&self) -> Option<(NodeId, Time)> {
        self.simulation
            .trace()
            .milestones()
            .find_map(|event| match event.kind {
                EventKind::Promoted { node, .. } => Some((node, event.at)),
                _ => None,
            })
    }
}

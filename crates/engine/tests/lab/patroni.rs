//! A cluster under Patroni, with a writer at every node as in the measurements.

use replicascope_engine::event::EventKind;
use replicascope_engine::ids::{NodeId, OpId};
use replicascope_engine::manager::ManagerEvent;
use replicascope_engine::oracle::Status;
use replicascope_engine::scenario::{
    Action, Endpoint, KillKind, Manager, Patroni, PatroniVersion, Postgresql, Scenario, Service,
    ServiceAction,
};
use replicascope_engine::time::Time;

use super::{Lab, n, postgresql};

/// One leader and two replicas; rewinding is possible and allowed, as in the measurements.
pub(crate) fn cluster(seed: u64, patroni: Patroni) -> Scenario {
    let mut scenario = postgresql(
        2,
        0,
        Postgresql {
            wal_log_hints: true,
            ..Postgresql::default()
        },
    );
    scenario.seed = seed;
    scenario.cluster.client_link.delay_us = 0;
    scenario.workload.keys = 1_000;
    scenario.settings.timers.client_timeout_us = 3_000_000;
    scenario.settings.manager = Manager::Patroni(Box::new(patroni));
    scenario
}

/// ttl, loop_wait and retry_timeout; the store has one member, as in the measurements.
pub(crate) fn timers(version: PatroniVersion, ttl: u64, loop_wait: u64, retry: u64) -> Patroni {
    Patroni {
        version,
        ttl,
        loop_wait,
        retry_timeout: retry,
        use_pg_rewind: true,
        store_members: 1,
        ..Patroni::default()
    }
}

/// A run with writers.
pub(crate) struct Cluster {
    pub(crate) lab: Lab,
    /// Every write and the node that was asked.
    pub(crate) writes: Vec<(OpId, NodeId)>,
    key: u32,
}

impl Cluster {
    pub(crate) fn new(seed: u64, patroni: Patroni) -> Self {
        Self::of(&cluster(seed, patroni))
    }

    pub(crate) fn of(scenario: &Scenario) -> Self {
        Self {
            lab: Lab::new(scenario),
            writes: Vec::new(),
            key: 0,
        }
    }

    pub(crate) fn now(&self) -> Time {
        self.lab.simulation.now()
    }

    /// Runs on for so long without writers.
    pub(crate) fn wait_ms(&mut self, span: u64) {
        let to = self.now().0 / 1_000 + span;
        self.lab.run_to_ms(to);
    }

    /// Every node is asked for a write every 50 ms, for so long or until `enough`.
    pub(crate) fn write_for_ms(&mut self, span: u64, enough: impl Fn(&Self) -> bool) {
        let end = self.now().0 / 1_000 + span;
        while self.now().0 / 1_000 < end && !enough(self) {
            for node in 0..self.lab.simulation.nodes().len() as u8 {
                self.key = (self.key + 1) % 1_000;
                let op = self.lab.write_at(self.key, NodeId(node), None);
                self.writes.push((op, NodeId(node)));
            }
            self.wait_ms(50);
        }
    }

    pub(crate) fn service(&mut self, service: Service, what: ServiceAction) {
        self.lab.act(Action::Service { service, what });
    }

    pub(crate) fn kill(&mut self, node: NodeId, how: KillKind) {
        self.lab.act(Action::Kill { node, how });
    }

    /// Cuts or mends the links between two ends, both ways.
    pub(crate) fn link(&mut self, a: impl Into<Endpoint>, b: impl Into<Endpoint>, cut: bool) {
        let (a, b) = (a.into(), b.into());
        for (from, to) in [(a, b), (b, a)] {
            self.lab.act(if cut {
                Action::CutLink { from, to }
            } else {
                Action::HealLink { from, to }
            });
        }
    }

    /// Cuts or mends the links of a member of the store to the nodes.
    pub(crate) fn store_links_only_to_nodes(&mut self, member: u8, cut: bool) {
        for node in 0..self.lab.simulation.nodes().len() as u8 {
            self.link(NodeId(node), Endpoint::Store(member), cut);
        }
    }

    /// Cuts or mends every link of a member of the store.
    pub(crate) fn store_links(&mut self, member: u8, cut: bool) {
        self.store_links_only_to_nodes(member, cut);
        let members = self.lab.simulation.settings().manager.store_members();
        for other in (0..members).filter(|&other| other != member) {
            self.link(Endpoint::Store(other), Endpoint::Store(member), cut);
        }
    }

    /// When the leader last renewed its lease.
    pub(crate) fn last_renewal(&self, node: NodeId, before: Time) -> Time {
        let renewed = EventKind::Manager(ManagerEvent::LockRenewed { node });
        let events = self.lab.simulation.trace().events();
        events
            .filter(|event| event.kind == renewed && event.at <= before)
            .map(|event| event.at)
            .next_back()
            .expect("it renewed its lease")
    }

    /// When each acked write of a node was acked.
    pub(crate) fn acks(&self, node: NodeId) -> Vec<Time> {
        self.writes
            .iter()
            .filter(|&&(_, asked)| asked == node)
            .map(|&(op, _)| self.lab.op(op))
            .filter(|op| op.status == Status::Acked)
            .filter_map(|op| op.done_at)
            .collect()
    }

    /// The first ack of anybody after an instant.
    pub(crate) fn first_ack_after(&self, at: Time) -> Option<(NodeId, Time)> {
        let nodes = (0..self.lab.simulation.nodes().len() as u8).map(NodeId);
        nodes
            .filter_map(|node| {
                let first = self.acks(node).into_iter().find(|&ack| ack > at)?;
                Some((node, first))
            })
            .min_by_key(|&(_, ack)| ack)
    }

    /// Lost writes by the node that acked them.
    pub(crate) fn lost_of(&self, node: NodeId) -> usize {
        self.writes
            .iter()
            .filter(|&&(op, asked)| asked == node && self.lab.op(op).lost)
            .count()
    }

    /// When something of the manager first happened after an instant.
    pub(crate) fn when_after(&self, at: Time, kind: impl Fn(&EventKind) -> bool) -> Option<Time> {
        let trace = self.lab.simulation.trace();
        trace
            .milestones()
            .find(|event| event.at >= at && kind(&event.kind))
            .map(|event| event.at)
    }

    /// Who takes writes.
    pub(crate) fn primary(&self) -> Option<NodeId> {
        let writers = self.lab.simulation.writers();
        writers.iter().next().filter(|_| writers.len() == 1)
    }

    /// Everything of the trace that a person would read, for the message of a test that fails.
    pub(crate) fn story(&self) -> String {
        let trace = self.lab.simulation.trace();
        let lines = trace.milestones().filter(|event| {
            !matches!(
                event.kind,
                EventKind::Action { .. }
                    | EventKind::ActionHadNoEffect { .. }
                    | EventKind::WriteLost { .. }
            )
        });
        lines
            .map(|event| format!("{} {:?}\n", event.at, event.kind))
            .collect()
    }
}

/// Seconds between two instants.
pub(crate) fn seconds(from: Time, to: Time) -> f64 {
    to.since(from).as_millis_f64() / 1_000.0
}

/// The leader at the start.
pub(crate) fn leader() -> NodeId {
    n(1)
}

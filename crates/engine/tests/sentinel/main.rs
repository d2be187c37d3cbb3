//! The Sentinel-style manager as rule R-RS describes it, as small experiments.

#[path = "../lab/mod.rs"]
mod lab;

mod down;
mod failover;
mod min_replicas;
mod repair;

use lab::{Lab, writing};
use replicascope_engine::Scenario;
use replicascope_engine::event::EventKind;
use replicascope_engine::ids::NodeId;
use replicascope_engine::manager::{ManagerEvent, SentinelEvent};
use replicascope_engine::scenario::{
    Action, Database, Endpoint, Manager, Mode, Postgresql, Sentinel, Service, ServiceAction,
};
use replicascope_engine::time::Time;

/// Three Sentinels that need 5 s of silence.
fn five_seconds() -> Sentinel {
    Sentinel {
        down_after_milliseconds: 5_000,
        failover_timeout: 20_000,
        ..Sentinel::default()
    }
}

fn postgresql() -> Database {
    Database::Postgresql(Box::new(Postgresql {
        wal_log_hints: true,
        ..Postgresql::default()
    }))
}

fn mysql() -> Database {
    Database::Mysql(Box::default())
}

fn mariadb() -> Database {
    Database::Mariadb(Box::default())
}

/// A cluster of three, with so many writes per second.
fn cluster(rate: u64, database: Database, sentinel: Sentinel) -> Scenario {
    let mut scenario = writing(Mode::Async, 1, rate);
    scenario.cluster.replicas = 2;
    scenario.settings.database = database;
    scenario.settings.manager = Manager::Sentinel(Box::new(sentinel));
    scenario
}

trait SentinelLab {
    /// What the Sentinels reported, in order.
    fn reported(&self) -> Vec<(Time, SentinelEvent)>;
    /// When one first reported something like this.
    fn when_reported(&self, like: impl Fn(&SentinelEvent) -> bool) -> Option<Time>;
    /// Cuts or mends both directions between two hosts.
    fn link(&mut self, a: Endpoint, b: Endpoint, cut: bool);
    fn sentinel(&mut self, index: u8, what: ServiceAction);
    fn split_brain(&self) -> bool;
    /// Everybody has the log and the table of the one primary, and follows it.
    fn assert_converged(&self, primary: NodeId);
}

impl SentinelLab for Lab {
    fn reported(&self) -> Vec<(Time, SentinelEvent)> {
        let ours = |kind: &EventKind| match kind {
            EventKind::Manager(ManagerEvent::Sentinel(event)) => Some(*event),
            _ => None,
        };
        self.simulation
            .trace()
            .milestones()
            .filter_map(|event| ours(&event.kind).map(|kind| (event.at, kind)))
            .collect()
    }

    fn when_reported(&self, like: impl Fn(&SentinelEvent) -> bool) -> Option<Time> {
        let found = self.reported().into_iter().find(|(_, event)| like(event));
        found.map(|(at, _)| at)
    }

    fn link(&mut self, a: Endpoint, b: Endpoint, cut: bool) {
        for (from, to) in [(a, b), (b, a)] {
            self.act(if cut {
                Action::CutLink { from, to }
            } else {
                Action::HealLink { from, to }
            });
        }
    }

    fn sentinel(&mut self, index: u8, what: ServiceAction) {
        let service = Service::Monitor(index);
        self.act(Action::Service { service, what });
    }

    fn split_brain(&self) -> bool {
        self.when(|kind| matches!(kind, EventKind::SplitBrain { .. }))
            .is_some()
    }

    fn assert_converged(&self, primary: NodeId) {
        let new = self.simulation.node(primary);
        let writers: Vec<NodeId> = self.simulation.writers().iter().collect();
        assert_eq!(writers, [primary]);
        for node in self.simulation.nodes() {
            let follows = (node.id() != primary).then_some(primary);
            assert_eq!(
                (node.upstream(), node.tip()),
                (follows, new.tip()),
                "{}",
                node.id()
            );
            assert_eq!(node.table().rows(), new.table().rows());
        }
    }
}

//! MHA as rules R-MH-… describe it, as small experiments.

#[path = "../lab/mod.rs"]
mod lab;

mod detection;
mod guards;
mod logs;
mod phases;
mod time;

use lab::{Lab, writing};
use replicascope_engine::Scenario;
use replicascope_engine::event::EventKind;
use replicascope_engine::ids::NodeId;
use replicascope_engine::manager::{ManagerEvent, MhaEvent};
use replicascope_engine::scenario::{
    Action, Database, Endpoint, Manager, Mha, Mode, Mysql, Service, ServiceAction,
};
use replicascope_engine::time::Time;

/// The one manager host.
const M1: Service = Service::Monitor(0);

/// A MySQL cluster of three under MHA, with so many writes per second; replicas find their place by file and position.
fn cluster(rate: u64, mha: Mha) -> Scenario {
    let mut scenario = writing(Mode::Async, 1, rate);
    scenario.cluster.replicas = 2;
    scenario.settings.database = mysql(false);
    scenario.settings.manager = Manager::Mha(Box::new(mha));
    scenario
}

fn mysql(source_auto_position: bool) -> Database {
    Database::Mysql(Box::new(Mysql {
        source_auto_position,
        ..Mysql::default()
    }))
}

trait MhaLab {
    /// What the manager reported, in order.
    fn reported(&self) -> Vec<(Time, MhaEvent)>;
    /// When it first reported something like this.
    fn when_reported(&self, like: impl Fn(&MhaEvent) -> bool) -> Option<Time>;
    /// Cuts or mends both directions between the manager and a node.
    fn manager_link(&mut self, node: NodeId, cut: bool);
    fn service(&mut self, what: ServiceAction);
    fn split_brain(&self) -> bool;
}

impl MhaLab for Lab {
    fn reported(&self) -> Vec<(Time, MhaEvent)> {
        let mha = |kind: &EventKind| match kind {
            EventKind::Manager(ManagerEvent::Mha(event)) => Some(*event),
            _ => None,
        };
        self.simulation
            .trace()
            .milestones()
            .filter_map(|event| mha(&event.kind).map(|kind| (event.at, kind)))
            .collect()
    }

    fn when_reported(&self, like: impl Fn(&MhaEvent) -> bool) -> Option<Time> {
        let found = self.reported().into_iter().find(|(_, event)| like(event));
        found.map(|(at, _)| at)
    }

    fn manager_link(&mut self, node: NodeId, cut: bool) {
        let ends = [
            (Endpoint::Monitor(0), Endpoint::Node(node)),
            (Endpoint::Node(node), Endpoint::Monitor(0)),
        ];
        for (from, to) in ends {
            self.act(if cut {
                Action::CutLink { from, to }
            } else {
                Action::HealLink { from, to }
            });
        }
    }

    fn service(&mut self, what: ServiceAction) {
        self.act(Action::Service { service: M1, what });
    }

    fn split_brain(&self) -> bool {
        self.when(|kind| matches!(kind, EventKind::SplitBrain { .. }))
            .is_some()
    }
}

//! What was broken at an instant, and by which event.

use crate::event::{Event, EventKind};
use crate::ids::{EventId, NodeId};
use crate::scenario::{Endpoint, Manager, Service, ServiceAction};
use crate::small_map::SmallMap;
use crate::world::Simulation;

/// What is broken, each with the event that broke it.
#[derive(Default)]
pub(super) struct Faults {
    down: SmallMap<NodeId, Event>,
    frozen: SmallMap<NodeId, Event>,
    slow: SmallMap<NodeId, Event>,
    services: SmallMap<Service, Event>,
    cut: SmallMap<(Endpoint, Endpoint), Event>,
    changed: SmallMap<(Endpoint, Endpoint), Event>,
}

impl Faults {
    /// What was broken just before an event.
    pub(super) fn before(run: &Simulation, before: EventId) -> Self {
        let mut faults = Self::default();
        for event in run.trace().milestones() {
            if event.id >= before {
                break;
            }
            faults.note(*event);
        }
        faults
    }

    fn note(&mut self, event: Event) {
        match event.kind {
            EventKind::Killed { node } | EventKind::HostLost { node } => {
                self.down.insert(node, event);
                self.frozen.remove(&node);
            }
            EventKind::Restarted { node } => {
                self.down.remove(&node);
                // A host that starts starts the agent on it.
                self.services.remove(&Service::Agent(node));
            }
            EventKind::Frozen { node } => {
                self.frozen.insert(node, event);
            }
            EventKind::Thawed { node } => {
                self.frozen.remove(&node);
            }
            EventKind::SpeedChanged { node, factor: 1 } => {
                self.slow.remove(&node);
            }
            EventKind::SpeedChanged { node, .. } => {
                self.slow.insert(node, event);
            }
            EventKind::ServiceChanged {
                service,
                what: ServiceAction::Kill | ServiceAction::Freeze,
            } => {
                self.services.insert(service, event);
            }
            EventKind::ServiceChanged { service, .. } => {
                self.services.remove(&service);
            }
            EventKind::LinkCut { from, to } => {
                self.cut.insert((from, to), event);
            }
            EventKind::LinkHealed { from, to } => {
                self.cut.remove(&(from, to));
            }
            EventKind::LinkChanged { from, to } => {
                self.changed.insert((from, to), event);
            }
            _ => {}
        }
    }

    /// What stops a node.
    pub(super) fn stopped(&self, node: NodeId) -> Option<Event> {
        self.down.get(&node).or(self.frozen.get(&node)).copied()
    }

    /// What makes a node slow.
    pub(super) fn slow(&self, node: NodeId) -> Option<Event> {
        self.slow.get(&node).copied()
    }

    /// What stops a service.
    pub(super) fn service(&self, service: Service) -> Option<Event> {
        self.services.get(&service).copied()
    }

    fn stops(&self, end: Endpoint) -> Option<Event> {
        match end {
            Endpoint::Node(node) => self.stopped(node),
            Endpoint::Store(index) => self.service(Service::Store(index)),
            Endpoint::Monitor(index) => self.service(Service::Monitor(index)),
            Endpoint::Clients => None,
        }
    }

    /// What keeps messages of one end from reaching the other.
    pub(super) fn between(&self, from: Endpoint, to: Endpoint) -> Option<Event> {
        self.stops(from)
            .or_else(|| self.cut.get(&(from, to)).copied())
            .or_else(|| self.stops(to))
    }

    /// What keeps messages from reaching the other end, or makes them late.
    pub(super) fn hampers(&self, from: Endpoint, to: Endpoint) -> Option<Event> {
        let slow = |end| match end {
            Endpoint::Node(node) => self.slow(node),
            Endpoint::Clients | Endpoint::Store(_) | Endpoint::Monitor(_) => None,
        };
        self.between(from, to)
            .or_else(|| slow(to))
            .or_else(|| self.changed.get(&(from, to)).copied())
            .or_else(|| slow(from))
    }

    /// What keeps a primary from hearing a majority: whatever stops or cuts off most of the others from it.
    pub(super) fn without_majority(&self, run: &Simulation, primary: NodeId) -> Vec<Event> {
        let mut found: Vec<Event> = self.stopped(primary).into_iter().collect();
        for other in run.cluster().nodes().filter(|&node| node != primary) {
            let (a, b) = (Endpoint::Node(primary), Endpoint::Node(other));
            found.extend(self.between(a, b).or_else(|| self.between(b, a)));
        }
        found
    }

    /// What makes a manager replace a primary: it is stopped; or under Patroni its agent is, or does not reach the store; or
    /// a monitor does not reach it. What stops it outranks the rest.
    pub(super) fn noticed_by_manager(&self, run: &Simulation, primary: NodeId) -> Vec<Event> {
        if let Some(stopped) = self.stopped(primary) {
            return vec![stopped];
        }
        let me = Endpoint::Node(primary);
        let either = |other| self.between(me, other).or_else(|| self.between(other, me));
        let manager = &run.settings().manager;
        match manager {
            Manager::None => self.without_majority(run, primary),
            Manager::Patroni(_) => {
                if let Some(agent) = self.service(Service::Agent(primary)) {
                    return vec![agent];
                }
                let members = (0..manager.store_members()).map(Endpoint::Store);
                let found: Vec<Event> = members.clone().filter_map(either).collect();
                // A minority of the store is not missed.
                if 2 * found.len() > members.count() {
                    found
                } else {
                    Vec::new()
                }
            }
            Manager::Mha(_) | Manager::Sentinel(_) => {
                let monitors = (0..manager.monitors()).map(Endpoint::Monitor);
                let cut = |other| {
                    let way = self.cut.get(&(me, other));
                    way.or_else(|| self.cut.get(&(other, me))).copied()
                };
                let found: Vec<Event> = monitors.filter_map(cut).collect();
                if found.is_empty() {
                    self.slow(primary).into_iter().collect()
                } else {
                    found
                }
            }
        }
    }
}

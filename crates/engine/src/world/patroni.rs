//! What Patroni's agents need of the world: `pg_stat_replication`, the watchdog, health checks, a person's `patronictl`.

use super::{Health, InFlight, Simulation};
use crate::event::EventKind;
use crate::ids::NodeId;
use crate::manager::patroni::RestStatus;
use crate::manager::{ManagerMessage, Managers};
use crate::message::Message;
use crate::node::server::SenderStatus;
use crate::scenario::{Database, Endpoint, KillKind, Manager, Service, StandbyNames};

impl Simulation {
    /// `pg_stat_replication` of a node, and the list of standbys that its agent set.
    pub(super) fn standbys_of(&self, node: NodeId) -> (Vec<SenderStatus>, Option<StandbyNames>) {
        let this = &self.nodes[node.index()];
        let none = StandbyNames::default();
        let settings = match &self.settings.database {
            Database::Postgresql(settings) => &settings.synchronous_standby_names,
            _ => &none,
        };
        let names = this.managed_standby_names().cloned();
        (this.standbys(settings), names)
    }

    /// A watchdog was not fed in time: it is a device, and resets the host whatever runs on it (R-PT-7).
    pub(super) fn on_watchdog(&mut self, node: NodeId, number: u32) {
        let powered = match self.health(node) {
            Health::Up | Health::Frozen => true,
            Health::Down => self.hosts[node.index()].killed != KillKind::PowerOff,
            Health::Lost => false,
        };
        if powered && self.hosts[node.index()].watchdog == number {
            let reset = EventKind::HostReset { node };
            self.stop(node, Health::Down, KillKind::PowerOff, reset);
            self.start_host(node);
        }
    }

    /// Whether a router's health checks go to agents: with Patroni it asks their REST interface.
    pub(super) fn probes_ask_the_agent(&self) -> bool {
        matches!(self.settings.manager, Manager::Patroni(_))
    }

    pub(super) fn rest_status_of(&self, node: NodeId) -> Option<RestStatus> {
        if self.service_health(Service::Agent(node)) != Some(Health::Up) {
            return None;
        }
        let server = match self.health(node) {
            Health::Up => self.nodes[node.index()].server_status(self.now),
            _ => None,
        };
        let bytes = self.cluster.costs.record_bytes;
        self.managers.as_ref()?.managers().rest_status(
            node,
            &self.settings,
            bytes,
            server.as_ref(),
            self.now,
        )
    }

    /// A router's health check of a node with an agent: `/primary` answers 200 only while the agent holds the lock.
    pub(super) fn deliver_probe_to_agent(&mut self, node: NodeId, message: InFlight) {
        let agent = Service::Agent(node);
        match (self.host_has_power(node), self.service_health(agent)) {
            (true, Some(Health::Up)) => {
                self.note_delivered(&message);
                if let Some(status) = self.rest_status(node) {
                    let RestStatus {
                        primary, timeline, ..
                    } = status;
                    let reply = Message::ProbeReply { primary, timeline };
                    self.send(node.into(), message.from, reply);
                }
            }
            (true, Some(Health::Frozen)) => self.deliver_to_service(agent, message),
            (power, _) => {
                self.emit(EventKind::NobodyListened {
                    message: message.id,
                    kind: message.message.kind(),
                    node,
                });
                if power {
                    self.refuse_connection(node, message.from, &message.message);
                }
            }
        }
    }

    /// An agent runs its loop now.
    pub(super) fn have_agent_look(&mut self, node: NodeId) {
        self.with_service(Service::Agent(node), Managers::look_now);
    }

    /// A person types `patronictl failover --candidate` on a node's host.
    pub(super) fn ask_for_failover(&mut self, node: NodeId) {
        self.with_service(Service::Agent(node), Managers::failover_to);
    }

    /// The operating system takes connections for a process that is frozen, and refuses them for one that is gone. A whole
    /// host that is frozen does neither.
    pub(super) fn answer_by_the_kernel(&mut self, message: &InFlight, runs: bool) {
        let host_executes = match message.to {
            Endpoint::Node(node) => self.health(node) != Health::Frozen,
            _ => true,
        };
        let Message::Manager(parcel) = &message.message else {
            return;
        };
        let answer: Option<Message> = match parcel.as_ref() {
            ManagerMessage::Store(asked) => asked.by_the_kernel(runs).map(Into::into),
            ManagerMessage::Patroni(asked) if !runs => asked.refusal().map(Into::into),
            _ => None,
        };
        if let Some(answer) = answer.filter(|_| host_executes) {
            self.send(message.to, message.from, answer);
        }
    }
}

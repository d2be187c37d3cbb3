//! The processes beside the databases: their health, what arrives at them, and what becomes of what they want done.

mod beside;
mod health;
mod hosts;

use std::sync::Arc;

use super::{Health, InFlight, Simulation};
use crate::event::EventKind;
use crate::ids::{EventId, NodeId};
use crate::manager::{
    ManagerContext, ManagerEffect, ManagerMessage, ManagerTimer, Managers, Remote, StartAs,
};
use crate::message::Message;
use crate::node::Role;
use crate::node::server::Command;
use crate::scenario::{Admin, Endpoint, KillKind, Service};
use crate::world::queue::Due;
pub(crate) use beside::{ALL_BESIDE, Beside, Held};

/// What the world knows of a service that the service does not.
#[derive(Clone, Debug)]
pub(super) struct ServiceHost {
    service: Service,
    health: Health,
    /// Its process ended itself when its work was done; nothing is broken.
    exited: bool,
    /// Counts lives: timers of an earlier one are void.
    life: u32,
    /// What came due while it was frozen.
    deferred: Vec<(EventId, Waiting)>,
}

/// Something that waits for a frozen service to go on.
#[derive(Clone, Debug)]
enum Waiting {
    Message(Box<InFlight>),
    Timer(ManagerTimer),
}

impl ServiceHost {
    pub(super) fn new(service: Service) -> Self {
        Self {
            service,
            health: Health::Up,
            exited: false,
            life: 0,
            deferred: Vec::new(),
        }
    }
}

/// Where a service sits on the network.
fn endpoint(service: Service) -> Endpoint {
    match service {
        Service::Agent(node) => Endpoint::Node(node),
        Service::Store(index) => Endpoint::Store(index),
        Service::Monitor(index) => Endpoint::Monitor(index),
    }
}

impl Simulation {
    /// Every process beside the databases.
    pub fn services(&self) -> impl Iterator<Item = Service> {
        self.services.iter().map(|host| host.service)
    }

    /// Whether a service runs; `None` when the manager of this run has no such service.
    #[must_use]
    pub fn service_health(&self, service: Service) -> Option<Health> {
        self.services
            .iter()
            .find(|host| host.service == service)
            .map(|host| host.health)
    }

    fn service_index(&self, service: Service) -> Option<usize> {
        self.services
            .iter()
            .position(|host| host.service == service)
    }

    pub(super) fn start_services(&mut self) {
        for index in 0..self.services.len() {
            let service = self.services[index].service;
            self.with_service(service, |managers, cx| managers.start(cx, true));
        }
    }

    /// Lets a service handle something, and carries out what it wants done.
    pub(super) fn with_service(
        &mut self,
        service: Service,
        handle: impl FnOnce(&mut Managers, &mut ManagerContext<'_>),
    ) {
        let Some(index) = self.service_index(service) else {
            return;
        };
        let server = match service {
            Service::Agent(node) if self.health(node) == Health::Up => {
                self.nodes[node.index()].server_status(self.now)
            }
            _ => None,
        };
        let (standbys, standby_names) = match (service, server) {
            (Service::Agent(node), Some(status)) if status.role == Role::Primary => {
                self.standbys_of(node)
            }
            _ => (Vec::new(), None),
        };
        let mut effects = Vec::new();
        let mut cx = ManagerContext {
            now: self.now,
            settings: &self.settings,
            costs: &self.cluster.costs,
            seed: self.seed,
            nodes: self.nodes.len(),
            me: service,
            server,
            standbys,
            standby_names,
            out: &mut effects,
        };
        if let Some(held) = &mut self.managers {
            handle(held.managers_mut(), &mut cx);
        }
        let life = self.services[index].life;
        for effect in effects {
            self.carry_out(service, life, effect);
        }
    }

    fn carry_out(&mut self, service: Service, life: u32, effect: ManagerEffect) {
        match effect {
            ManagerEffect::Send { to, message } => self.send(endpoint(service), to, message),
            ManagerEffect::Timer { at, timer } => {
                let due = Due::Service {
                    service,
                    life,
                    timer,
                };
                self.queue.push(at, self.cause, due);
            }
            ManagerEffect::Event(event) => self.emit(EventKind::Manager(event)),
            ManagerEffect::Note(event) => self.note(EventKind::Manager(event)),
            ManagerEffect::Command(command) => {
                if let Service::Agent(node) = service {
                    let _made_sense = self.command(node, &command);
                }
            }
            ManagerEffect::StopServer => {
                if let Service::Agent(node) = service
                    && self.health(node) == Health::Up
                {
                    self.stop_database(
                        node,
                        Health::Down,
                        KillKind::Process,
                        EventKind::ServerStopped { node },
                    );
                }
            }
            ManagerEffect::StartServer(how) => {
                if let Service::Agent(node) = service
                    && self.health(node) == Health::Down
                {
                    if let StartAs::Standby(upstream) = how {
                        self.nodes[node.index()].configure_as_standby(upstream);
                    }
                    self.start_database(node);
                }
            }
            ManagerEffect::Watchdog(at) => {
                if let Service::Agent(node) = service {
                    let host = &mut self.hosts[node.index()];
                    host.watchdog += 1;
                    let number = host.watchdog;
                    if let Some(at) = at {
                        let due = Due::Watchdog { node, number };
                        self.queue.push(at.max(self.now), self.cause, due);
                    }
                }
            }
            ManagerEffect::Exit => {
                if let Some(index) = self.service_index(service) {
                    self.change_service(index, Health::Down);
                    self.services[index].exited = true;
                }
            }
        }
    }

    /// Tells a database something. Returns whether it made sense. One that is stopped can be told only whom to follow when it
    /// starts: that is a file on its disk.
    pub(super) fn command(&mut self, node: NodeId, command: &Command) -> bool {
        if let Command::Admin(Admin::Follow { upstream }) = command
            && self.health(node) == Health::Down
        {
            return self.nodes[node.index()].configure_standby(*upstream);
        }
        if self.health(node) != Health::Up {
            return false;
        }
        let mut ok = false;
        self.with_node(node, |this, cx| ok = this.command(cx, command));
        self.note_status(node);
        ok
    }

    pub(super) fn deliver_to_manager(&mut self, message: InFlight) {
        let Message::Manager(parcel) = &message.message else {
            return;
        };
        let parcel = parcel.as_ref().clone();
        match (message.to, parcel) {
            (Endpoint::Node(node), ManagerMessage::Remote(remote)) => {
                self.deliver_to_host(node, message, remote);
            }
            (Endpoint::Node(node), _) if self.host_has_power(node) => {
                self.deliver_to_service(Service::Agent(node), message);
            }
            (Endpoint::Node(node), _) => self.emit(EventKind::NobodyListened {
                message: message.id,
                kind: message.message.kind(),
                node,
            }),
            (Endpoint::Store(index), _) => {
                self.deliver_to_service(Service::Store(index), message);
            }
            (Endpoint::Monitor(index), _) => {
                self.deliver_to_service(Service::Monitor(index), message);
            }
            (Endpoint::Clients, ManagerMessage::Remote(Remote::Address { holder })) => {
                self.note_delivered(&message);
                self.move_address(holder);
            }
            (Endpoint::Clients, _) => {
                self.note_delivered(&message);
            }
        }
    }

    pub(super) fn deliver_to_service(&mut self, service: Service, message: InFlight) {
        let Some(index) = self.service_index(service) else {
            return;
        };
        let health = self.services[index].health;
        if health == Health::Up {
            self.hand_to_service(service, message);
            return;
        }
        let frozen = health == Health::Frozen;
        self.answer_by_the_kernel(&message, frozen);
        if frozen {
            let waiting = (self.cause, Waiting::Message(Box::new(message)));
            self.services[index].deferred.push(waiting);
        } else {
            self.note(EventKind::ServiceSilent {
                message: message.id,
                kind: message.message.kind(),
                service,
            });
        }
    }

    fn hand_to_service(&mut self, service: Service, message: InFlight) {
        if let Message::Probe = message.message
            && let Endpoint::Node(node) = message.to
        {
            self.deliver_probe_to_agent(node, message);
            return;
        }
        self.note_delivered(&message);
        if let Message::Manager(parcel) = message.message {
            self.with_service(service, |managers, cx| {
                managers.receive(cx, message.from, Arc::unwrap_or_clone(parcel));
            });
        }
    }

    pub(super) fn wake_service(&mut self, service: Service, life: u32, timer: ManagerTimer) {
        let Some(index) = self.service_index(service) else {
            return;
        };
        let host = &mut self.services[index];
        if host.life != life {
            return;
        }
        match host.health {
            Health::Up => self.with_service(service, |managers, cx| managers.wake(cx, timer)),
            Health::Frozen => host.deferred.push((self.cause, Waiting::Timer(timer))),
            Health::Down | Health::Lost => {}
        }
    }
}

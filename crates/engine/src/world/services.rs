//! The processes beside the databases: their health, what arrives at them, and what becomes of what they want done.

use super::{Deferred, Health, InFlight, Simulation};
use crate::event::{EventKind, NoEffect};
use crate::ids::{EventId, Lsn, NodeId};
use crate::manager::{
    ManagerContext, ManagerEffect, ManagerMessage, ManagerTimer, Managers, Remote, StartAs,
};
use crate::message::Message;
use crate::node::Role;
use crate::node::server::Command;
use crate::scenario::{Admin, Endpoint, KillKind, Service, ServiceAction};
use crate::world::queue::Due;

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
        handle(&mut self.managers, &mut cx);
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

    pub(super) fn deliver_to_manager(&mut self, message: InFlight, parcel: ManagerMessage) {
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
                managers.receive(cx, message.from, *parcel);
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

    /// Whether a node's host has power.
    pub(super) fn host_has_power(&self, node: NodeId) -> bool {
        self.health(node) == Health::Frozen || self.host_runs(node)
    }

    /// Whether a node's host has power and executes.
    fn host_runs(&self, node: NodeId) -> bool {
        match self.health(node) {
            Health::Up => true,
            Health::Down => self.hosts[node.index()].killed != KillKind::PowerOff,
            Health::Frozen | Health::Lost => false,
        }
    }

    /// A manager's question to a host or its database: answered by the database, by the operating system, or not at all.
    fn deliver_to_host(&mut self, node: NodeId, message: InFlight, remote: Remote) {
        if let Remote::PowerOff { id } = remote {
            self.power_off(node, &message, id);
            return;
        }
        if self.health(node) == Health::Frozen {
            let deferred = (self.cause, Deferred::Message(message));
            self.hosts[node.index()].deferred.push(deferred);
            return;
        }
        if !self.host_runs(node) {
            self.emit(EventKind::NobodyListened {
                message: message.id,
                kind: message.message.kind(),
                node,
            });
            return;
        }
        self.note_delivered(&message);
        let status = match self.health(node) {
            Health::Up => self.nodes[node.index()]
                .server_status(self.now)
                // One that is rebuilt takes no clients, but whoever looks after it by SSH can see that, and order otherwise.
                .filter(|status| status.ready || status.rebuilding),
            _ => None,
        };
        let answer = match (remote, status) {
            (Remote::Query { id }, Some(status)) => Remote::Answer { id, status },
            (Remote::Query { id } | Remote::Command { id, .. }, None) => Remote::Refused { id },
            (Remote::Login { id }, _) => Remote::LoggedIn { id },
            (Remote::SaveLog { id, after }, _) => Remote::SavedLog {
                id,
                records: self.log_after(node, after),
            },
            (Remote::Command { id, command }, Some(_)) => {
                let ok = self.command(node, &command);
                let Some(status) = self.nodes[node.index()].server_status(self.now) else {
                    return;
                };
                Remote::Done { id, ok, status }
            }
            (Remote::LookFrom { id, at }, _) => {
                self.look_from(node, message.from, id, at);
                return;
            }
            (Remote::EndProcess { id }, _) => {
                if self.health(node) == Health::Up {
                    let event = EventKind::Killed { node };
                    self.stop_database(node, Health::Down, KillKind::Process, event);
                }
                Remote::Stopped { id }
            }
            // Answers to a look that was passed on.
            (Remote::Answer { id, status }, _) => {
                self.answer_look(id, status.ready);
                return;
            }
            (Remote::Refused { id }, _) => {
                self.answer_look(id, false);
                return;
            }
            (
                Remote::LoggedIn { .. }
                | Remote::SavedLog { .. }
                | Remote::Seen { .. }
                | Remote::Done { .. }
                | Remote::PowerOff { .. }
                | Remote::Stopped { .. }
                | Remote::Address { .. },
                _,
            ) => return,
        };
        self.send(node.into(), message.from, answer.into());
    }

    /// The host's management board turns the power off, whatever its operating system does, and says so.
    fn power_off(&mut self, node: NodeId, message: &InFlight, id: u64) {
        self.note_delivered(message);
        if self.health(node) == Health::Frozen || self.host_runs(node) {
            let event = EventKind::Killed { node };
            self.stop(node, Health::Down, KillKind::PowerOff, event);
        }
        self.send(node.into(), message.from, Remote::Stopped { id }.into());
    }

    fn log_after(&self, node: NodeId, after: Lsn) -> Vec<crate::node::wal::Record> {
        let this = &self.nodes[node.index()];
        let end = this.positions().flush;
        this.wal().range(after.next(), end).copied().collect()
    }

    /// A host looks at another host's database for somebody.
    fn look_from(&mut self, node: NodeId, asker: Endpoint, id: u64, at: NodeId) {
        // Who asks again no longer waits for the look before.
        self.looks
            .retain(|&(from, by, _)| (from, by) != (node, asker));
        self.looks.push((node, asker, id));
        self.send(node.into(), at.into(), Remote::Query { id }.into());
    }

    fn answer_look(&mut self, id: u64, alive: bool) {
        if let Some(place) = self.looks.iter().position(|&(.., asked)| asked == id) {
            let (node, asker, _) = self.looks.remove(place);
            self.send(node.into(), asker, Remote::Seen { id, alive }.into());
        }
    }

    pub(super) fn service_action(
        &mut self,
        service: Service,
        what: ServiceAction,
    ) -> Result<(), NoEffect> {
        let Some(index) = self.service_index(service) else {
            return Err(NoEffect::SameService);
        };
        let health = self.services[index].health;
        let next = match (what, health) {
            (ServiceAction::Kill, Health::Up | Health::Frozen) => Health::Down,
            (ServiceAction::Restart, Health::Down) | (ServiceAction::Thaw, Health::Frozen) => {
                Health::Up
            }
            (ServiceAction::Freeze, Health::Up) => Health::Frozen,
            _ => return Err(NoEffect::SameService),
        };
        if let Service::Agent(node) = service
            && what == ServiceAction::Restart
            && !self.host_runs(node)
        {
            return Err(NoEffect::SameService);
        }
        self.emit(EventKind::ServiceChanged { service, what });
        self.change_service(index, next);
        Ok(())
    }

    /// Brings a service into a state; what that means for what it was doing follows.
    fn change_service(&mut self, index: usize, next: Health) {
        let before = core::mem::replace(&mut self.services[index].health, next);
        self.services[index].exited = false;
        let service = self.services[index].service;
        match (before, next) {
            (Health::Up | Health::Frozen, Health::Down) => {
                let host = &mut self.services[index];
                host.life += 1;
                host.deferred.clear();
                self.managers.crash(service);
            }
            (Health::Down, Health::Up) => {
                self.with_service(service, |managers, cx| managers.start(cx, false));
            }
            (Health::Frozen, Health::Up) => {
                let woken = self.cause;
                for (cause, waiting) in core::mem::take(&mut self.services[index].deferred) {
                    self.cause = cause.max(woken);
                    let life = self.services[index].life;
                    match waiting {
                        Waiting::Message(message) => self.deliver_to_service(service, *message),
                        Waiting::Timer(timer) => self.wake_service(service, life, timer),
                    }
                }
                self.cause = woken;
            }
            _ => {}
        }
    }

    /// Starts and thaws every service that was stopped or frozen. Returns whether there was one.
    pub(super) fn heal_services(&mut self) -> bool {
        let mut changed = false;
        for index in 0..self.services.len() {
            let host = &self.services[index];
            let what = match host.health {
                Health::Down if !host.exited => ServiceAction::Restart,
                Health::Frozen => ServiceAction::Thaw,
                _ => continue,
            };
            let service = host.service;
            changed |= self.service_action(service, what).is_ok();
        }
        changed
    }

    /// What happens to a node's host happens to the agent on it.
    pub(super) fn agent_shares(&mut self, node: NodeId, next: Health) {
        let Some(index) = self.service_index(Service::Agent(node)) else {
            return;
        };
        // One that is down does not freeze or thaw with its host; only a start of the host starts it.
        if (self.services[index].health, next) != (Health::Down, Health::Frozen) {
            self.change_service(index, next);
        }
    }

    /// Whether an agent beside the node's database runs.
    pub(super) fn has_living_agent(&self, node: NodeId) -> Option<bool> {
        self.service_health(Service::Agent(node))
            .map(|health| health != Health::Down)
    }
}

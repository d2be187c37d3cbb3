//! Processes beside the databases die, freeze, and start again.

use super::Waiting;
use crate::event::{EventKind, NoEffect};
use crate::ids::NodeId;
use crate::scenario::{Service, ServiceAction};
use crate::world::{Health, Simulation};

impl Simulation {
    pub(in crate::world) fn service_action(
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
        // Nothing runs on a host that stands still or is off.
        if let Service::Agent(node) = service
            && matches!(what, ServiceAction::Restart | ServiceAction::Thaw)
            && !self.host_runs(node)
        {
            return Err(NoEffect::SameService);
        }
        self.emit(EventKind::ServiceChanged { service, what });
        self.change_service(index, next);
        Ok(())
    }

    /// Brings a service into a state; what that means for what it was doing follows.
    pub(in crate::world) fn change_service(&mut self, index: usize, next: Health) {
        let before = core::mem::replace(&mut self.services[index].health, next);
        self.services[index].exited = false;
        let service = self.services[index].service;
        match (before, next) {
            (Health::Up | Health::Frozen, Health::Down) => {
                let host = &mut self.services[index];
                host.life += 1;
                host.deferred.clear();
                if let Some(held) = &mut self.managers {
                    held.managers_mut().crash(service);
                }
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
    pub(in crate::world) fn heal_services(&mut self) -> bool {
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
    pub(in crate::world) fn agent_shares(&mut self, node: NodeId, next: Health) {
        let Some(index) = self.service_index(Service::Agent(node)) else {
            return;
        };
        // One that is down does not freeze or thaw with its host; only a start of the host starts it.
        if (self.services[index].health, next) != (Health::Down, Health::Frozen) {
            self.change_service(index, next);
        }
    }

    /// Whether an agent beside the node's database runs.
    pub(in crate::world) fn has_living_agent(&self, node: NodeId) -> Option<bool> {
        self.service_health(Service::Agent(node))
            .map(|health| health != Health::Down)
    }
}

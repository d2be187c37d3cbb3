//! Managers and the processes beside the databases as the rest of the world meets them: everything that it asks of them, behind
//! one table, so that a run which has none need not hold their code (see [`crate::Cast`]).

use core::fmt;

use crate::event::NoEffect;
use crate::ids::NodeId;
use crate::manager::patroni::RestStatus;
use crate::manager::store::{State, StoreRole};
use crate::manager::{ManagerTimer, Managers};
use crate::scenario::{Manager, Service, ServiceAction};
use crate::time::{Span, Time};
use crate::world::{Health, InFlight, Simulation};

/// What is asked of the managers of a run and of what belongs to them.
pub(crate) trait Beside: Sync {
    fn make(&self, manager: &Manager, nodes: usize) -> Box<dyn Held>;
    fn start(&self, run: &mut Simulation);
    fn deliver(&self, run: &mut Simulation, message: InFlight);
    fn probe(&self, run: &mut Simulation, node: NodeId, message: InFlight);
    fn wake(&self, run: &mut Simulation, service: Service, life: u32, timer: ManagerTimer);
    fn watchdog(&self, run: &mut Simulation, node: NodeId, number: u32);
    fn act(
        &self,
        run: &mut Simulation,
        service: Service,
        what: ServiceAction,
    ) -> Result<(), NoEffect>;
    fn heal(&self, run: &mut Simulation) -> bool;
    fn agent_shares(&self, run: &mut Simulation, node: NodeId, next: Health);
    fn agent_looks(&self, run: &mut Simulation, node: NodeId);
    fn fail_over(&self, run: &mut Simulation, node: NodeId);
    fn newest_may_be_gone(&self, run: &mut Simulation);
    fn rest_status(&self, run: &Simulation, node: NodeId) -> Option<RestStatus>;
    fn store_role(&self, run: &Simulation, index: u8) -> Option<(StoreRole, u64)>;
    fn store_lease(&self, run: &Simulation) -> Option<(Time, Span)>;
    fn store_state<'a>(&self, run: &'a Simulation) -> Option<&'a State>;
}

/// The managers of a run, where only who made them knows what they are.
pub(crate) trait Held: fmt::Debug {
    fn managers(&self) -> &Managers;
    fn managers_mut(&mut self) -> &mut Managers;
    fn copy(&self) -> Box<dyn Held>;
}

impl Held for Managers {
    fn managers(&self) -> &Managers {
        self
    }

    fn managers_mut(&mut self) -> &mut Managers {
        self
    }

    fn copy(&self) -> Box<dyn Held> {
        Box::new(self.clone())
    }
}

impl Clone for Box<dyn Held> {
    fn clone(&self) -> Self {
        self.as_ref().copy()
    }
}

/// Patroni with its store, MHA and Sentinel.
pub(crate) struct AllBeside;

/// The only one there is.
pub(crate) static ALL_BESIDE: AllBeside = AllBeside;

impl Beside for AllBeside {
    fn make(&self, manager: &Manager, nodes: usize) -> Box<dyn Held> {
        Box::new(Managers::new(manager, nodes))
    }

    fn start(&self, run: &mut Simulation) {
        run.start_services();
    }

    fn deliver(&self, run: &mut Simulation, message: InFlight) {
        run.deliver_to_manager(message);
    }

    fn probe(&self, run: &mut Simulation, node: NodeId, message: InFlight) {
        run.deliver_probe_to_agent(node, message);
    }

    fn wake(&self, run: &mut Simulation, service: Service, life: u32, timer: ManagerTimer) {
        run.wake_service(service, life, timer);
    }

    fn watchdog(&self, run: &mut Simulation, node: NodeId, number: u32) {
        run.on_watchdog(node, number);
    }

    fn act(
        &self,
        run: &mut Simulation,
        service: Service,
        what: ServiceAction,
    ) -> Result<(), NoEffect> {
        run.service_action(service, what)
    }

    fn heal(&self, run: &mut Simulation) -> bool {
        run.heal_services()
    }

    fn agent_shares(&self, run: &mut Simulation, node: NodeId, next: Health) {
        run.agent_shares(node, next);
    }

    fn agent_looks(&self, run: &mut Simulation, node: NodeId) {
        run.have_agent_look(node);
    }

    fn fail_over(&self, run: &mut Simulation, node: NodeId) {
        run.ask_for_failover(node);
    }

    fn newest_may_be_gone(&self, run: &mut Simulation) {
        run.newest_may_be_gone();
    }

    fn rest_status(&self, run: &Simulation, node: NodeId) -> Option<RestStatus> {
        run.rest_status_of(node)
    }

    fn store_role(&self, run: &Simulation, index: u8) -> Option<(StoreRole, u64)> {
        run.managers()?.store_role(index)
    }

    fn store_lease(&self, run: &Simulation) -> Option<(Time, Span)> {
        run.managers()?.store_lease()
    }

    fn store_state<'a>(&self, run: &'a Simulation) -> Option<&'a State> {
        run.managers()?.store_state()
    }
}

impl Simulation {
    /// What is asked of managers, if the run was made with any.
    pub(in crate::world) fn beside(&self) -> Option<&'static dyn Beside> {
        self.cast.others().map(|others| others.beside)
    }

    fn managers(&self) -> Option<&Managers> {
        self.managers.as_ref().map(|held| held.managers())
    }

    /// What Patroni's REST interface on a node would say to a health check; `None` without Patroni, or while the agent does
    /// not run.
    #[must_use]
    pub fn rest_status(&self, node: NodeId) -> Option<RestStatus> {
        self.beside()?.rest_status(self, node)
    }

    /// Role and term of a member of the consensus store; `None` when there is none of that number.
    #[must_use]
    pub fn store_role(&self, index: u8) -> Option<(StoreRole, u64)> {
        self.beside()?.store_role(self, index)
    }

    /// When the leader key runs out by the clock of the store's leader, and how long it lasts after a renewal; `None` without a
    /// store, a leader of it, or a key.
    #[must_use]
    pub fn store_lease(&self) -> Option<(Time, Span)> {
        self.beside()?.store_lease(self)
    }

    /// What the consensus store holds: the newest committed state; `None` when there is no store.
    #[must_use]
    pub fn store_state(&self) -> Option<&State> {
        self.beside()?.store_state(self)
    }
}

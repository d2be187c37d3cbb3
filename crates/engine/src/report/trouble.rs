//! What is wrong with each node, since when, and what of it keeps its cluster from using it as primary.

use serde::Serialize;

use crate::event::{Event, EventKind};
use crate::ids::{NodeId, NodeSet};
use crate::scenario::{Action, Endpoint, KillKind, Manager, Service, ServiceAction};
use crate::time::Time;
use crate::world::Simulation;

/// What befell a primary that takes no writes any more, or that was replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Its power failed.
    PowerOff,
    /// Its database process was killed; its host stayed.
    ProcessDied,
    /// Its machine was lost with its disk.
    HostLost,
    /// It was frozen.
    Frozen,
    /// At least one direction of a link to another node was cut; perhaps also those to the store or to a monitor.
    CutOff,
    /// No member of the consensus store could be reached from it, over its links.
    CutOffFromStore,
    /// At least one direction of a link to a host of MHA or to a Sentinel was cut.
    CutOffFromMonitor,
    /// The consensus store had no majority that a node could reach.
    StoreLost,
    /// Patroni's agent beside it was killed.
    AgentDied,
    /// Patroni's agent beside it was frozen.
    AgentFrozen,
    /// Patroni 3.0: an agent that had been frozen put its key over that of its agent (R-PT-7).
    KeyStolen,
    /// It was slowed down.
    Slow,
    /// It lost its lease, or the manager stopped it, and nothing of the above had happened: messages were lost, held or late.
    LeaseLost,
    /// Too few replicas kept up with it, so it refused writes (`min-replicas-to-write`).
    TooFewReplicas,
    /// Nothing befell it: a person promoted another node, or told it to follow one.
    ByHand,
    /// Nothing befell it, but other nodes or a manager did not hear from it in time.
    Unheard,
}

impl Cause {
    /// How much of a cause it is under a manager: a lesser one that comes on top does not replace it.
    fn weight(self, manager: &Manager) -> u8 {
        let watched_by_nodes = matches!(manager, Manager::None);
        match self {
            Self::PowerOff | Self::ProcessDied | Self::HostLost | Self::Frozen => 3,
            Self::CutOffFromStore
            | Self::CutOffFromMonitor
            | Self::StoreLost
            | Self::AgentDied
            | Self::AgentFrozen => 2,
            Self::CutOff if watched_by_nodes => 2,
            Self::CutOff | Self::Slow => 1,
            Self::LeaseLost
            | Self::KeyStolen
            | Self::TooFewReplicas
            | Self::ByHand
            | Self::Unheard => 0,
        }
    }

    fn is_cut(self) -> bool {
        matches!(
            self,
            Self::CutOff | Self::CutOffFromStore | Self::CutOffFromMonitor
        )
    }
}

/// What began a node's trouble.
#[derive(Clone, Copy, Debug)]
struct Began {
    at: Time,
    cause: Cause,
    weight: u8,
}

/// Which directions of the links between one end and some others are cut; a bit for each of those.
#[derive(Clone, Copy, Debug, Default)]
struct Cuts {
    to: u64,
    from: u64,
}

impl Cuts {
    fn set(&mut self, outwards: bool, other: u8, cut: bool) {
        let mask = if outwards {
            &mut self.to
        } else {
            &mut self.from
        };
        if cut {
            *mask |= 1 << other;
        } else {
            *mask &= !(1 << other);
        }
    }

    /// Those that do not hear it, or are not heard by it.
    fn any(self) -> u64 {
        self.to | self.from
    }
}

#[derive(Clone, Debug, Default)]
struct Trouble {
    began: Option<Began>,
    stopped: bool,
    slow: bool,
    agent_down: bool,
    nodes: Cuts,
    stores: Cuts,
    monitors: Cuts,
}

#[derive(Clone, Copy, Debug, Default)]
struct StoreMember {
    down: bool,
    others: Cuts,
}

/// What is wrong, node by node, and with the consensus store.
#[derive(Clone, Debug)]
pub(super) struct Troubles {
    nodes: Vec<Trouble>,
    store: Vec<StoreMember>,
    store_lost: bool,
}

impl Troubles {
    pub(super) fn new(simulation: &Simulation) -> Self {
        let members = simulation.settings().manager.store_members();
        Self {
            nodes: vec![Trouble::default(); simulation.nodes().len()],
            store: vec![StoreMember::default(); usize::from(members)],
            store_lost: false,
        }
    }

    /// Since when a node is in trouble, and what began it.
    pub(super) fn of(&self, node: NodeId) -> Option<(Time, Cause)> {
        let began = self.nodes[node.index()].began?;
        Some((began.at, began.cause))
    }

    /// Whether a node runs and all its links to other nodes are whole.
    pub(super) fn is_well_connected(&self, node: NodeId) -> bool {
        let trouble = &self.nodes[node.index()];
        !trouble.stopped && trouble.nodes.any() == 0
    }

    /// Reads one event. Returns the nodes whose trouble began, or began anew, with it.
    pub(super) fn event(
        &mut self,
        simulation: &Simulation,
        event: &Event,
        writers: NodeSet,
        leader: NodeId,
    ) -> NodeSet {
        let mut begins = Begins {
            at: event.at,
            manager: &simulation.settings().manager,
            writers,
            begun: NodeSet::EMPTY,
        };
        match event.kind {
            EventKind::Killed { node } => {
                self.nodes[node.index()].stopped = true;
                match killed_by_hand(simulation, event) {
                    Some(KillKind::PowerOff) => self.begin(&mut begins, node, Cause::PowerOff),
                    Some(_) => self.begin(&mut begins, node, Cause::ProcessDied),
                    // A manager shut it out.
                    None => self.begin_if_well(&mut begins, node, Cause::LeaseLost),
                }
            }
            EventKind::HostLost { node } => {
                self.nodes[node.index()].stopped = true;
                self.begin(&mut begins, node, Cause::HostLost);
            }
            EventKind::Frozen { node } => {
                self.nodes[node.index()].stopped = true;
                self.begin(&mut begins, node, Cause::Frozen);
            }
            EventKind::ServerStopped { node } | EventKind::HostReset { node } => {
                self.nodes[node.index()].stopped = true;
                self.begin_if_well(&mut begins, node, Cause::LeaseLost);
            }
            EventKind::Fenced { node } => self.begin_if_well(&mut begins, node, Cause::LeaseLost),
            EventKind::MinReplicas {
                node,
                refuses: true,
            } => self.begin_if_well(&mut begins, node, Cause::TooFewReplicas),
            EventKind::Restarted { node } => {
                let trouble = &mut self.nodes[node.index()];
                // A host that starts starts the agent on it.
                (trouble.stopped, trouble.agent_down) = (false, false);
            }
            EventKind::Thawed { node } | EventKind::ServerReady { node } => {
                self.nodes[node.index()].stopped = false;
            }
            EventKind::SpeedChanged { node, factor } => {
                self.nodes[node.index()].slow = factor > 1;
                if factor > 1 {
                    self.begin(&mut begins, node, Cause::Slow);
                }
            }
            EventKind::LinkCut { from, to } => self.link(&mut begins, from, to, true, leader),
            EventKind::LinkHealed { from, to } => self.link(&mut begins, from, to, false, leader),
            EventKind::ServiceChanged { service, what } => {
                self.service(&mut begins, service, what, leader);
            }
            _ => {}
        }
        begins.begun
    }

    /// A step is over: whose trouble is over by that?
    pub(super) fn stepped(&mut self, writers: NodeSet, leader: NodeId) {
        for index in 0..self.nodes.len() {
            let node = NodeId(index as u8);
            let over = writers.contains(node) || node != leader;
            if self.nodes[index].began.is_some() && over && !self.in_force(index) {
                self.nodes[index].began = None;
            }
        }
    }

    fn in_force(&self, index: usize) -> bool {
        let trouble = &self.nodes[index];
        trouble.stopped
            || trouble.slow
            || trouble.agent_down
            || self.store_lost
            || trouble.nodes.any() != 0
            || trouble.monitors.any() != 0
            || self.is_cut_off_from_store(index)
    }

    fn is_cut_off_from_store(&self, index: usize) -> bool {
        let all = (1_u64 << self.store.len()) - 1;
        !self.store.is_empty() && self.nodes[index].stores.any() & all == all
    }

    fn begin_if_well(&mut self, begins: &mut Begins<'_>, node: NodeId, cause: Cause) {
        if self.nodes[node.index()].began.is_none() {
            self.begin(begins, node, cause);
        }
    }

    /// Something befalls a node. What kept it from taking writes in the first place stays the cause; so does what weighs more
    /// when something lesser comes on top.
    fn begin(&mut self, begins: &mut Begins<'_>, node: NodeId, cause: Cause) {
        let at = begins.at;
        let mut now = Began {
            at,
            cause,
            weight: cause.weight(begins.manager),
        };
        let began = &mut self.nodes[node.index()].began;
        if let Some(before) = *began {
            let takes_writes = begins.writers.contains(node);
            if !takes_writes || before.weight > now.weight && before.at < at {
                return;
            }
            // Cut off from several kinds of hosts at once: from the nodes as well.
            if before.at == at
                && before.cause.is_cut()
                && cause.is_cut()
                && before.cause != cause
                && [before.cause, cause].contains(&Cause::CutOff)
            {
                now.cause = Cause::CutOff;
                now.weight = now.weight.max(before.weight);
            }
        }
        *began = Some(now);
        begins.begun = begins.begun.with(node);
    }

    fn link(
        &mut self,
        begins: &mut Begins<'_>,
        from: Endpoint,
        to: Endpoint,
        cut: bool,
        leader: NodeId,
    ) {
        for (me, other, outwards) in [(from, to, true), (to, from, false)] {
            match (me, other) {
                (Endpoint::Node(node), Endpoint::Node(other)) => {
                    let cuts = &mut self.nodes[node.index()].nodes;
                    cuts.set(outwards, other.0, cut);
                    if cut {
                        self.begin(begins, node, Cause::CutOff);
                    }
                }
                (Endpoint::Node(node), Endpoint::Store(member)) => {
                    let cuts = &mut self.nodes[node.index()].stores;
                    cuts.set(outwards, member, cut);
                    if cut && self.is_cut_off_from_store(node.index()) {
                        self.begin(begins, node, Cause::CutOffFromStore);
                    }
                }
                (Endpoint::Node(node), Endpoint::Monitor(monitor)) => {
                    let cuts = &mut self.nodes[node.index()].monitors;
                    cuts.set(outwards, monitor, cut);
                    if cut {
                        self.begin(begins, node, Cause::CutOffFromMonitor);
                    }
                }
                (Endpoint::Store(member), Endpoint::Store(other)) => {
                    let member = &mut self.store[usize::from(member)];
                    member.others.set(outwards, other, cut);
                }
                _ => {}
            }
        }
        self.look_at_store(begins, leader);
    }

    fn service(
        &mut self,
        begins: &mut Begins<'_>,
        service: Service,
        what: ServiceAction,
        leader: NodeId,
    ) {
        let down = matches!(what, ServiceAction::Kill | ServiceAction::Freeze);
        match service {
            Service::Agent(node) => {
                self.nodes[node.index()].agent_down = down;
                match what {
                    ServiceAction::Kill => self.begin(begins, node, Cause::AgentDied),
                    ServiceAction::Freeze => self.begin(begins, node, Cause::AgentFrozen),
                    ServiceAction::Restart | ServiceAction::Thaw => {}
                }
            }
            Service::Store(member) => {
                self.store[usize::from(member)].down = down;
                self.look_at_store(begins, leader);
            }
            Service::Monitor(_) => {}
        }
    }

    /// Whether the store is there or not may have changed. Without it the leader cannot keep its lease.
    fn look_at_store(&mut self, begins: &mut Begins<'_>, leader: NodeId) {
        let count = self.store.len();
        let usable = |index: usize| {
            let member = &self.store[index];
            let talks_to = |other: usize| {
                other == index || !self.store[other].down && member.others.any() & (1 << other) == 0
            };
            let reached = |node: &Trouble| node.stores.any() & (1 << index) == 0;
            !member.down
                && 2 * (0..count).filter(|&other| talks_to(other)).count() > count
                && self.nodes.iter().any(reached)
        };
        let lost = count > 0 && !(0..count).any(usable);
        if lost && !core::mem::replace(&mut self.store_lost, lost) {
            self.begin(begins, leader, Cause::StoreLost);
        }
        self.store_lost = lost;
    }
}

/// What [`Troubles::begin`] needs to know of the instant.
struct Begins<'a> {
    at: Time,
    manager: &'a Manager,
    writers: NodeSet,
    begun: NodeSet,
}

/// How a person killed it; `None` when a manager did.
fn killed_by_hand(simulation: &Simulation, killed: &Event) -> Option<KillKind> {
    let EventKind::Action { index } = simulation.trace().get(killed.cause)?.kind else {
        return None;
    };
    match simulation.actions().get(index as usize)?.action {
        Action::Kill { how, .. } => Some(how),
        _ => None,
    }
}

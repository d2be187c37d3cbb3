//! Failovers: what befell the primary, who noticed when, who took over, and when clients could write again.
//!
//! Every instant is taken from the trace. This is the only place that knows which events mean what; a failover manager
//! with events of its own is added in [`Watch::event`].

use std::collections::BTreeMap;

use serde::Serialize;

use super::Millis;
use crate::event::{ElectionFailure, Event, EventKind};
use crate::ids::{EventId, NodeId, NodeSet, OpId, Timeline};
use crate::oracle::LEDGER_CAP;
use crate::scenario::{Action, Endpoint, Manager, Service, ServiceAction};
use crate::time::{Span, Time};
use crate::world::Simulation;

/// What befell the primary that was replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// It was killed.
    Killed,
    /// Its machine was lost with its disk.
    HostLost,
    /// It was frozen.
    Frozen,
    /// At least one direction of a link to another node, to the consensus store or to a monitor was cut.
    CutOff,
    /// The failover manager's agent beside it was killed or frozen.
    AgentDown,
    /// It was slowed down.
    Slow,
    /// It lost its lease, or the manager stopped it, and nothing of the above had happened: messages were lost, held or late.
    LeaseLost,
    /// Nothing befell it: a person promoted another node.
    ByHand,
    /// Nothing befell it, but other nodes did not hear from it in time.
    Unheard,
}

impl Cause {
    /// Whether it keeps a node from working at all. Such a cause outranks the others.
    fn stops(self) -> bool {
        matches!(self, Self::Killed | Self::HostLost | Self::Frozen)
    }
}

/// Who decided that a node takes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The nodes, by an election.
    Election,
    /// A failover manager.
    Manager,
    /// A person, with the action `promote`.
    Person,
}

/// One promotion. The spans count from `at_ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Failover {
    /// The owner of the newest timeline until then.
    pub old: NodeId,
    /// Who took over. The same node, when it came back first.
    pub new: NodeId,
    /// What befell the old primary.
    pub cause: Cause,
    /// Who decided.
    pub by: By,
    /// When it began, from the start of the run: the instant of the cause. Without one: when nobody took writes any more,
    /// or when it was detected, whichever was first.
    pub at_ms: Millis,
    /// Until the first node that could reach others asked for an election, a server was told to become primary, or a person
    /// acted. An election that a majority refused because it still heard the primary does not count.
    pub detected_ms: Millis,
    /// Until the new primary opened its timeline.
    pub promoted_ms: Millis,
    /// Until a client was told for the first time that a write on the new timeline is committed. `null`: not yet.
    pub writable_ms: Option<Millis>,
    /// Acked writes that are lost by it, also those that the old primary acked afterwards.
    pub lost_acked: u64,
    /// Number of the new timeline.
    pub timeline: u32,
}

/// What is wrong with one node.
#[derive(Clone, Debug, Default)]
struct Trouble {
    /// What began it and when.
    since: Option<(Time, Cause)>,
    stopped: bool,
    slow: bool,
    agent_down: bool,
    /// Directions of links that are cut, those with the clients left out.
    cuts: u32,
    /// When it first asked for an election since the primary's trouble began.
    suspects: Option<Time>,
}

impl Trouble {
    fn in_force(&self) -> bool {
        self.stopped || self.slow || self.agent_down || self.cuts > 0
    }
}

/// Derives failovers from events, one after the other.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    nodes: Vec<Trouble>,
    /// The owner of the newest timeline.
    leader: NodeId,
    newest: Timeline,
    no_primary_since: Option<Time>,
    /// Who took writes before the step that is looked at.
    writers: NodeSet,
    failovers: Vec<Failover>,
    /// Those on whose timeline nothing was acked yet.
    waiting: Vec<(Timeline, usize)>,
    /// Which failover a write was lost by.
    lost: BTreeMap<OpId, usize>,
}

impl Watch {
    pub(super) fn new(simulation: &Simulation) -> Self {
        let newest = simulation.oracle().histories().surviving();
        Self {
            nodes: vec![Trouble::default(); simulation.nodes().len()],
            leader: newest.owner(),
            newest,
            no_primary_since: None,
            writers: simulation.writers(),
            failovers: Vec::new(),
            waiting: Vec::new(),
            lost: BTreeMap::new(),
        }
    }

    pub(super) fn failovers(&self) -> &[Failover] {
        &self.failovers
    }

    /// Reads one event. The simulation is at the end of the step that it belongs to.
    pub(super) fn event(&mut self, simulation: &Simulation, event: &Event) {
        let at = event.at;
        match event.kind {
            EventKind::Killed { node } => self.stop(node, at, Cause::Killed),
            EventKind::HostLost { node } => self.stop(node, at, Cause::HostLost),
            EventKind::Frozen { node } => self.stop(node, at, Cause::Frozen),
            EventKind::ServerStopped { node } | EventKind::HostReset { node } => {
                self.nodes[node.index()].stopped = true;
                self.begin_if_well(node, at);
            }
            EventKind::Restarted { node }
            | EventKind::Thawed { node }
            | EventKind::ServerReady { node } => {
                self.nodes[node.index()].stopped = false;
            }
            EventKind::SpeedChanged { node, factor } => {
                self.nodes[node.index()].slow = factor > 1;
                if factor > 1 {
                    self.begin(node, at, Cause::Slow);
                }
            }
            EventKind::LinkCut { from, to } => {
                for node in ends(from, to) {
                    self.nodes[node.index()].cuts += 1;
                    self.begin(node, at, Cause::CutOff);
                }
            }
            EventKind::LinkHealed { from, to } => {
                for node in ends(from, to) {
                    let cuts = &mut self.nodes[node.index()].cuts;
                    *cuts = cuts.saturating_sub(1);
                }
            }
            EventKind::ServiceChanged {
                service: Service::Agent(node),
                what,
            } => {
                let down = matches!(what, ServiceAction::Kill | ServiceAction::Freeze);
                self.nodes[node.index()].agent_down = down;
                if down {
                    self.begin(node, at, Cause::AgentDown);
                }
            }
            EventKind::Fenced { node } => self.begin_if_well(node, at),
            EventKind::ElectionStarted { node, .. } | EventKind::PromotionStarted { node } => {
                self.nodes[node.index()].suspects.get_or_insert(at);
            }
            EventKind::ElectionFailed {
                node,
                why: ElectionFailure::PrimaryAlive,
            } => self.nodes[node.index()].suspects = None,
            EventKind::NoPrimary => self.no_primary_since = Some(at),
            EventKind::OnePrimary { .. } | EventKind::SplitBrain { .. } => {
                self.no_primary_since = None;
            }
            EventKind::Promoted { node, timeline, .. } => {
                self.promoted(simulation, event, node, timeline);
            }
            EventKind::WriteAcked { op } if !self.waiting.is_empty() => {
                self.acked(simulation, op, at);
            }
            EventKind::LogEndLost { node, timeline, .. } => self.open(node, timeline),
            EventKind::WriteLost { op } => self.lose(simulation, event, op),
            EventKind::WriteRegained { op } => {
                if let Some(index) = self.lost.remove(&op) {
                    let lost = &mut self.failovers[index].lost_acked;
                    *lost = lost.saturating_sub(1);
                }
            }
            _ => {}
        }
    }

    /// A step is over: whose trouble is over by that?
    pub(super) fn stepped(&mut self, simulation: &Simulation) {
        self.writers = simulation.writers();
        for (index, trouble) in self.nodes.iter_mut().enumerate() {
            if trouble.since.is_some()
                && !trouble.in_force()
                && (self.writers.contains(NodeId(index as u8))
                    || NodeId(index as u8) != self.leader)
            {
                trouble.since = None;
            }
        }
    }

    fn stop(&mut self, node: NodeId, at: Time, cause: Cause) {
        self.nodes[node.index()].stopped = true;
        self.begin(node, at, cause);
    }

    fn begin_if_well(&mut self, node: NodeId, at: Time) {
        if self.nodes[node.index()].since.is_none() {
            self.begin(node, at, Cause::LeaseLost);
        }
    }

    /// Something befalls a node. What kept it from taking writes in the first place stays the cause; so does what stops it
    /// when something lesser comes on top.
    fn begin(&mut self, node: NodeId, at: Time, cause: Cause) {
        let takes_writes = self.writers.contains(node);
        let trouble = &mut self.nodes[node.index()];
        if let Some((_, before)) = trouble.since
            && (!takes_writes || (before.stops() && !cause.stops()))
        {
            return;
        }
        trouble.since = Some((at, cause));
        if node == self.leader {
            for node in &mut self.nodes {
                node.suspects = None;
            }
        }
    }

    fn promoted(
        &mut self,
        simulation: &Simulation,
        event: &Event,
        new: NodeId,
        timeline: Timeline,
    ) {
        let by_hand = acted_at(simulation, event, new);
        let old = self.leader;
        let noticed = self.nodes.iter().enumerate();
        let noticed = noticed
            .filter(|(index, node)| *index == new.index() || (!node.stopped && node.cuts == 0));
        let noticed = noticed.filter_map(|(_, node)| node.suspects).min();
        let detected = by_hand.or(noticed).unwrap_or(event.at);
        let (began, cause) = match self.nodes[old.index()].since {
            Some((at, cause)) if at <= detected => (at, cause),
            _ if by_hand.is_some() => (detected, Cause::ByHand),
            _ => {
                let silent = self.no_primary_since.unwrap_or(detected);
                (silent.min(detected), Cause::Unheard)
            }
        };
        let span = |at: Time| Millis(at.since(began));
        self.waiting.push((timeline, self.failovers.len()));
        self.failovers.push(Failover {
            old,
            new,
            cause,
            by: match simulation.settings().manager {
                _ if by_hand.is_some() => By::Person,
                Manager::None => By::Election,
                _ => By::Manager,
            },
            at_ms: Millis(Span(began.0)),
            detected_ms: span(detected),
            promoted_ms: span(event.at),
            writable_ms: None,
            lost_acked: 0,
            timeline: timeline.term(),
        });
        self.open(new, timeline);
        for node in &mut self.nodes {
            node.suspects = None;
        }
    }

    fn open(&mut self, owner: NodeId, timeline: Timeline) {
        if timeline > self.newest {
            self.newest = timeline;
            self.leader = owner;
        }
    }

    fn acked(&mut self, simulation: &Simulation, op: OpId, at: Time) {
        let tip = simulation.oracle().op(op).and_then(|op| op.tip);
        self.waiting.retain(|&(timeline, index)| {
            let first = tip.is_some_and(|tip| tip.timeline == timeline);
            if first {
                let failover = &mut self.failovers[index];
                failover.writable_ms = Some(Millis(Span(at.0) - failover.at_ms.0));
            }
            !first
        });
    }

    fn lose(&mut self, simulation: &Simulation, event: &Event, op: OpId) {
        let cause = simulation.trace().get(event.cause).map(|cause| cause.kind);
        let Some(index) = self.failovers.len().checked_sub(1) else {
            return;
        };
        // A crash took it, not a failover.
        if matches!(cause, Some(EventKind::LogEndLost { .. })) {
            return;
        }
        self.failovers[index].lost_acked += 1;
        self.lost.insert(op, index);
        // What has left the ledger cannot come back.
        if self.lost.len() > 2 * LEDGER_CAP {
            let kept = OpId(op.0.saturating_sub(LEDGER_CAP as u32));
            self.lost = self.lost.split_off(&kept);
        }
    }
}

/// The nodes at the ends of a link, unless it is one with the clients: those take no part in a failover.
fn ends(from: Endpoint, to: Endpoint) -> impl Iterator<Item = NodeId> {
    let inside = from != Endpoint::Clients && to != Endpoint::Clients;
    [from, to].into_iter().filter_map(move |end| match end {
        Endpoint::Node(node) if inside => Some(node),
        _ => None,
    })
}

/// When a person asked for this promotion, if it was one.
fn acted_at(simulation: &Simulation, promoted: &Event, new: NodeId) -> Option<Time> {
    if promoted.cause == EventId(0) {
        return None;
    }
    for event in simulation.trace().causes(promoted.cause) {
        match event.kind {
            EventKind::Promoted { .. } => return None,
            EventKind::Action { index } => {
                let action = &simulation.actions().get(index as usize)?.action;
                let asked = matches!(action, Action::Promote { node } if *node == new);
                return asked.then_some(event.at);
            }
            _ => {}
        }
    }
    None
}

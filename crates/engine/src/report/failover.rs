//! Failovers and outages: what befell the primary, who noticed when, who took over, and when clients could write again.
//!
//! Every instant is taken from the trace. Which events mean what is known in `trouble` (what befalls nodes), `stages` (what
//! nodes and managers do about it) and here, and nowhere else.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Millis;
use super::outage::{Outage, how_it_ended};
use super::stages::{Progress, Stages};
use super::trouble::{Cause, Troubles};
use crate::event::{ElectionFailure, Event, EventKind};
use crate::ids::{EventId, NodeId, NodeSet, OpId, Timeline};
use crate::oracle::LEDGER_CAP;
use crate::scenario::{Action, Admin, Manager};
use crate::time::{Span, Time};
use crate::world::Simulation;

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
    /// or when it was noticed, whichever was first.
    pub at_ms: Millis,
    /// Until it was noticed: a person acted; the first node that could reach others asked for an election; Patroni's lease
    /// ran out or was given up, or its agent stopped the primary or began to start it again; MHA's fourth ping in a row had
    /// failed; as many Sentinels as the quorum agreed; without any of these, the new primary was told to become one. An
    /// election that a majority refused because it still heard the primary does not count.
    pub detected_ms: Millis,
    /// What nodes and the manager did on the way to the promotion.
    pub stages: Stages,
    /// Until the new primary opened its timeline.
    pub promoted_ms: Millis,
    /// Until a client was told for the first time that a write on the new timeline is committed. `null`: not yet.
    pub writable_ms: Option<Millis>,
    /// Acked writes that are lost by it, also those that the old primary acked afterwards.
    pub lost_acked: u64,
    /// Number of the new timeline.
    pub timeline: u32,
}

/// Derives failovers and outages from events, one after the other.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    troubles: Troubles,
    progress: Progress,
    /// When each node first asked for an election since the primary's trouble began.
    suspects: Vec<Option<Time>>,
    /// The owner of the newest timeline.
    leader: NodeId,
    newest: Timeline,
    no_primary_since: Option<Time>,
    /// Who took writes before the step that is looked at.
    writers: NodeSet,
    failovers: Vec<Failover>,
    outages: Vec<Outage>,
    /// Those on whose timeline nothing was acked yet.
    waiting: Vec<(Timeline, usize)>,
    /// Which failover a write was lost by.
    lost: BTreeMap<OpId, usize>,
}

impl Watch {
    pub(super) fn new(simulation: &Simulation) -> Self {
        let newest = simulation.oracle().histories().surviving();
        Self {
            troubles: Troubles::new(simulation),
            progress: Progress::default(),
            suspects: vec![None; simulation.nodes().len()],
            leader: newest.owner(),
            newest,
            no_primary_since: None,
            writers: simulation.writers(),
            failovers: Vec::new(),
            outages: Vec::new(),
            waiting: Vec::new(),
            lost: BTreeMap::new(),
        }
    }

    pub(super) fn failovers(&self) -> &[Failover] {
        &self.failovers
    }

    /// The outages, the one that lasts counted up to now.
    pub(super) fn outages(&self, now: Time) -> Vec<Outage> {
        let mut outages = self.outages.clone();
        if let Some(last) = outages.last_mut().filter(|last| last.ended.is_none()) {
            last.lasted_ms = Millis(Span(now.0) - last.at_ms.0);
        }
        outages
    }

    /// Reads one event. The simulation is at the end of the step that it belongs to.
    pub(super) fn event(&mut self, simulation: &Simulation, event: &Event) {
        let at = event.at;
        let begun = self
            .troubles
            .event(simulation, event, self.writers, self.leader);
        if begun.contains(self.leader) {
            self.suspects.fill(None);
        }
        self.progress.event(event, self.leader, self.writers);
        match event.kind {
            EventKind::ElectionStarted { node, .. } => {
                self.suspects[node.index()].get_or_insert(at);
            }
            EventKind::ElectionFailed {
                node,
                why: ElectionFailure::PrimaryAlive,
            } => self.suspects[node.index()] = None,
            EventKind::NoPrimary => self.outage_begins(simulation, event),
            EventKind::OnePrimary { .. } | EventKind::SplitBrain { .. } => {
                self.outage_ends(simulation, event);
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

    /// A step is over.
    pub(super) fn stepped(&mut self, simulation: &Simulation) {
        self.writers = simulation.writers();
        self.troubles.stepped(self.writers, self.leader);
    }

    fn outage_begins(&mut self, simulation: &Simulation, event: &Event) {
        self.no_primary_since = Some(event.at);
        let old = self.writers.iter().next().unwrap_or(self.leader);
        let trouble = self.troubles.of(old).map(|(_, cause)| cause);
        let by_hand = self.progress.wanted().is_some() || told_by_hand(simulation, event);
        let cause = trouble.unwrap_or(if by_hand {
            Cause::ByHand
        } else {
            Cause::LeaseLost
        });
        self.outages.push(Outage {
            at_ms: Millis(Span(event.at.0)),
            lasted_ms: Millis::default(),
            old,
            new: None,
            cause,
            ended: None,
        });
    }

    fn outage_ends(&mut self, simulation: &Simulation, event: &Event) {
        self.no_primary_since = None;
        let in_place = self.progress.restarts_in_place();
        if let Some(last) = self.outages.last_mut().filter(|last| last.ended.is_none()) {
            last.lasted_ms = Millis(Span(event.at.0) - last.at_ms.0);
            last.new = match event.kind {
                EventKind::OnePrimary { node } => Some(node),
                _ => simulation.writers().iter().next(),
            };
            last.ended = Some(how_it_ended(simulation, event, in_place));
        }
    }

    fn promoted(
        &mut self,
        simulation: &Simulation,
        event: &Event,
        new: NodeId,
        timeline: Timeline,
    ) {
        let wanted = self.progress.wanted().filter(|&(node, _)| node == new);
        let by_hand = wanted
            .map(|(_, at)| at)
            .or_else(|| acted_at(simulation, event, new));
        let old = self.leader;
        let trouble = self.troubles.of(old);
        let began = trouble.map_or(Time::ZERO, |(at, _)| at);
        let detected = by_hand
            .or_else(|| self.suspected(new))
            .or_else(|| self.progress.detected(began))
            .or_else(|| self.progress.promotion_started())
            .unwrap_or(event.at);
        let (began, cause) = match trouble {
            Some((at, cause)) if at <= detected => (at, cause),
            _ if by_hand.is_some() => (detected, Cause::ByHand),
            _ => {
                let silent = self.no_primary_since.unwrap_or(detected);
                let first = self.progress.first().unwrap_or(detected);
                let cause = if self.progress.key_was_stolen() {
                    Cause::KeyStolen
                } else {
                    Cause::Unheard
                };
                (silent.min(first).min(detected), cause)
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
            stages: self.progress.since(began),
            promoted_ms: span(event.at),
            writable_ms: None,
            lost_acked: 0,
            timeline: timeline.term(),
        });
        self.open(new, timeline);
        self.suspects.fill(None);
        self.progress.forget();
    }

    /// When the new primary, or a node that could reach others, first asked for an election.
    fn suspected(&self, new: NodeId) -> Option<Time> {
        let asked = self.suspects.iter().enumerate();
        let asked = asked.filter_map(|(index, at)| Some((NodeId(index as u8), (*at)?)));
        asked
            .filter(|&(node, _)| node == new || self.troubles.is_well_connected(node))
            .map(|(_, at)| at)
            .min()
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

/// Whether a person told the primary to be one no more.
fn told_by_hand(simulation: &Simulation, silent: &Event) -> bool {
    let action = |event: &Event| match event.kind {
        EventKind::Action { index } => simulation.actions().get(index as usize),
        _ => None,
    };
    let mut causes = simulation.trace().causes(silent.cause);
    causes.find_map(action).is_some_and(|timed| {
        matches!(
            timed.action,
            Action::Admin {
                command: Admin::Follow { .. } | Admin::Rewind { .. } | Admin::Rebuild { .. },
                ..
            } | Action::Set(_)
        )
    })
}

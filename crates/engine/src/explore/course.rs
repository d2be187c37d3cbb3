//! One run, watched at every step.

use std::collections::{BTreeMap, BTreeSet};

use super::acks::Acks;
use super::causes::Causes;
use super::history::Asked;
use super::reigns::Reigns;
use super::{Excuse, Invariant, Statistics, Violation, Watched};
use crate::Simulation;
use crate::event::{Event, EventKind};
use crate::ids::{EventId, Key, NodeId, NodeSet, OpId};
use crate::linearizable;
use crate::manager::sentinel::Aborted;
use crate::manager::{ManagerEvent, SentinelEvent};
use crate::node::server::Family;
use crate::promises::{self, Promises};
use crate::scenario::{Action, Manager, Scenario, ScenarioError};
use crate::time::Time;

/// A run that has handled more than this is going round in circles.
const MOST_STEPS: u64 = 20_000_000;

/// See the module.
pub(super) struct Course {
    pub(super) run: Watched,
    seen: EventId,
    promises: Promises,
    /// The set of electable nodes in force, with those of a newer one that may be.
    electable: NodeSet,
    acks: Acks,
    causes: Causes,
    asked: Asked,
    reigns: Reigns,
    /// Under Patroni: `/sync` has been written, so that it says who may be promoted.
    sync_in_force: bool,
    /// MySQL, MariaDB: who was promoted last.
    source: NodeId,
    /// Some server kept writes that its source lacks, and may log them again as other records (R-LW-4).
    pub(super) errant: bool,
    /// The last that a failover of the Sentinels came to was that nobody is fit, and a disk is lost.
    pub(super) nobody_fit: bool,
    /// Transactions that a replica skipped, since it had executed others of the same name (R-LW-6), and their keys.
    pub(super) skipped: BTreeSet<Key>,
    pub(super) skipped_ops: BTreeSet<(NodeId, OpId)>,
    /// Writes whose acks were promised to survive, and what became of them.
    promised: BTreeSet<OpId>,
    lost: BTreeSet<OpId>,
    /// What the events add up to.
    counted: Counted,
    statistics: Statistics,
}

/// Totals, counted from events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counted {
    writes_issued: u64,
    writes_acked: u64,
    writes_unknown: u64,
    reads_issued: u64,
    reads_answered: u64,
    stale_reads: u64,
    failed: u64,
}

impl Course {
    pub(super) fn new(scenario: &Scenario) -> Result<Self, ScenarioError> {
        let simulation = Simulation::new(scenario)?;
        Ok(Self {
            run: Watched {
                simulation,
                seed: scenario.seed,
            },
            seen: EventId(0),
            promises: Promises::at_start(&scenario.cluster, &scenario.settings),
            electable: NodeSet::first(scenario.cluster.node_count()),
            acks: Acks::default(),
            causes: Causes::default(),
            asked: Asked::default(),
            reigns: Reigns::new(),
            sync_in_force: false,
            source: NodeId(0),
            errant: false,
            nobody_fit: false,
            skipped: BTreeSet::new(),
            skipped_ops: BTreeSet::new(),
            promised: BTreeSet::new(),
            lost: BTreeSet::new(),
            counted: Counted::default(),
            statistics: Statistics::default(),
        })
    }

    /// What still holds.
    pub(super) fn promises(&self) -> Promises {
        self.promises
    }

    pub(super) fn simulation(&self) -> &Simulation {
        &self.run.simulation
    }

    /// Runs on, checking every step.
    pub(super) fn run_to(&mut self, until: Time) -> Result<(), Violation> {
        while self.simulation().next_due().is_some_and(|at| at <= until) {
            self.run.simulation.step();
            self.after_step()?;
        }
        self.run.simulation.advance_to(until);
        Ok(())
    }

    fn after_step(&mut self) -> Result<(), Violation> {
        let simulation = &self.run.simulation;
        let steps = simulation.steps();
        self.run.holds(steps < MOST_STEPS, Invariant::NoStorm, || {
            format!("{steps} steps")
        })?;
        let events: Vec<Event> = simulation.trace().since(self.seen).copied().collect();
        self.seen = EventId(simulation.trace().len());
        for event in &events {
            self.causes.note(&self.run, event)?;
            self.acks.note(&self.run, event)?;
            self.count(event);
            self.asked.note(&self.run.simulation, event);
            self.reigns.note(&self.run, &event.kind)?;
            self.promises.seen(&event.kind);
            self.on_event(event)?;
        }
        self.acks.after_step(&self.run);
        Ok(())
    }

    fn on_event(&mut self, event: &Event) -> Result<(), Violation> {
        let simulation = &self.run.simulation;
        match event.kind {
            EventKind::Action { index } => {
                if let Some(timed) = simulation.actions().get(index as usize) {
                    self.promises.after(&timed.action);
                    if matches!(timed.action, Action::Set(_)) {
                        self.promises.under(simulation.settings());
                    }
                }
            }
            EventKind::Inserted { node, op, .. } => {
                let level = simulation.node(node).waiting_level(op);
                let in_force = self.sync_in_force || simulation.settings().manager == Manager::None;
                if in_force && promises::survives_failover(simulation.settings(), level) {
                    self.promised.insert(op);
                }
            }
            EventKind::Manager(ManagerEvent::SyncChanged { .. }) => self.sync_in_force = true,
            EventKind::ErrantSpread { .. } | EventKind::ErrantKept { .. } => self.errant = true,
            EventKind::Manager(ManagerEvent::Sentinel(SentinelEvent::Aborted {
                why: Aborted::NoGoodReplica,
                ..
            })) => self.nobody_fit = self.promises.has_lost_a_disk(),
            EventKind::TransactionSkipped { node, lsn } => {
                let record = simulation.node(node).wal().get(lsn);
                self.skipped.extend(record.map(|record| record.key));
                self.skipped_ops
                    .extend(record.map(|record| (node, record.op)));
            }
            EventKind::WriteAcked { op } => {
                let kept = self.promises.keeps_sync_writes && self.promised.contains(&op);
                self.statistics.promised_acks += u64::from(kept);
            }
            EventKind::Received { node, .. }
            | EventKind::Flushed { node, .. }
            | EventKind::Replayed { node, .. } => self.check_positions(node)?,
            EventKind::WriteLost { op } => {
                self.lost.insert(op);
                let promised = self.promises.keeps_sync_writes && self.promised.contains(&op);
                self.run.holds(!promised, Invariant::NoAckedWriteLost, || {
                    format!("{op:?} was acked under a promise that it survives, and is lost")
                })?;
            }
            EventKind::WriteRegained { op } => {
                self.lost.remove(&op);
            }
            EventKind::SplitBrain { primaries } => {
                self.statistics.split_brain = true;
                let writers = simulation.writers();
                self.run
                    .holds(!self.promises.one_primary, Invariant::OnePrimary, || {
                        format!(
                            "{primaries} nodes take writes: {:?}",
                            writers.iter().collect::<Vec<_>>()
                        )
                    })?;
            }
            EventKind::ElectableChanged { set, .. } => self.electable = set,
            EventKind::Promoted { node, .. } => self.on_promoted(node)?,
            _ => {}
        }
        Ok(())
    }

    fn on_promoted(&mut self, node: NodeId) -> Result<(), Violation> {
        self.nobody_fit = false;
        self.statistics.promotions += 1;
        let simulation = &self.run.simulation;
        if simulation.settings().database.is_textbook() {
            let outsider = !self.electable.contains(node) && !self.acks.is_waited_for(node);
            self.run.holds(
                !(outsider && self.promises.one_primary),
                Invariant::OnlyElectablePromoted,
                || format!("{node} was promoted, and the set was {:?}", self.electable),
            )?;
            // Its own set is in force once a majority has stored it; until then the one before is as well.
            let own = simulation.node(node).electable();
            self.electable = self.electable.union(own);
        } else if !self.sync_in_force {
            // Nothing says yet who may be promoted, so what was acked and read may be gone.
            self.promises.linearizable = false;
        }
        self.check_relay_logs(node)?;
        self.check_logs()
    }

    /// The replica that has received most holds all that semi-sync acked, if no relay log has lost anything (R-LW-1).
    fn check_relay_logs(&mut self, node: NodeId) -> Result<(), Violation> {
        let acked = self.acks.take_in_relay_logs();
        let source = core::mem::replace(&mut self.source, node);
        let simulation = &self.run.simulation;
        let wal = simulation.node(node).wal();
        let has_all = |other: &crate::node::Node| {
            let end = other.tip().lsn;
            wal.fork_from(other.wal().history(), end) == end
        };
        let mut replicas = simulation.nodes().iter().filter(|node| node.id() != source);
        if !self.promises.relay_logs_are_whole || node == source || !replicas.all(has_all) {
            return Ok(());
        }
        let mut of_source = acked
            .iter()
            .filter(|(_, tip)| tip.timeline.owner() == source)
            .peekable();
        self.statistics.safest_promotions += u64::from(of_source.peek().is_some());
        let gone = of_source.find(|&&(_, tip)| !wal.contains(tip));
        self.run
            .holds(gone.is_none(), Invariant::NoAckedWriteLost, || {
                format!("{node} had received most, and was promoted without {gone:?}")
            })
    }

    fn check_positions(&self, id: NodeId) -> Result<(), Violation> {
        let simulation = &self.run.simulation;
        let (node, at, tip) = (
            simulation.node(id),
            simulation.node(id).positions(),
            simulation.node(id).tip(),
        );
        // A server shows commits of level `off` before they are flushed.
        let shown = node.upstream().is_none() && !simulation.settings().database.is_textbook();
        let in_order =
            (shown || at.replay <= at.flush) && at.flush <= at.write && at.write <= tip.lsn;
        self.run.holds(in_order, Invariant::PositionsInOrder, || {
            format!(
                "{id}: replay {}, flush {}, write {}, end {}",
                at.replay, at.flush, at.write, tip.lsn
            )
        })?;
        let Some(from) = node.streaming_from().filter(|&from| from == tip.timeline) else {
            return Ok(());
        };
        // A primary whose disk was lost has nothing on it; its replicas keep what they have.
        let primary = simulation.node(from.owner());
        let positions = primary.positions();
        let limit = if Family::of(&simulation.settings().database).is_none()
            || self.promises.binlog_is_synced
        {
            positions.flush
        } else {
            // Since then it may have lost its end.
            let once = self.acks.has_written(primary.id(), from);
            positions.write.max(once)
        };
        let shipped_more = primary.is_primary() && primary.timeline() == from && tip.lsn > limit;
        self.run
            .holds(!shipped_more, Invariant::OnlyFlushedIsShipped, || {
                format!(
                    "{id} has received {}, and {} may send up to {limit}",
                    tip.lsn,
                    primary.id()
                )
            })
    }

    /// Up to the fork, two logs hold the same records.
    pub(super) fn check_logs(&self) -> Result<(), Violation> {
        let mut nodes = self.simulation().nodes();
        while let [a, others @ ..] = nodes {
            for b in others {
                let fork = a.wal().fork_from(b.wal().history(), b.tip().lsn);
                let from = a.wal().first().max(b.wal().first());
                let same = a.wal().range(from, fork).eq(b.wal().range(from, fork));
                self.run.holds(same, Invariant::LogsAgree, || {
                    format!(
                        "{} and {} differ before their fork at {fork}",
                        a.id(),
                        b.id()
                    )
                })?;
                let next = (a.wal().get(fork.next()), b.wal().get(fork.next()));
                let forked = !matches!(next, (Some(a), Some(b)) if a == b);
                self.run.holds(forked, Invariant::LogsAgree, || {
                    format!(
                        "{} and {} still agree after {fork}, their fork",
                        a.id(),
                        b.id()
                    )
                })?;
            }
            nodes = others;
        }
        Ok(())
    }

    fn count(&mut self, event: &Event) {
        let counted = &mut self.counted;
        match event.kind {
            EventKind::WriteIssued { .. } => counted.writes_issued += 1,
            EventKind::ReadIssued { .. } => counted.reads_issued += 1,
            EventKind::WriteAcked { .. } => counted.writes_acked += 1,
            EventKind::WriteUnknown { .. } => counted.writes_unknown += 1,
            EventKind::OpFailed { .. } => counted.failed += 1,
            EventKind::ReadAnswered { stale_versions, .. } => {
                counted.reads_answered += 1;
                counted.stale_reads += u64::from(stale_versions > 0);
            }
            _ => {}
        }
    }

    /// The histories of the keys, where they are promised to be linearizable; and the totals, always.
    pub(super) fn check_histories(&mut self) -> Result<(), Violation> {
        self.check_totals()?;
        if !self.promises.linearizable || !self.simulation().oracle().keeps_everything() {
            return Ok(());
        }
        let histories = self.asked.histories(self.run.simulation.oracle());
        for (key, history) in &histories {
            if let Err(anomaly) = linearizable::check(history) {
                return Err(self
                    .run
                    .broken(Invariant::Linearizable, format!("{key:?}: {anomaly}")));
            }
        }
        let misjudged = self.asked.misjudged(self.run.simulation.oracle());
        self.run
            .holds(misjudged.is_none(), Invariant::NoReadMisjudged, || {
                format!("{misjudged:?} is judged old, and its history is linearizable")
            })?;
        self.statistics.linearizable_keys = histories.len() as u64;
        self.statistics.linearizable_ops =
            histories.values().map(|history| history.len() as u64).sum();
        Ok(())
    }

    fn check_totals(&self) -> Result<(), Violation> {
        let totals = self.simulation().oracle().totals();
        let judged = Counted {
            writes_issued: totals.writes_issued,
            writes_acked: totals.writes_acked,
            writes_unknown: totals.writes_unknown,
            reads_issued: totals.reads_issued,
            reads_answered: self.counted.reads_answered,
            stale_reads: totals.stale_reads,
            failed: totals.writes_failed + totals.reads_failed,
        };
        self.run
            .holds(judged == self.counted, Invariant::TotalsMatchLedger, || {
                format!("the totals are {judged:?}, the events {:?}", self.counted)
            })?;
        let lost = self.lost.len() as u64;
        self.run.holds(
            totals.lost_acked == lost,
            Invariant::TotalsMatchLedger,
            || {
                format!(
                    "the totals count {} lost, the events {lost}",
                    totals.lost_acked
                )
            },
        )
    }

    pub(super) fn statistics(&self) -> Statistics {
        let trace = self.simulation().trace();
        Statistics {
            events: trace.len(),
            trace_hash: trace.hash(),
            writes_acked: self.counted.writes_acked,
            acks_checked: self.acks.checked,
            reads_answered: self.counted.reads_answered,
            lost_acked: self.lost.len() as u64,
            verdicts: self.causes.verdicts,
            ..self.statistics
        }
    }

    /// Notes why recovery is not asked for.
    pub(super) fn excuse(&mut self, excuse: Excuse) {
        self.statistics.excused = Some(excuse);
    }

    /// Notes that the cluster has recovered.
    pub(super) fn recovered(&mut self) {
        self.statistics.recovered = true;
    }
}

/// Operations by key.
pub(super) type Histories = BTreeMap<Key, Vec<linearizable::Operation>>;

#[cfg(test)]
mod tests;

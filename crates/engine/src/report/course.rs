//! A run from its start to its end, read as it happens.

use std::collections::BTreeSet;

use super::failover::Watch;
use super::{Distribution, Gathered, Report};
use crate::event::{Event, EventKind};
use crate::expect::{Answer, Checker};
use crate::ids::{EventId, OpId};
use crate::oracle::LEDGER_CAP;
use crate::scenario::{Scenario, ScenarioError};
use crate::time::{Span, Time};
use crate::world::Simulation;

/// How long a run goes on after its last action when the scenario does not say: long enough for a failover with the slow
/// time-outs of production (Patroni: ttl 30 s), and for what follows it.
pub const DEFAULT_AFTER_LAST_ACTION: Span = Span::from_secs(60);

impl Scenario {
    /// Where the run ends: [`Scenario::until_us`], else [`DEFAULT_AFTER_LAST_ACTION`] after the last action, or after the
    /// start when there is none.
    #[must_use]
    pub fn ends_at(&self) -> Time {
        self.until_us.unwrap_or_else(|| {
            let last = self.actions.last().map_or(Time::ZERO, |last| last.at_us);
            last + DEFAULT_AFTER_LAST_ACTION
        })
    }
}

/// A run on its way to its end, and what was gathered on the way. Memory is bounded however long it is.
#[derive(Clone, Debug)]
pub struct Course {
    simulation: Simulation,
    end: Time,
    seen: EventId,
    missed: u64,
    latency: Distribution,
    staleness: Distribution,
    watch: Watch,
    checker: Checker,
    /// Writes that failed or are unknown and are still in the ledger.
    unacked: BTreeSet<OpId>,
    /// Of those no longer in the ledger, how many survived.
    survived: u64,
}

impl Course {
    /// The run of a scenario, at its start. It ends where the scenario says.
    ///
    /// # Errors
    /// [`ScenarioError`] when the scenario is not valid.
    pub fn new(scenario: &Scenario) -> Result<Self, ScenarioError> {
        Self::until(scenario, scenario.ends_at())
    }

    /// As [`Course::new`], with another end.
    ///
    /// # Errors
    /// [`ScenarioError`] when the scenario is not valid.
    pub fn until(scenario: &Scenario, end: Time) -> Result<Self, ScenarioError> {
        let simulation = Simulation::new(scenario)?;
        Ok(Self {
            watch: Watch::new(&simulation),
            checker: Checker::new(&scenario.expect, end),
            simulation,
            end,
            seen: EventId(0),
            missed: 0,
            latency: Distribution::default(),
            staleness: Distribution::default(),
            unacked: BTreeSet::new(),
            survived: 0,
        })
    }

    /// The run as it stands.
    #[must_use]
    pub fn simulation(&self) -> &Simulation {
        &self.simulation
    }

    /// Where it ends.
    #[must_use]
    pub fn end(&self) -> Time {
        self.end
    }

    /// Events that one single step made in such a number that the trace no longer had the first of them. Only a promotion
    /// that loses or regains about 100,000 writes can do that; what is missed are some of those.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.missed
    }

    /// Handles at most `most` things, shows every event in order, and says whether the end is reached.
    pub fn advance(&mut self, most: u64, mut each: impl FnMut(&Simulation, &Event)) -> bool {
        for _ in 0..most {
            let due = self.simulation.next_due().filter(|&at| at <= self.end);
            while let Some(instant) = self.checker.next_instant()
                && due.is_none_or(|due| instant < due)
            {
                self.simulation.advance_to(instant);
                self.checker.look(&self.simulation);
            }
            if due.is_none() {
                self.simulation.advance_to(self.end);
                return true;
            }
            self.simulation.step();
            self.read(&mut each);
        }
        false
    }

    /// Goes to the end.
    pub fn finish(&mut self) {
        while !self.advance(u64::MAX, |_, _| {}) {}
    }

    /// Goes on to exactly where another run of the same scenario stands, doing what was done there, and ends there for now.
    /// Returns whether it is there: not when the other stands earlier, or has come another way.
    pub fn follow(&mut self, leader: &Simulation) -> bool {
        if leader.steps() < self.simulation.steps()
            || leader.actions_taken() < self.simulation.actions_taken()
        {
            return false;
        }
        self.simulation.set_actions(leader.action_log());
        while self.simulation.steps() < leader.steps() {
            if !self.simulation.step() {
                return false;
            }
            self.read(&mut |_, _| {});
        }
        if self.simulation.now() < leader.now() {
            self.simulation.advance_to(leader.now());
        }
        self.end = leader.now();
        self.simulation.now() == leader.now()
            && self.simulation.steps() == leader.steps()
            && self.simulation.trace().hash() == leader.trace().hash()
    }

    fn read(&mut self, each: &mut impl FnMut(&Simulation, &Event)) {
        let mut milestones = false;
        for event in self.simulation.trace().since(self.seen) {
            self.missed += event.id.0 - self.seen.0 - 1;
            self.seen = event.id;
            milestones |= event.kind.is_milestone();
            let oracle = self.simulation.oracle();
            match event.kind {
                EventKind::WriteAcked { op } => {
                    let span = oracle
                        .op(op)
                        .and_then(|op| Some(op.done_at?.since(op.issued_at)));
                    self.latency.add(span.unwrap_or_default());
                }
                EventKind::ReadAnswered {
                    op,
                    stale_versions: 1..,
                } => {
                    let stale = oracle.op(op).and_then(|op| op.verdict.stale);
                    self.staleness.add(stale.unwrap_or_default().span);
                }
                EventKind::WriteUnknown { op } | EventKind::OpFailed { op, .. } => {
                    self.unacked.insert(op);
                }
                _ => {}
            }
            self.watch.event(&self.simulation, event);
            self.checker.event(event);
            each(&self.simulation, event);
        }
        if milestones {
            self.watch.stepped(&self.simulation);
        }
        self.settle_the_oldest();
    }

    /// Decides about an unacked write for good before the ledger forgets it.
    fn settle_the_oldest(&mut self) {
        let Some(&oldest) = self.unacked.first() else {
            return;
        };
        let totals = self.simulation.oracle().totals();
        let issued = totals.writes_issued + totals.reads_issued;
        if issued >= u64::from(oldest.0) + LEDGER_CAP as u64 - 1 {
            self.unacked.remove(&oldest);
            self.survived += u64::from(self.has_survived(oldest));
        }
    }

    fn has_survived(&self, op: OpId) -> bool {
        let oracle = self.simulation.oracle();
        oracle
            .op(op)
            .is_some_and(|op| op.is_write() && oracle.is_ghost(op))
    }

    /// The numbers so far.
    #[must_use]
    pub fn report(&self) -> Report {
        let still_kept = self.unacked.iter().filter(|&&op| self.has_survived(op));
        Report::new(
            &self.simulation,
            Gathered {
                latency: &self.latency,
                staleness: &self.staleness,
                failovers: self.watch.failovers(),
                outages: self.watch.outages(self.simulation.now()),
                survived_unacked: self.survived + still_kept.count() as u64,
            },
        )
    }

    /// What became of the scenario's expectations, in their order. Before the end they are answered as if it were the end.
    #[must_use]
    pub fn answers(&self) -> Vec<Answer> {
        self.checker.answers(&self.simulation, &self.report())
    }
}

//! The search for broken promises: random scenarios, watched event by event, then mended and expected to recover.
//!
//! A scenario of a seed has two phases. First faults: whatever happens, what `promises` says must hold. Then everything is
//! mended and left in peace: the nodes must converge, and a new write must be acked and read back everywhere.
//!
//! `generate`: the scenarios. `mend`: how each kind of cluster is mended, and when. `course`: a run and what is checked at
//! every step. `acks`: the rule of each ack. `causes`: where verdicts come from. `reigns`: who may rule, and only once.
//! `history`: what clients read, as histories to be checked. `recovery`: what must be true in the end. `summary`: what many
//! runs add up to.

mod acks;
mod causes;
mod course;
pub mod generate;
mod history;
mod mend;
mod recovery;
mod reigns;
mod summary;
#[cfg(test)]
mod tests;

use core::fmt;

use crate::Simulation;
use crate::scenario::{Scenario, ScenarioError};
use crate::time::Time;

pub use generate::{Limits, Theme, Themes, theme};
pub use mend::Phases;
pub use summary::{OfTheme, Summary};

/// What must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Invariant {
    /// A run comes to its end: nothing sends for ever without time passing.
    NoStorm,
    /// Replay is not ahead of flush, flush not of write, write not of the end of the log (R-PG-3).
    PositionsInOrder,
    /// No replica holds what its primary has not flushed (R-PG-3).
    OnlyFlushedIsShipped,
    /// A write is acked when what its mode promised is true, and not before (R-PG-1, R-MY-4).
    AckRule,
    /// Where promised: at most one node takes writes.
    OnePrimary,
    /// Where promised: who is promoted was in the set in force, or was waited for as it joined (R-PT-8).
    OnlyElectablePromoted,
    /// A timeline is opened once; a term of the store and an epoch of the Sentinels have one leader at the most.
    OneReignEach,
    /// Where promised: an acked write is not lost.
    NoAckedWriteLost,
    /// Two logs are equal up to their fork.
    LogsAgree,
    /// Where promised: each key is a linearizable register to those who read through the primary.
    Linearizable,
    /// Where a history is linearizable, the oracle finds no read stale or out of order.
    NoReadMisjudged,
    /// The causes of every verdict lead back to an action or the start.
    VerdictsHaveCauses,
    /// The ledger says of each write what the surviving log says.
    LedgerMatchesLog,
    /// The totals are what the events and the ledger add up to.
    TotalsMatchLedger,
    /// Mended and left in peace, all nodes have the same log and table.
    Converges,
    /// Mended and left in peace, the cluster acks a write and every node shows it.
    Available,
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// An invariant that a run broke.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("seed {seed}, at {when}: {invariant} does not hold: {detail}")]
pub struct Violation {
    /// The scenario's seed.
    pub seed: u64,
    /// What does not hold.
    pub invariant: Invariant,
    /// When that was found.
    pub when: Time,
    /// What was found, with the names of the nodes, operations and positions.
    pub detail: String,
}

/// Why a scenario did not pass.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It is not valid.
    #[error(transparent)]
    Invalid(#[from] ScenarioError),
    /// It broke an invariant.
    #[error(transparent)]
    Broken(#[from] Violation),
}

/// What a run that broke nothing contained: how much the search has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Events of the trace.
    pub events: u64,
    /// The trace's hash.
    pub trace_hash: u64,
    /// Writes that clients were told are committed.
    pub writes_acked: u64,
    /// Acks whose rule was checked.
    pub acks_checked: u64,
    /// Reads with an answer.
    pub reads_answered: u64,
    /// Promotions.
    pub promotions: u64,
    /// Acked writes that are lost in the end, where no setting promised otherwise.
    pub lost_acked: u64,
    /// Whether two nodes took writes at a time, where no setting promised otherwise.
    pub split_brain: bool,
    /// Verdicts whose causes were followed back.
    pub verdicts: u64,
    /// Keys whose histories were promised to be linearizable, and are.
    pub linearizable_keys: u64,
    /// Operations in those histories.
    pub linearizable_ops: u64,
    /// Acked writes that were promised to survive.
    pub promised_acks: u64,
    /// Promotions of the MySQL or MariaDB replica that had received most, where semi-sync promised that nothing acked is lost.
    pub safest_promotions: u64,
    /// Whether recovery was promised, and happened.
    pub recovered: bool,
    /// Why recovery was not asked for, if it was not.
    pub excused: Option<Excuse>,
}

/// Why a scenario is not expected to recover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Excuse {
    /// More disks are lost than the protocol survives.
    DisksLost,
    /// Under Patroni a standby needs log that its leader has not got any more, so a person has to fill it again (R-PG-14). All
    /// others must have recovered.
    LogRemoved,
    /// The primary's disk is lost, and no replica has been in touch with it lately enough for the Sentinels (R-RS), so a
    /// person has to promote one.
    NobodyFit,
}

impl fmt::Display for Excuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DisksLost => "too many disks lost",
            Self::LogRemoved => "a standby needs log that is not kept",
            Self::NobodyFit => "no replica is fit to be promoted",
        })
    }
}

/// The scenario of a seed, with faults and then healing, and when each phase begins.
#[must_use]
pub fn scenario(seed: u64, limits: Limits) -> (Scenario, Phases) {
    let mut scenario = generate::scenario(seed, limits);
    let theme = theme(seed, limits);
    let phases = Phases::after(limits.faults_until(theme), theme, &scenario.cluster);
    let healing = mend::healing(&scenario, theme, phases);
    scenario.actions.extend(healing);
    (scenario, phases)
}

/// Runs the scenario of a seed through both phases.
///
/// # Errors
/// [`Failure`] when an invariant does not hold; [`scenario`] gives the scenario again.
pub fn explore(seed: u64, limits: Limits) -> Result<Statistics, Failure> {
    let (scenario, phases) = scenario(seed, limits);
    check(&scenario, phases.ends_at, true)
}

/// Runs any scenario up to `until` and checks what holds at every step; if `recovers`, also that the nodes have converged
/// and that the last write is on all of them, as after the healing of [`scenario`].
///
/// # Errors
/// [`Failure`] when the scenario is not valid or an invariant does not hold.
pub fn check(scenario: &Scenario, until: Time, recovers: bool) -> Result<Statistics, Failure> {
    let mut course = course::Course::new(scenario)?;
    course.run_to(until)?;
    course.check_histories()?;
    if recovers {
        match recovery::excuse(&course) {
            Some(excuse) => course.excuse(excuse),
            None => recovery::check(&mut course)?,
        }
    }
    Ok(course.statistics())
}

/// A run under observation, as the checks see it.
struct Watched {
    simulation: Simulation,
    seed: u64,
}

impl Watched {
    /// The violation of an invariant, found now.
    fn broken(&self, invariant: Invariant, detail: String) -> Violation {
        Violation {
            seed: self.seed,
            invariant,
            when: self.simulation.now(),
            detail,
        }
    }

    /// Fails unless the condition holds.
    fn holds(
        &self,
        condition: bool,
        invariant: Invariant,
        detail: impl FnOnce() -> String,
    ) -> Result<(), Violation> {
        if condition {
            Ok(())
        } else {
            Err(self.broken(invariant, detail()))
        }
    }
}

//! Which operations the ledger lists, in which order.

use std::sync::Arc;

use replicascope_engine::Simulation;
use replicascope_engine::ids::OpId;
use replicascope_engine::oracle::LEDGER_CAP;

/// What a person wants to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    /// Where something went wrong: lost writes first, then the rest, newest first.
    Broken,
    /// Everything, newest first.
    All,
}

/// The rows by index. Cheap to make for [`Filter::All`], however long the ledger is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rows {
    /// These.
    Listed(Arc<[OpId]>),
    /// So many, down from this one.
    Down { newest: OpId, count: usize },
}

impl Rows {
    pub(super) fn of(simulation: &Simulation, filter: Filter) -> Self {
        match filter {
            Filter::All => {
                let count = issued(simulation);
                Self::Down {
                    newest: OpId(count as u32),
                    count: count.min(LEDGER_CAP),
                }
            }
            Filter::Broken => Self::Listed(broken(simulation).collect()),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Listed(ids) => ids.len(),
            Self::Down { count, .. } => *count,
        }
    }

    /// The operation in a row.
    pub(super) fn get(&self, index: usize) -> Option<OpId> {
        match self {
            Self::Listed(ids) => ids.get(index).copied(),
            Self::Down { newest, count } => (index < *count).then(|| OpId(newest.0 - index as u32)),
        }
    }

    /// The row of an operation.
    pub(super) fn index(&self, op: OpId) -> Option<usize> {
        match self {
            Self::Listed(ids) => ids.iter().position(|&id| id == op),
            Self::Down { newest, count } => {
                let index = newest.0.checked_sub(op.0)? as usize;
                (index < *count).then_some(index)
            }
        }
    }
}

/// The operations where something went wrong: lost writes first, then the rest, newest first.
pub(crate) fn broken(simulation: &Simulation) -> impl Iterator<Item = OpId> {
    let broken = || simulation.oracle().ops().rev().filter(|op| op.is_broken());
    let lost = broken().filter(|op| op.lost);
    let others = broken().filter(|op| !op.lost);
    lost.chain(others).map(|op| op.id)
}

/// How many operations there have been.
pub(super) fn issued(simulation: &Simulation) -> usize {
    let totals = simulation.oracle().totals();
    (totals.writes_issued + totals.reads_issued) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use replicascope_engine::time::Time;

    #[test]
    fn broken_lists_every_lost_write_first_and_each_row_once() {
        let (scenario, _) = crate::scenarios::opening();
        let mut simulation = Simulation::new(&scenario).expect("valid");
        simulation.advance_to(Time::from_secs(6));
        let rows = Rows::of(&simulation, Filter::Broken);
        let lost = simulation.oracle().totals().lost_acked as usize;
        assert!(lost > 0);
        for index in 0..rows.len() {
            let id = rows.get(index).expect("inside");
            let op = simulation.oracle().op(id).expect("kept");
            assert_eq!(op.lost, index < lost);
            assert_eq!(rows.index(id), Some(index));
        }
    }

    #[test]
    fn all_counts_down_from_the_newest() {
        let rows = Rows::Down {
            newest: OpId(10),
            count: 4,
        };
        let ids: Vec<u32> = (0..5)
            .filter_map(|index| rows.get(index))
            .map(|op| op.0)
            .collect();
        assert_eq!(ids, [10, 9, 8, 7]);
        assert_eq!(rows.index(OpId(8)), Some(2));
        assert_eq!(rows.index(OpId(6)), None);
    }
}

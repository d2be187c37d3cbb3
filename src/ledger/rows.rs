//! Which operations the ledger lists, in which order.

use std::sync::Arc;

use replicascope_engine::Simulation;
use replicascope_engine::ids::OpId;
use replicascope_engine::oracle::LEDGER_CAP;

use super::window::{LINE_PX, ROW_PX};
use crate::words::verdicts::more_chips;

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
enum Listed {
    /// These, the first so many of them lost writes.
    These(Arc<[OpId]>, usize),
    /// So many, down from this one.
    Down { newest: OpId, count: usize },
}

/// The operations that have several verdicts, and so taller rows: by number, with how many lines they and all before them have
/// beside the usual ones.
pub(super) type Tall = Arc<[(OpId, usize)]>;

/// The rows of a filter, and where each begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rows {
    listed: Listed,
    tall: Tall,
}

impl Rows {
    pub(super) fn of(simulation: &Simulation, filter: Filter, tall: Tall) -> Self {
        let listed = match filter {
            Filter::All => {
                let count = issued(simulation);
                Listed::Down {
                    newest: OpId(count as u32),
                    count: count.min(LEDGER_CAP),
                }
            }
            Filter::Broken => {
                let ids: Arc<[OpId]> = broken(simulation).collect();
                let lost =
                    ids.partition_point(|&id| simulation.oracle().op(id).is_some_and(|op| op.lost));
                Listed::These(ids, lost)
            }
        };
        Self { listed, tall }
    }

    pub(super) fn len(&self) -> usize {
        match &self.listed {
            Listed::These(ids, _) => ids.len(),
            Listed::Down { count, .. } => *count,
        }
    }

    /// The operation in a row.
    pub(super) fn get(&self, index: usize) -> Option<OpId> {
        match &self.listed {
            Listed::These(ids, _) => ids.get(index).copied(),
            Listed::Down { newest, count } => {
                (index < *count).then(|| OpId(newest.0 - index as u32))
            }
        }
    }

    /// The row of an operation.
    pub(super) fn index(&self, op: OpId) -> Option<usize> {
        match &self.listed {
            Listed::These(ids, lost) => {
                let (lost, others) = ids.split_at(*lost);
                let find = |ids: &[OpId]| ids.binary_search_by(|id| op.cmp(id)).ok();
                find(lost).or_else(|| Some(lost.len() + find(others)?))
            }
            Listed::Down { newest, count } => {
                let index = newest.0.checked_sub(op.0)? as usize;
                (index < *count).then_some(index)
            }
        }
    }

    /// Where a row begins, in pixels from the top; the row after the last one is where all of them end.
    pub(super) fn top_of(&self, index: usize) -> f64 {
        let all = self.tall.last().map_or(0, |&(_, lines)| lines);
        let above = match (&self.listed, self.get(index)) {
            // No lost write has a second verdict, and they come first.
            (Listed::These(_, lost), _) if index <= *lost => 0,
            // What has several verdicts is broken, so it is listed whatever the filter, newest first.
            (_, Some(op)) => {
                let up_to = self.tall.partition_point(|&(id, _)| id <= op);
                all - up_to.checked_sub(1).map_or(0, |last| self.tall[last].1)
            }
            (_, None) => all,
        };
        index as f64 * ROW_PX + above as f64 * LINE_PX
    }
}

/// The operations with several verdicts.
pub(super) fn tall(simulation: &Simulation) -> Tall {
    let mut lines = 0;
    simulation
        .oracle()
        .ops()
        .filter_map(|op| {
            let more = more_chips(op);
            lines += more;
            (more > 0).then_some((op.id, lines))
        })
        .collect()
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
    use super::super::window::height_of;
    use super::*;
    use replicascope_engine::time::Time;

    fn run(preset: usize, seconds: u64) -> Simulation {
        let (scenario, _) = (crate::scenarios::ALL[preset].make)();
        let mut simulation = Simulation::new(&scenario).expect("valid");
        simulation.advance_to(Time::from_secs(seconds));
        simulation
    }

    #[test]
    fn broken_lists_every_lost_write_first_and_each_row_once() {
        let simulation = run(0, 6);
        let rows = Rows::of(&simulation, Filter::Broken, tall(&simulation));
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
    fn rows_follow_one_another_without_a_gap_whatever_their_heights() {
        for (preset, seconds) in [(0, 8), (1, 20)] {
            let simulation = run(preset, seconds);
            let tall = tall(&simulation);
            assert!(!tall.is_empty(), "some reads break more than one promise");
            for filter in [Filter::Broken, Filter::All] {
                let rows = Rows::of(&simulation, filter, Arc::clone(&tall));
                let mut top = 0.0;
                for index in 0..rows.len() {
                    assert!((rows.top_of(index) - top).abs() < 0.1, "{filter:?} {index}");
                    let op = simulation.oracle().op(rows.get(index).expect("inside"));
                    top += height_of(more_chips(op.expect("kept")));
                }
                assert!((rows.top_of(rows.len()) - top).abs() < 0.1);
            }
        }
    }

    #[test]
    fn all_counts_down_from_the_newest() {
        let rows = Rows {
            listed: Listed::Down {
                newest: OpId(10),
                count: 4,
            },
            tall: Arc::default(),
        };
        let ids: Vec<u32> = (0..5)
            .filter_map(|index| rows.get(index))
            .map(|op| op.0)
            .collect();
        assert_eq!(ids, [10, 9, 8, 7]);
        assert_eq!((rows.index(OpId(7)), rows.index(OpId(6))), (Some(3), None));
    }
}

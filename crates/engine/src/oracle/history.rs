//! The tree of timelines: which history contains which record.

use crate::ids::{Lsn, Timeline, Tip};
use crate::node::wal::Segment;

/// A timeline and where it left the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Branch {
    /// The timeline.
    pub timeline: Timeline,
    /// The timeline it continues; `None` for the first.
    pub parent: Option<Timeline>,
    /// The last position it shares with its parent.
    pub fork: Lsn,
}

/// How a timeline came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opened {
    /// The nodes elected its owner.
    Elected,
    /// A person or a manager promoted its owner.
    Promoted,
    /// A crash took records off the end of its owner's log.
    AfterCrash,
}

/// Every timeline that was ever opened.
#[derive(Clone, Debug)]
pub struct Histories {
    branches: Vec<Branch>,
    surviving: Timeline,
}

impl Histories {
    pub(super) fn new(first: Timeline) -> Self {
        Self {
            branches: vec![Branch {
                timeline: first,
                parent: None,
                fork: Lsn::ZERO,
            }],
            surviving: first,
        }
    }

    /// A timeline was opened. Which history survives then: among nodes that elect, the newest; among servers, what somebody
    /// promoted last, whatever its number; a server that lost the end of its log in a crash takes over from nobody.
    pub(super) fn open(&mut self, timeline: Timeline, history: &[Segment], fork: Lsn, how: Opened) {
        let parent = history
            .iter()
            .rev()
            .find(|segment| segment.from <= fork)
            .map(|segment| segment.timeline);
        self.branches.push(Branch {
            timeline,
            parent,
            fork,
        });
        self.surviving = match how {
            Opened::Elected => self.surviving.max(timeline),
            Opened::Promoted => timeline,
            Opened::AfterCrash if timeline.is_after_crash_of(self.surviving) => timeline,
            Opened::AfterCrash => self.surviving,
        };
    }

    /// The timeline that went on is on no disk any more; `timeline` is.
    pub(super) fn fall_back(&mut self, timeline: Timeline) {
        self.surviving = timeline;
    }

    /// Every timeline, in the order of opening.
    #[must_use]
    pub fn branches(&self) -> &[Branch] {
        &self.branches
    }

    /// The timeline of the history that goes on: what it does not contain is lost.
    #[must_use]
    pub fn surviving(&self) -> Timeline {
        self.surviving
    }

    /// Whether the history of the newest timeline contains the record.
    #[must_use]
    pub fn in_surviving(&self, tip: Tip) -> bool {
        self.contains(
            Tip {
                timeline: self.surviving,
                lsn: Lsn(u64::MAX),
            },
            tip,
        )
    }

    /// Whether the history that ends with `of` contains the record `tip`.
    #[must_use]
    pub fn contains(&self, of: Tip, tip: Tip) -> bool {
        if tip.lsn == Lsn::ZERO {
            return true;
        }
        let (mut timeline, mut end) = (of.timeline, of.lsn);
        loop {
            if tip.lsn > end {
                return false;
            }
            if timeline == tip.timeline {
                return true;
            }
            let Some(branch) = self
                .branches
                .iter()
                .rev()
                .find(|branch| branch.timeline == timeline)
            else {
                return false;
            };
            let Some(parent) = branch.parent else {
                return false;
            };
            timeline = parent;
            end = end.min(branch.fork);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tip(timeline: u64, lsn: u64) -> Tip {
        Tip {
            timeline: Timeline(timeline),
            lsn: Lsn(lsn),
        }
    }

    #[test]
    fn a_history_contains_its_ancestors_up_to_the_fork() {
        let mut histories = Histories::new(Timeline(1));
        histories.open(
            Timeline(2),
            &[Segment {
                timeline: Timeline(1),
                from: Lsn(1),
            }],
            Lsn(5),
            Opened::Elected,
        );
        let both = [
            Segment {
                timeline: Timeline(1),
                from: Lsn(1),
            },
            Segment {
                timeline: Timeline(2),
                from: Lsn(6),
            },
        ];
        histories.open(Timeline(3), &both, Lsn(8), Opened::Elected);
        assert!(histories.contains(tip(3, 10), tip(2, 8)));
        assert!(!histories.contains(tip(3, 10), tip(2, 9)));
        assert!(histories.contains(tip(3, 10), tip(1, 5)));
        assert!(!histories.contains(tip(3, 10), tip(1, 6)));
        assert!(histories.in_surviving(tip(3, 400)));
        assert!(!histories.contains(tip(1, 9), tip(2, 6)));
        assert!(histories.contains(tip(1, 0), Tip::default()));
    }

    #[test]
    fn the_highest_timeline_survives_whatever_the_order_of_opening() {
        let mut histories = Histories::new(Timeline(1));
        let one = [Segment {
            timeline: Timeline(1),
            from: Lsn(1),
        }];
        histories.open(Timeline(9), &one, Lsn(5), Opened::Elected);
        histories.open(Timeline(4), &one, Lsn(7), Opened::Elected);
        assert_eq!(histories.surviving(), Timeline(9));
        assert!(!histories.in_surviving(tip(1, 6)));
    }

    #[test]
    fn a_server_that_lost_its_end_in_a_crash_takes_over_from_nobody_but_itself() {
        use crate::ids::NodeId;
        let (first, promoted) = (Timeline::new(1, NodeId(0)), Timeline::new(2, NodeId(1)));
        let one = [Segment {
            timeline: first,
            from: Lsn(1),
        }];
        let mut histories = Histories::new(first);
        let after = first.after_crash();
        histories.open(after, &one, Lsn(4), Opened::AfterCrash);
        assert_eq!(histories.surviving(), after);
        histories.open(promoted, &one, Lsn(4), Opened::Promoted);
        histories.open(after.after_crash(), &one, Lsn(3), Opened::AfterCrash);
        assert_eq!(histories.surviving(), promoted);
        histories.fall_back(first);
        assert_eq!(histories.surviving(), first);
    }
}

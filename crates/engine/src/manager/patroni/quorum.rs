//! The order of changes in quorum mode (R-PT-9; patroni/quorum.py `QuorumStateResolver`, with fewer intermediate steps).
//!
//! A write is acked when `count` of `names` have it. A candidate needs `quorum + 1` of `voters` that are no further than it
//! is. So that these always meet in one node, `count + quorum + 1 > |voters ∪ names|` must hold between any two steps. And
//! before the voters change, enough of the new ones must have what was acked under the names of before.

use crate::ids::NodeSet;

/// Where things stand, and what is wanted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quorum {
    /// `/sync`: the voters.
    pub(super) voters: NodeSet,
    /// `/sync`: how many others a candidate needs.
    pub(super) quorum: usize,
    /// PostgreSQL's list.
    pub(super) names: NodeSet,
    /// How many of it confirm a commit; 0: nobody is waited for.
    pub(super) count: usize,
    /// The standbys that could be synchronous now.
    pub(super) active: NodeSet,
    /// Those that have all that was acked before the list last changed.
    pub(super) ready: NodeSet,
    /// How many confirmations are wanted.
    pub(super) wanted: usize,
    /// Whether nothing is to be acked by the leader alone.
    pub(super) strict: bool,
}

/// The next thing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Move {
    /// Nothing.
    Done,
    /// Look again when standbys have caught up.
    Wait,
    /// Write `/sync`.
    Store(NodeSet, usize),
    /// Write PostgreSQL's list.
    Names(NodeSet, usize),
}

impl Quorum {
    /// Whether acks under a list and a promotion by `/sync` always meet. Where the leader acks alone that is so only if nobody
    /// can be promoted: more voters are needed than there are.
    fn meet(voters: NodeSet, quorum: usize, names: NodeSet, count: usize) -> bool {
        voters.is_empty() || count + quorum + 1 > voters.union(names).len()
    }

    pub(super) fn next(&self) -> Move {
        if self.active.is_empty() && self.strict && self.count > 0 {
            return Move::Done;
        }
        let count = self.wanted.min(self.active.len());
        let quorum = self.active.len() - count;
        if (self.names, self.count) != (self.active, count) {
            if Self::meet(self.voters, self.quorum, self.active, count) {
                return Move::Names(self.active, count);
            }
            // Stricter first: more voters must agree, or nobody may be promoted for a moment.
            let needed = self.voters.union(self.active).len() - count;
            if needed < self.voters.len() {
                return Move::Store(self.voters, needed);
            }
            return Move::Store(NodeSet::EMPTY, 0);
        }
        if (self.voters, self.quorum) == (self.active, quorum) {
            return Move::Done;
        }
        let behind = self
            .active
            .iter()
            .filter(|&node| !self.ready.contains(node));
        if behind.count() <= quorum {
            Move::Store(self.active, quorum)
        } else {
            Move::Wait
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tried out: whoever acks beside the leader, one of any candidate and the voters that agree with it is among them.
    fn always_meet(state: &Quorum) -> bool {
        let parts = |of: NodeSet, count: usize| {
            (0..16)
                .map(NodeSet)
                .filter(move |part| part.0 & !of.0 == 0 && part.len() == count)
        };
        parts(state.names, state.count).all(|acks| {
            parts(state.voters, state.quorum + 1)
                .all(|agreed| !acks.intersection(agreed).is_empty())
        })
    }

    /// From every steady state to every other, with any standbys ready: acks and promotions meet after each step.
    #[test]
    fn r_pt_9_acks_and_promotions_meet_after_every_step() {
        for strict in [false, true] {
            for (before, after, ready) in (0..8 * 16 * 16).map(|n| (n % 16, n / 16 % 16, n / 256)) {
                for wanted in 1..=3 {
                    let count = wanted.min(NodeSet(before).len());
                    let mut state = Quorum {
                        voters: NodeSet(before),
                        quorum: NodeSet(before).len() - count,
                        names: NodeSet(before),
                        count,
                        active: NodeSet(after),
                        ready: NodeSet(ready),
                        wanted: 1 + wanted % 3,
                        strict,
                    };
                    let mut steps = 0;
                    loop {
                        match state.next() {
                            Move::Done | Move::Wait => break,
                            Move::Store(voters, quorum) => {
                                (state.voters, state.quorum) = (voters, quorum);
                            }
                            Move::Names(names, count) => {
                                (state.names, state.count) = (names, count);
                            }
                        }
                        assert!(always_meet(&state), "{state:?}");
                        steps += 1;
                        assert!(steps < 6, "{state:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn r_pt_9_a_standby_that_lags_keeps_the_voters_as_they_are() {
        let state = Quorum {
            voters: NodeSet(0b01),
            quorum: 0,
            names: NodeSet(0b01),
            count: 1,
            active: NodeSet(0b11),
            ready: NodeSet(0b01),
            wanted: 2,
            strict: false,
        };
        assert_eq!(state.next(), Move::Names(NodeSet(0b11), 2));
        let listed = Quorum {
            names: NodeSet(0b11),
            count: 2,
            ..state
        };
        assert_eq!(listed.next(), Move::Wait);
        let caught_up = Quorum {
            ready: NodeSet(0b11),
            ..listed
        };
        assert_eq!(caught_up.next(), Move::Store(NodeSet(0b11), 0));
    }

    /// Listed and voting, with these counts.
    fn steady(nodes: u64, count: usize, wanted: usize) -> Quorum {
        let nodes = NodeSet(nodes);
        Quorum {
            voters: nodes,
            quorum: nodes.len() - count,
            names: nodes,
            count,
            active: nodes,
            ready: nodes,
            wanted,
            strict: false,
        }
    }

    #[test]
    fn r_pt_9_more_voters_must_agree_before_fewer_standbys_ack() {
        let state = steady(0b111, 2, 1);
        assert_eq!(state.next(), Move::Store(NodeSet(0b111), 2));
        // Where that would ask for more than there are, nobody may be promoted for a moment.
        let grown = Quorum {
            active: NodeSet(0b111),
            ready: NodeSet(0b111),
            ..steady(0b11, 2, 1)
        };
        assert_eq!(grown.next(), Move::Store(NodeSet::EMPTY, 0));
        let replaced = Quorum {
            active: NodeSet(0b1100),
            ready: NodeSet(0b1100),
            ..steady(0b1, 1, 1)
        };
        assert_eq!(replaced.next(), Move::Store(NodeSet::EMPTY, 0));
    }

    #[test]
    fn r_pt_9_strict_keeps_the_last_list_when_nobody_is_left() {
        let alone = |strict| Quorum {
            active: NodeSet::EMPTY,
            strict,
            ..steady(0b1, 1, 1)
        };
        assert_eq!(alone(true).next(), Move::Done);
        assert_eq!(alone(false).next(), Move::Store(NodeSet::EMPTY, 0));
        // With nothing listed there is nothing to keep, strict or not.
        let unlisted = Quorum {
            names: NodeSet::EMPTY,
            count: 0,
            quorum: 1,
            ..alone(true)
        };
        assert_eq!(unlisted.next(), Move::Store(NodeSet::EMPTY, 0));
    }
}

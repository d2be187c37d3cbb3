//! Which replica becomes the new source (R-MH-6).

use super::server;
use crate::ids::{Lsn, NodeId};
use crate::scenario::Mha;

/// With `check_repl_delay`, a replica whose applier is further behind than this is passed over, bytes.
const MOST_DELAY: u64 = 100_000_000;

/// A replica as it stands once nobody receives any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) node: NodeId,
    pub(super) received: Lsn,
    pub(super) applied: Lsn,
}

/// The new source, and whether it is among those that received most.
pub(super) fn choose(
    candidates: &[Candidate],
    mha: &Mha,
    record_bytes: u64,
) -> Option<(NodeId, bool)> {
    let most = candidates
        .iter()
        .map(|candidate| candidate.received)
        .max()?;
    let is_latest = |candidate: &Candidate| candidate.received == most;
    let is_preferred = |candidate: &Candidate| server(mha, candidate.node).candidate_master;
    let is_fit = |candidate: &&Candidate| {
        let behind = most
            .ahead_of(candidate.applied)
            .saturating_mul(record_bytes);
        let too_far = mha.check_repl_delay && behind > MOST_DELAY;
        !server(mha, candidate.node).no_master && !too_far
    };
    let fit = || candidates.iter().filter(is_fit);
    let latest_first = mha.latest_priority;
    fit()
        .find(|candidate| latest_first && is_preferred(candidate) && is_latest(candidate))
        .or_else(|| fit().find(|candidate| is_preferred(candidate)))
        .or_else(|| fit().find(|candidate| latest_first && is_latest(candidate)))
        .or_else(|| fit().next())
        .map(|candidate| (candidate.node, is_latest(candidate)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::MhaServer;

    /// n2, n3, … received and applied so many records.
    fn candidates(positions: &[(u64, u64)]) -> Vec<Candidate> {
        (1..)
            .zip(positions)
            .map(|(node, &(received, applied))| Candidate {
                node: NodeId(node),
                received: Lsn(received),
                applied: Lsn(applied),
            })
            .collect()
    }

    fn told(node: u8, candidate_master: bool, no_master: bool) -> MhaServer {
        MhaServer {
            node: NodeId(node),
            candidate_master,
            no_master,
            ignore_fail: false,
        }
    }

    fn chosen(positions: &[(u64, u64)], mha: &Mha) -> Option<(u8, bool)> {
        choose(&candidates(positions), mha, 1_000_000).map(|(node, latest)| (node.0, latest))
    }

    #[test]
    fn r_mh_6_candidates_among_the_latest_then_any_candidate_then_the_latest_then_anybody() {
        let same = [(9, 9), (10, 10), (10, 10)];
        let mha = |servers: &[MhaServer]| Mha {
            servers: servers.to_vec(),
            ..Mha::default()
        };
        assert_eq!(chosen(&same, &mha(&[])), Some((2, true)));
        assert_eq!(
            chosen(&same, &mha(&[told(3, true, false)])),
            Some((3, true))
        );
        let both = [told(1, true, false), told(3, true, false)];
        assert_eq!(
            chosen(&same, &mha(&both)),
            Some((3, true)),
            "the latest goes first"
        );
        assert_eq!(
            chosen(&same, &mha(&[told(1, true, false)])),
            Some((1, false))
        );
        let neither = [told(2, false, true), told(3, false, true)];
        assert_eq!(chosen(&same, &mha(&neither)), Some((1, false)));
        let nobody = [
            told(1, false, true),
            told(2, false, true),
            told(3, false, true),
        ];
        assert_eq!(chosen(&same, &mha(&nobody)), None);
        let by_order = Mha {
            latest_priority: false,
            ..Mha::default()
        };
        assert_eq!(chosen(&same, &by_order), Some((1, false)));
    }

    #[test]
    fn r_mh_6_an_applier_more_than_100_million_bytes_behind_disqualifies() {
        let behind = [(200, 99), (200, 100)];
        assert_eq!(chosen(&behind, &Mha::default()), Some((2, true)));
        let unchecked = Mha {
            check_repl_delay: false,
            ..Mha::default()
        };
        assert_eq!(chosen(&behind, &unchecked), Some((1, true)));
        assert_eq!(chosen(&[(200, 0)], &Mha::default()), None);
    }
}

//! Is what clients saw of one key what a single copy could have shown them? Linearizability of a register.
//!
//! A history is linearizable when each operation can be given one instant between its invocation and its response such
//! that every read returns the last write before it. A write of unknown fate may take effect at any instant after its
//! invocation, or never.
//!
//! # Which algorithm, and why it is right
//!
//! Deciding this is NP-complete in general, but every write here has a value of its own, so each read names its write.
//! Then a sort is enough: O(n log n). The idea is Gibbons and Korach's (Testing shared memories, SIAM J. Comput. 26, 1997);
//! the proof below is for the form used here.
//!
//! *Clusters.* Take a write with the reads that return its value. For a cluster C let C.first be the earliest response in
//! it and C.last the latest invocation in it. The initial value is a write that responded before everything.
//!
//! *Unknown writes.* One that nobody read is left out: dropping a write that no read returns never spoils an order. One
//! that was read did take effect; its response counts as infinitely late, so it constrains nothing but through its
//! invocation. That is Herlihy and Wing's completion of a history.
//!
//! *Claim.* A history is linearizable if and only if (1) each read returns a value that was written, (2) no read responds
//! before its write is invoked, and (3) no two clusters A and B have A.first < B.last and B.first < A.last.
//!
//! *Only if.* (1) and (2) are plain. In a linearization the operations of a cluster are next to each other: the write,
//! then its reads, and no other write between them. So clusters are in a total order. If A.first < B.last, some operation of
//! A ended before one of B began, so A is before B; with the other half B is before A as well: a contradiction.
//!
//! *If.* Say A → B when A.first < B.last. If → had a cycle, take in it the cluster A with the greatest last. Every X of
//! the cycle has X.first < (the next one).last ≤ A.last, so X → A; let X be the one after A, and A → X too: that is (3).
//! So → has no cycle. Order the clusters along it; inside a cluster put the write first, which (2) allows, and the reads
//! in the order of their invocations. Any operation that ended before another began is before it: in one cluster by this
//! order, in two because A.first < B.last then holds, so A → B. Hence the order respects real time, and each read
//! returns the write of its own cluster, the last one before it. ∎
//!
//! *Finding a pair of (3).* Sort the clusters by first. For each B look for an A earlier in that order with
//! A.last > B.first and A.first < B.last: the A with A.first < B.last are a prefix, and the greatest last of a prefix is
//! kept. Each pair is looked at from its later cluster, and (3) is symmetric, so none is missed.
//!
//! An operation that responds in the same microsecond in which another is invoked counts as overlapping it, which can only
//! make the check more lenient.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use thiserror::Error;

use crate::ids::OpId;
use crate::time::Time;

/// One operation on the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Which: its name in a verdict.
    pub id: OpId,
    /// What it did.
    pub kind: Kind,
    /// When its client sent it.
    pub invoked: Time,
    /// When its client had the answer. A write without one may have taken effect or not; a read without one says nothing.
    pub responded: Option<Time>,
}

/// What an operation did. A value is named by the write that stored it, so values are unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Stored the value that is named by the operation's own id.
    Write,
    /// Returned the value that this write stored; `None` is the initial value.
    Read(Option<OpId>),
}

/// Why no single copy can have shown this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Anomaly {
    /// A read returned a value that nobody wrote.
    #[error("read {read:?} returned the value of {write:?}, which is no write of this history")]
    FromNowhere {
        /// The read.
        read: OpId,
        /// The write it names.
        write: OpId,
    },
    /// A read had ended when the write of its value was sent.
    #[error("read {read:?} ended before the write of its value, {write:?}, was sent")]
    FromTheFuture {
        /// The read.
        read: OpId,
        /// The write.
        write: OpId,
    },
    /// Each of two values must have been there before the other.
    #[error(
        "the values of {one:?} and {other:?} cannot be put in order: {one_ended:?} of the first ended before \
         {other_began:?} of the second began, and {other_ended:?} of the second before {one_began:?} of the first"
    )]
    OutOfOrder {
        /// The write of one value; `None` is the initial value.
        one: Option<OpId>,
        /// The write of the other value.
        other: Option<OpId>,
        /// The first operation on `one` to end; `None` is the start of the history.
        one_ended: Option<OpId>,
        /// The last operation on `other` to begin.
        other_began: Option<OpId>,
        /// The first operation on `other` to end.
        other_ended: Option<OpId>,
        /// The last operation on `one` to begin.
        one_began: Option<OpId>,
    },
}

/// A write with the reads that returned its value.
#[derive(Clone, Copy, Debug)]
struct Cluster {
    write: Option<OpId>,
    /// When the write was sent; 0 for the initial value, which nothing precedes.
    invoked: Option<Time>,
    first: Moment,
    last: Moment,
    is_read: bool,
    /// The write is known to have taken effect.
    is_acked: bool,
}

/// An instant and the operation that it belongs to. `at` is shifted by one so that 0 is before everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Moment {
    at: u128,
    of: Option<OpId>,
}

impl Moment {
    const BEFORE_EVERYTHING: Self = Self { at: 0, of: None };

    fn new(at: Time, of: OpId) -> Self {
        Self {
            at: u128::from(at.0) + 1,
            of: Some(of),
        }
    }

    fn never(of: OpId) -> Self {
        Self {
            at: u128::MAX,
            of: Some(of),
        }
    }
}

impl Cluster {
    fn initial() -> Self {
        Self {
            write: None,
            invoked: None,
            first: Moment::BEFORE_EVERYTHING,
            last: Moment::BEFORE_EVERYTHING,
            is_read: false,
            is_acked: true,
        }
    }

    fn of(write: &Operation) -> Self {
        Self {
            write: Some(write.id),
            invoked: Some(write.invoked),
            first: write
                .responded
                .map_or(Moment::never(write.id), |at| Moment::new(at, write.id)),
            last: Moment::new(write.invoked, write.id),
            is_read: false,
            is_acked: write.responded.is_some(),
        }
    }
}

/// Checks the history of one key. The operations may come in any order.
///
/// # Errors
/// An [`Anomaly`] when the history is not linearizable.
pub fn check(history: &[Operation]) -> Result<(), Anomaly> {
    let mut clusters: BTreeMap<Option<OpId>, Cluster> = history
        .iter()
        .filter(|op| op.kind == Kind::Write)
        .map(|write| (Some(write.id), Cluster::of(write)))
        .collect();
    clusters.insert(None, Cluster::initial());
    for read in history {
        let (Kind::Read(write), Some(responded)) = (read.kind, read.responded) else {
            continue;
        };
        let Some(cluster) = clusters.get_mut(&write) else {
            let (read, write) = (read.id, write.unwrap_or_default());
            return Err(Anomaly::FromNowhere { read, write });
        };
        if let (Some(write), Some(invoked)) = (write, cluster.invoked)
            && responded < invoked
        {
            return Err(Anomaly::FromTheFuture {
                read: read.id,
                write,
            });
        }
        cluster.first = cluster.first.min(Moment::new(responded, read.id));
        cluster.last = cluster.last.max(Moment::new(read.invoked, read.id));
        cluster.is_read = true;
    }
    let took_effect = clusters
        .into_values()
        .filter(|cluster| cluster.is_acked || cluster.is_read);
    in_order(took_effect.collect())
}

/// Looks for two clusters of which each must be before the other.
fn in_order(mut clusters: Vec<Cluster>) -> Result<(), Anomaly> {
    clusters.sort_unstable_by_key(|cluster| (cluster.first, cluster.write));
    // For each prefix, the place of the cluster with the greatest last in it.
    let mut latest: Vec<usize> = Vec::with_capacity(clusters.len());
    for (place, cluster) in clusters.iter().enumerate() {
        let before = clusters.partition_point(|other| other.first.at < cluster.last.at);
        if let Some(&rival) = before
            .min(place)
            .checked_sub(1)
            .and_then(|at| latest.get(at))
        {
            let rival = &clusters[rival];
            if rival.last.at > cluster.first.at {
                return Err(Anomaly::OutOfOrder {
                    one: rival.write,
                    other: cluster.write,
                    one_ended: rival.first.of,
                    other_began: cluster.last.of,
                    other_ended: cluster.first.of,
                    one_began: rival.last.of,
                });
            }
        }
        let greatest = latest
            .last()
            .copied()
            .filter(|&at| clusters[at].last >= cluster.last);
        latest.push(greatest.unwrap_or(place));
    }
    Ok(())
}

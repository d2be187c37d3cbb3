//! Global transaction identifiers (R-MY-9): who wrote a transaction first, and its number.
//!
//! The number is the record's position, which goes on over servers, as MariaDB's sequence numbers do within a domain. MySQL
//! counts for each server from 1; only the numbers look different, what is in a set and what is not is the same. Neither
//! tells a server's transaction from another one that it wrote in its place after a crash (R-LW-6).

use core::fmt;

use crate::ids::{Lsn, NodeId};
use crate::node::wal::{Record, Segment};
use crate::sort::sort_by_key;

/// The identifier of one transaction: MySQL's `uuid:number`, MariaDB's `domain-server-number`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct Gtid {
    /// The server that wrote it first.
    pub server: NodeId,
    /// Its number.
    pub number: u64,
}

impl Gtid {
    /// The identifier of a record.
    #[must_use]
    pub fn of(record: &Record) -> Self {
        Self {
            server: record.timeline.owner(),
            number: record.lsn.0,
        }
    }
}

impl fmt::Display for Gtid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.server, self.number)
    }
}

/// A set of GTIDs, as `gtid_executed` holds one: ranges of numbers, by server and then by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GtidSet {
    ranges: Vec<(NodeId, u64, u64)>,
}

impl GtidSet {
    /// The transactions of a log up to `end`, given the timelines it went through.
    pub(super) fn of_log(history: &[Segment], end: Lsn) -> Self {
        let mut set = Self::default();
        for (index, segment) in history.iter().enumerate() {
            let next = history.get(index + 1);
            let last = next.map_or(end.0, |next| end.0.min(next.from.0 - 1));
            set.add(segment.timeline.owner(), segment.from.0, last);
        }
        set
    }

    pub(super) fn add(&mut self, server: NodeId, first: u64, last: u64) {
        if first > last {
            return;
        }
        self.ranges.push((server, first, last));
        sort_by_key(&mut self.ranges, |&range| range);
        let mut merged: Vec<(NodeId, u64, u64)> = Vec::with_capacity(self.ranges.len());
        for &(server, first, last) in &self.ranges {
            match merged.last_mut() {
                Some((same, _, end)) if *same == server && first <= *end + 1 => {
                    *end = last.max(*end);
                }
                _ => merged.push((server, first, last)),
            }
        }
        self.ranges = merged;
    }

    /// The ranges: server, first and last number.
    #[must_use]
    pub fn ranges(&self) -> &[(NodeId, u64, u64)] {
        &self.ranges
    }

    /// Whether a transaction is in it: what `WAIT_FOR_EXECUTED_GTID_SET` waits for (R-MY-9).
    #[must_use]
    pub fn contains(&self, gtid: Gtid) -> bool {
        self.ranges.iter().any(|&(server, first, last)| {
            server == gtid.server && (first..=last).contains(&gtid.number)
        })
    }

    /// Whether any server's number has come so far: what `MASTER_GTID_WAIT` waits for, which compares numbers only (R-MY-9).
    #[must_use]
    pub fn has_come_to(&self, gtid: Gtid) -> bool {
        self.ranges.iter().any(|&(.., last)| last >= gtid.number)
    }

    /// The newest transaction that a server wrote.
    pub(super) fn last_of(&self, server: NodeId) -> Option<Gtid> {
        let of = |&&(owner, ..): &&(NodeId, u64, u64)| owner == server;
        let &(server, _, number) = self.ranges.iter().rev().find(of)?;
        Some(Gtid { server, number })
    }
}

impl fmt::Display for GtidSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (server, first, last)) in self.ranges.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{server}:{first}-{last}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Timeline;

    fn gtid(server: u8, number: u64) -> Gtid {
        Gtid {
            server: NodeId(server),
            number,
        }
    }

    #[test]
    fn r_my_9_a_set_joins_ranges_and_keeps_servers_apart() {
        let segment = |term, owner, from| Segment {
            timeline: Timeline::new(term, NodeId(owner)),
            from: Lsn(from),
        };
        let history = [segment(1, 0, 1), segment(2, 1, 6), segment(3, 0, 9)];
        let mut set = GtidSet::of_log(&history, Lsn(12));
        assert_eq!(set.to_string(), "n1:1-5,n1:9-12,n2:6-8");
        set.add(NodeId(0), 6, 8);
        assert_eq!(set.ranges(), [(NodeId(0), 1, 12), (NodeId(1), 6, 8)]);
        assert!(set.contains(gtid(1, 7)) && !set.contains(gtid(1, 9)));
        assert!(set.has_come_to(gtid(1, 9)), "MariaDB compares numbers only");
        assert!(!set.has_come_to(gtid(1, 13)));
        assert_eq!(set.last_of(NodeId(1)), Some(gtid(1, 8)));
        assert_eq!(GtidSet::of_log(&history, Lsn(3)).to_string(), "n1:1-3");
    }
}

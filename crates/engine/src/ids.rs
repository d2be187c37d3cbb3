//! Names of things: nodes, clients, operations, positions in the log, timelines, events.

use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The most nodes a cluster may have: a [`NodeSet`] is one machine word.
pub const MAX_NODES: usize = 64;

/// A database node. Index 0 is written `n1`, as people count.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u8);

impl NodeId {
    /// The node's place in every per-node array.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "n{}", u32::from(self.0) + 1)
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl core::str::FromStr for NodeId {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        text.strip_prefix('n')
            .filter(|digits| !digits.starts_with(['0', '+']))
            .and_then(|digits| digits.parse::<u8>().ok())
            .filter(|number| (1..=MAX_NODES as u8).contains(number))
            .map(|number| Self(number - 1))
            .ok_or_else(|| format!("\"{text}\" is not a node's name (n1 to n{MAX_NODES})"))
    }
}

impl Serialize for NodeId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for NodeId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// A client session: one application with one connection's worth of memory. Counted from 0.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct ClientId(pub u16);

impl ClientId {
    /// The client's place in every per-client array.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A key of the key-value table, counted from 0.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Key(pub u32);

/// An operation a client issued, in the order of issue, counted from 1. A write's id is also its value unless a person
/// typed another, so that every value in the cluster tells which write it came from.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct OpId(pub u32);

/// A position in the log: the number of the record, counted from 1. 0 is "before the first record".
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Lsn(pub u64);

impl Lsn {
    /// Before the first record.
    pub const ZERO: Self = Self(0);

    /// The next position.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// How many records `self` is ahead of `other`; 0 when it is not.
    #[must_use]
    pub const fn ahead_of(self, other: Self) -> u64 {
        self.0.saturating_sub(other.0)
    }
}

impl fmt::Display for Lsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A timeline: one primary's reign. Like PostgreSQL's timeline id it goes up at every promotion; unlike it, the id also
/// holds who opened it, so that two nodes promoted by hand on two sides of a partition never share one, and how often that
/// node lost the end of its own log in a crash, so that a position is never used for two different records (R-LW-6).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timeline(pub u64);

impl Timeline {
    const TERM_SHIFT: u32 = 16;
    const CRASH_SHIFT: u32 = 6;

    /// The timeline that `owner` opens in term `term`.
    #[must_use]
    pub const fn new(term: u32, owner: NodeId) -> Self {
        Self((term as u64) << Self::TERM_SHIFT | owner.0 as u64)
    }

    /// The term: 1 at the start, one more at every promotion. What people call "TL 2".
    #[must_use]
    pub const fn term(self) -> u32 {
        (self.0 >> Self::TERM_SHIFT) as u32
    }

    /// The node that opened it, the only one that ever writes records on it.
    #[must_use]
    pub const fn owner(self) -> NodeId {
        NodeId((self.0 % MAX_NODES as u64) as u8)
    }

    /// Whether this is the same reign as `other`, after one more crash or several.
    #[must_use]
    pub const fn is_after_crash_of(self, other: Self) -> bool {
        let same = self.term() == other.term() && self.owner().0 == other.owner().0;
        same && self.0 > other.0
    }

    /// What its owner writes on after a crash that erased records of it.
    #[must_use]
    pub const fn after_crash(self) -> Self {
        Self(self.0 + (1 << Self::CRASH_SHIFT))
    }
}

/// Where a history ends: a position and the timeline of the record there. Two histories with the same tip are equal up to
/// it, because one node only ever writes a timeline.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Tip {
    /// Timeline of the last record.
    pub timeline: Timeline,
    /// Number of the last record.
    pub lsn: Lsn,
}

/// An event of the trace, counted from 1. 0 is "the start of the run".
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct EventId(pub u64);

/// A message between two endpoints, in the order of sending, counted from 1.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct MessageId(pub u64);

/// A set of nodes, as one word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeSet(pub u64);

impl NodeSet {
    /// Nobody.
    pub const EMPTY: Self = Self(0);

    /// The first `count` nodes.
    #[must_use]
    pub const fn first(count: usize) -> Self {
        if count >= 64 {
            Self(u64::MAX)
        } else {
            Self((1 << count) - 1)
        }
    }

    /// The set with `node` in it.
    #[must_use]
    pub const fn with(self, node: NodeId) -> Self {
        Self(self.0 | 1 << node.0)
    }

    /// The set without `node`.
    #[must_use]
    pub const fn without(self, node: NodeId) -> Self {
        Self(self.0 & !(1 << node.0))
    }

    /// Whether `node` is in it.
    #[must_use]
    pub const fn contains(self, node: NodeId) -> bool {
        self.0 & (1 << node.0) != 0
    }

    /// Members of either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Members of both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// How many members.
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether nobody is in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The members, lowest first.
    pub fn iter(self) -> impl Iterator<Item = NodeId> {
        let mut rest = self.0;
        core::iter::from_fn(move || {
            (rest != 0).then(|| {
                let node = NodeId(rest.trailing_zeros() as u8);
                rest &= rest - 1;
                node
            })
        })
    }
}

impl FromIterator<NodeId> for NodeSet {
    fn from_iter<I: IntoIterator<Item = NodeId>>(nodes: I) -> Self {
        nodes.into_iter().fold(Self::EMPTY, Self::with)
    }
}

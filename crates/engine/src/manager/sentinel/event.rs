//! What a Sentinel reports.

use crate::ids::NodeId;

/// Why a failover was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Aborted {
    /// Too few voted for this Sentinel.
    NotElected,
    /// No replica may be promoted.
    NoGoodReplica,
    /// The chosen replica did not become primary within `failover-timeout`.
    PromotionTimedOut,
}

/// What a Sentinel does that a person would want to know. `by` is its number, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum SentinelEvent {
    /// It holds a node for down (`+sdown`) or no longer does (`-sdown`).
    Down {
        /// Who.
        by: u8,
        /// Which node.
        node: NodeId,
        /// Which of the two.
        down: bool,
    },
    /// Enough Sentinels hold the primary for down (`+odown`), or no longer (`-odown`).
    Agreed {
        /// Who.
        by: u8,
        /// Which primary.
        primary: NodeId,
        /// How many say so.
        count: u8,
        /// Which of the two.
        down: bool,
    },
    /// It stands for leader of a failover (`+try-failover`).
    Stood {
        /// Who.
        by: u8,
        /// In which epoch.
        epoch: u64,
    },
    /// It voted (`+vote-for-leader`).
    Voted {
        /// Who.
        by: u8,
        /// For whom.
        leader: u8,
        /// In which epoch.
        epoch: u64,
    },
    /// It leads the failover (`+elected-leader`).
    Elected {
        /// Who.
        by: u8,
        /// In which epoch.
        epoch: u64,
        /// With how many votes.
        votes: u8,
    },
    /// It chose the replica to promote (`+selected-slave`).
    Selected {
        /// Who.
        by: u8,
        /// Which.
        node: NodeId,
    },
    /// It gave the failover up (`-failover-abort-…`).
    Aborted {
        /// Who.
        by: u8,
        /// Why.
        why: Aborted,
    },
    /// It holds another node for primary from now on (`+switch-master`).
    Switched {
        /// Who.
        by: u8,
        /// The primary before.
        old: NodeId,
        /// The new one.
        new: NodeId,
        /// Since which epoch.
        epoch: u64,
    },
    /// The failover that it led is over (`+failover-end`).
    Ended {
        /// Who.
        by: u8,
        /// Whether it ran out of time before every replica followed.
        timed_out: bool,
    },
    /// It told a node to follow the primary (`+slave-reconf-sent`, `+convert-to-slave`).
    Repointed {
        /// Who.
        by: u8,
        /// Which node.
        node: NodeId,
        /// Whom to follow.
        primary: NodeId,
    },
    /// It had a node that cannot follow rewound or filled again from the primary.
    Repaired {
        /// Who.
        by: u8,
        /// Which node.
        node: NodeId,
        /// Whether it is to be rewound; else filled.
        rewind: bool,
    },
    /// It was not running for a while, and only watches for 30 s (`+tilt`).
    Tilt {
        /// Who.
        by: u8,
    },
}

impl SentinelEvent {
    /// Which Sentinel it was.
    #[must_use]
    pub fn by(&self) -> u8 {
        match *self {
            Self::Down { by, .. }
            | Self::Agreed { by, .. }
            | Self::Stood { by, .. }
            | Self::Voted { by, .. }
            | Self::Elected { by, .. }
            | Self::Selected { by, .. }
            | Self::Aborted { by, .. }
            | Self::Switched { by, .. }
            | Self::Ended { by, .. }
            | Self::Repointed { by, .. }
            | Self::Repaired { by, .. }
            | Self::Tilt { by } => by,
        }
    }
}

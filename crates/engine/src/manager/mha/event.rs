//! What the MHA manager reports.

use crate::ids::{Lsn, NodeId, NodeSet};

/// What the look at the source through other hosts showed: the exit code of `masterha_secondary_check` (R-MH-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondaryVerdict {
    /// 0: no route reaches the source. The failover goes on.
    Down,
    /// 2: a host to look from cannot be reached itself. No failover.
    RouteUnreachable(NodeId),
    /// 3: the source takes connections from there. No failover.
    Reachable(NodeId),
}

/// Why the manager ends without a failover (R-MH-7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GaveUp {
    /// The source takes connections after all.
    SourceAlive,
    /// Another server is dead.
    OtherDead(NodeId),
    /// Replication on another server is broken.
    ReplicationBroken(NodeId),
    /// A server replicates from somebody else, or is a source itself.
    NotAReplica(NodeId),
    /// No replica is left.
    NoReplica,
    /// No source can be found.
    NoSource,
    /// The last failover was less than 480 minutes ago.
    TooSoon,
    /// The last failover failed on the way, and nobody has looked into it.
    AfterFailure,
}

/// The phases of a failover (R-MH-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MhaPhase {
    /// 1: are the other servers fit?
    Configuration,
    /// 2: the replicas stop receiving, and the dead source is kept from being used.
    ShutOut,
    /// 3.1: which replica received most, and which least?
    Latest,
    /// 3.2: the end of the dead source's binlog.
    SaveBinlog,
    /// 3.4: what the less advanced replicas lack.
    DifferentialLog,
    /// 3.5: the new source gets it.
    Apply,
    /// 3.5: the new source applies what it has and takes writes.
    Promote,
    /// 4: the other replicas follow.
    Replicas,
}

/// What became of the events that the dead source had not shipped (R-MH-4, R-MH-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BinlogKept {
    /// So many were saved.
    Saved(u32),
    /// With GTID auto-position they are not looked for.
    SkippedForGtid,
    /// The host cannot be logged in to.
    NoSsh,
    /// The host did not send them in time.
    NoAnswer,
}

/// What the MHA manager does that a person would want to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum MhaEvent {
    /// The source did not answer a ping (R-MH-2).
    PingFailed {
        /// Who did not.
        source: NodeId,
        /// How many times in a row.
        times: u32,
    },
    /// After the fourth failure: what SSH and the other routes say.
    Checked {
        /// Of whom.
        source: NodeId,
        /// Whether its host can be logged in to.
        ssh: bool,
        /// What the other routes say; the counter starts again unless all hold the source for down.
        secondary: SecondaryVerdict,
    },
    /// The manager ends without a failover.
    GaveUp {
        /// Why.
        why: GaveUp,
    },
    /// A phase of the failover begins.
    Phase {
        /// Which.
        phase: MhaPhase,
    },
    /// The dead source can no longer be used: its address is gone, or it is off. With neither script it is not shut out.
    ShutOut {
        /// Who.
        source: NodeId,
        /// Whether `master_ip_failover_script` took the address away.
        address: bool,
        /// Whether `shutdown_script` stopped it.
        stopped: bool,
    },
    /// Which replicas received most and least.
    Positions {
        /// Who received most.
        latest: NodeId,
        /// Up to where.
        most: Lsn,
        /// Who received least.
        oldest: NodeId,
        /// Up to where.
        least: Lsn,
    },
    /// The end of the dead source's binlog.
    Binlog {
        /// Whose.
        source: NodeId,
        /// What became of it.
        kept: BinlogKept,
    },
    /// The new source is chosen (R-MH-6).
    Chosen {
        /// Who.
        node: NodeId,
        /// Whether it is among those that received most.
        latest: bool,
    },
    /// A replica got records that it lacked.
    Levelled {
        /// Who.
        node: NodeId,
        /// How many.
        records: u32,
    },
    /// A replica was told to follow the new source.
    Repointed {
        /// Who.
        node: NodeId,
        /// Whom.
        source: NodeId,
    },
    /// The failover is done.
    Done {
        /// The dead source.
        old: NodeId,
        /// The new one.
        new: NodeId,
        /// Replicas that do not follow it.
        left_behind: NodeSet,
    },
    /// The failover failed on the way. It is not tried again.
    Failed {
        /// Where.
        phase: MhaPhase,
    },
    /// The process ended: it is one-shot.
    Exited,
}

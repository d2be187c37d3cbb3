//! What routers and sessions ask of nodes beyond plain reads: positions, waits, lag.

use crate::ids::{Lsn, NodeId, Timeline, Tip};
use crate::time::Span;

/// Which end of its log a primary is asked for (R-RC-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogEnd {
    /// `pg_current_wal_insert_lsn()`: also what is not written yet.
    Insert,
    /// `pg_current_wal_lsn()`: handed to the operating system.
    Write,
    /// `pg_current_wal_flush_lsn()`: on disk.
    Flush,
    /// `gtid_current_pos`: up to where everything is committed and visible.
    Visible,
}

/// A read that is to see the log up to a position: `WAIT FOR LSN`, `WAIT_FOR_EXECUTED_GTID_SET`, `MASTER_GTID_WAIT`
/// (R-PG-18, R-MY-9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Up to where.
    pub until: Tip,
    /// How long at most; zero only looks, `None` is for ever.
    pub timeout: Option<Span>,
    /// Whether the timeline counts too; otherwise only the number does.
    pub timelines: bool,
}

/// How a wait ended (R-PG-18).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitResult {
    /// Everything up to the position is applied.
    Success,
    /// It took too long.
    Timeout,
    /// The server is a primary, or became one before it got there.
    NotInRecovery,
    /// The server went past the number on another history: the position is of records that are lost here (R-LW-6).
    OtherHistory,
}

/// What a node says of itself when a router looks how far it is behind (R-RC-5). It is old when it arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LagReport {
    /// Whether it takes writes.
    pub primary: bool,
    /// The newest timeline it knows.
    pub timeline: Timeline,
    /// A primary's write position, a standby's replay position.
    pub position: Lsn,
    /// How far it believes to be behind; `None` is NULL (R-MY-10). PostgreSQL: the age of the last replayed commit while
    /// received log is not replayed (R-PG-12).
    pub behind: Option<Span>,
    /// Records that it has received and not applied.
    pub unapplied: u64,
}

/// `replay_lag` of the standbys that a primary streams to; `None` is NULL (R-PG-11).
pub type ReplayLags = Vec<(NodeId, Option<Span>)>;

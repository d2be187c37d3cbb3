//! Why something happened, or did not, where an event says so.

use serde::Serialize;

use crate::node::server::Gtid;

/// Why something that a person asked for changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoEffect {
    /// The node is down already.
    AlreadyDown,
    /// The node runs already.
    AlreadyUp,
    /// The node is frozen already, or it is down.
    CannotFreeze,
    /// The node is not frozen.
    NotFrozen,
    /// The node has this speed already.
    SameSpeed,
    /// The link, or every link of the node, is in that state already.
    SameLink,
    /// Nothing was broken.
    NothingBroken,
    /// The message has arrived, or was lost, or never was.
    NoSuchMessage,
    /// The message is not held.
    NotHeld,
    /// The node takes writes already.
    AlreadyPrimary,
    /// A node that is not running, or is being rewound or filled, cannot take over.
    CannotPromote,
    /// The setting has this value already.
    SameSetting,
    /// The server is not in a state in which it could do that.
    CommandRefused,
    /// The service is in that state already, or cannot get into it from the one it is in.
    SameService,
}

/// Why the applier of a MySQL or MariaDB replica stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplierError {
    /// MariaDB with `gtid_strict_mode`, error 1950: the transaction's number is not above that of one in the replica's own
    /// binlog (R-LW-4).
    OutOfOrder {
        /// The transaction that was to be applied.
        gtid: Gtid,
        /// The one in the binlog.
        existing: Gtid,
    },
}

impl ApplierError {
    /// The database's number of the error.
    #[must_use]
    pub fn code(&self) -> u16 {
        match self {
            Self::OutOfOrder { .. } => 1_950,
        }
    }
}

/// Why a replication connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LostWhy {
    /// The other end closed it: its process ended, or it is to follow somebody else.
    Closed,
    /// The other end was silent for too long.
    Silent,
    /// The log that it needs is no longer kept.
    LogRemoved,
    /// An administrator ended it.
    Terminated,
}

/// Why an election ended without a primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ElectionFailure {
    /// Less than a majority answered in time.
    NoMajority,
    /// A majority still hears a primary.
    PrimaryAlive,
    /// No node that answered may be elected: none holds every write acked in sync mode.
    NobodyElectable,
    /// Another node has more log, and was asked to stand.
    OtherHasMore,
    /// A newer term or primary was met.
    Overtaken,
}

/// Why a client's operation failed for certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// No primary was known before the client gave up: the write was never sent.
    NoPrimary,
    /// The node that was asked refused.
    Refused,
    /// A read had no answer in time.
    TimedOut,
    /// The node that was asked has too much to do.
    Overloaded,
}

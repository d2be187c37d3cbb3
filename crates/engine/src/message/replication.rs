//! What two database servers say to each other, and why one refuses another.

use std::sync::Arc;

use serde::Serialize;

use super::{BaseBackup, MessageKind, Positions};
use crate::ids::{Lsn, Timeline, Tip};
use crate::node::server::Gtid;
use crate::node::wal::{Record, Segment};

/// Why a server does not let a standby stream from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Nobody listens on the port.
    NobodyListens,
    /// It is starting up, being promoted or rebuilt.
    NotReady,
    /// The standby's log left the server's history at `fork` (R-PG-16).
    Diverged {
        /// The server's timeline.
        #[serde(serialize_with = "crate::event::written::timeline")]
        timeline: Timeline,
        /// The last position they share.
        fork: Lsn,
    },
    /// The standby has followed a newer timeline than the server is on.
    BehindTimeline {
        /// The server's timeline.
        #[serde(serialize_with = "crate::event::written::timeline")]
        timeline: Timeline,
    },
    /// The standby has more of the same history than the server has flushed.
    AheadOfFlush,
    /// The log that the standby needs is no longer kept (R-PG-14); MySQL and MariaDB: error 1236, purged.
    LogRemoved,
    /// MySQL, error 1236: the replica has a transaction with the source's own UUID that the source does not have (R-LW-4).
    SourceLacksOwn {
        /// The newest of them.
        gtid: Gtid,
    },
    /// MariaDB, error 1236: the GTID that the replica asks to start after is not in the source's binlog (R-LW-4).
    NotInBinlog {
        /// Which.
        gtid: Gtid,
        /// The source has numbers at least as high, so the message adds that the replica has probably diverged.
        diverged: bool,
    },
    /// MySQL by file and position, error 1236: the source's file ends before the position.
    ImpossiblePosition,
}

impl Refusal {
    /// The number of MySQL's and MariaDB's error, after which the receiver does not try again.
    #[must_use]
    pub fn code(&self) -> Option<u16> {
        match self {
            Self::LogRemoved
            | Self::SourceLacksOwn { .. }
            | Self::NotInBinlog { .. }
            | Self::ImpossiblePosition => Some(1_236),
            Self::NobodyListens
            | Self::NotReady
            | Self::Diverged { .. }
            | Self::BehindTimeline { .. }
            | Self::AheadOfFlush => None,
        }
    }

    /// Whether no later attempt will fare better, as things stand: the standby has to be rewound or filled again.
    #[must_use]
    pub fn is_lasting(&self) -> bool {
        self.code().is_some() || matches!(self, Self::Diverged { .. } | Self::BehindTimeline { .. })
    }
}

/// What two database servers say to each other. `conn` is the number of a connection, given by the standby.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replication {
    /// A standby asks to stream.
    Connect {
        /// The connection.
        conn: u32,
        /// End of the standby's log.
        tip: Tip,
        /// The timeline that the standby is on.
        timeline: Timeline,
        /// How far the standby has come.
        positions: Positions,
        /// The timelines that the standby's log went through.
        history: Arc<Vec<Segment>>,
        /// `gtid_slave_pos`, if it was set by hand.
        slave_pos: Option<Gtid>,
    },
    /// The server agrees.
    Accepted {
        /// The connection.
        conn: u32,
        /// The server's timeline.
        timeline: Timeline,
        /// After which position it sends.
        start: Lsn,
    },
    /// The server does not agree.
    Refused {
        /// The connection.
        conn: u32,
        /// Why.
        why: Refusal,
    },
    /// Log records, in order.
    Records {
        /// The connection.
        conn: u32,
        /// The position before the first record.
        prev: Lsn,
        /// The records.
        records: Vec<Record>,
        /// The server wants to know when everything up to here is applied.
        feedback: Lsn,
    },
    /// The server is there, and has sent so far.
    Keepalive {
        /// The connection.
        conn: u32,
        /// What it has sent.
        end: Lsn,
        /// Whether it wants an answer.
        reply: bool,
    },
    /// How far the standby has come.
    Status {
        /// The connection.
        conn: u32,
        /// How far.
        positions: Positions,
        /// Whether records that were sent are missing.
        gap: bool,
        /// Whether it wants an answer.
        reply: bool,
    },
    /// This end of the connection is closed.
    Closed {
        /// The connection.
        conn: u32,
    },
    /// A node that is to be rewound asks where the histories part.
    RewindAsk {
        /// The attempt, for matching answers.
        attempt: u32,
        /// End of its log.
        tip: Tip,
        /// The timelines its log went through.
        history: Arc<Vec<Segment>>,
    },
    /// The answer.
    RewindFrom {
        /// The attempt.
        attempt: u32,
        /// The last position they share.
        fork: Lsn,
    },
    /// A node asks for a full copy.
    CopyAsk {
        /// The attempt, for matching answers.
        attempt: u32,
    },
    /// The copy.
    Copy {
        /// The attempt.
        attempt: u32,
        /// The copy.
        copy: Arc<BaseBackup>,
    },
}

impl Replication {
    /// The connection's number, if the message asks for a new one.
    pub(crate) fn opens_connection(&self) -> Option<u32> {
        match self {
            Self::Connect { conn, .. } => Some(*conn),
            _ => None,
        }
    }

    /// What the operating system answers in place of a process that does not run.
    pub(crate) fn without_process(&self) -> Option<Self> {
        match *self {
            Self::Connect { conn, .. } => Some(Self::Refused {
                conn,
                why: Refusal::NobodyListens,
            }),
            Self::Records { conn, .. }
            | Self::Keepalive { conn, .. }
            | Self::Status { conn, .. }
            | Self::Accepted { conn, .. } => Some(Self::Closed { conn }),
            _ => None,
        }
    }

    pub(super) fn kind(&self) -> MessageKind {
        match self {
            Self::Connect { .. } => MessageKind::Follow,
            Self::Accepted { .. } => MessageKind::Stream,
            Self::Refused { .. } => MessageKind::FollowRefused,
            Self::Records { .. } => MessageKind::Wal,
            Self::Keepalive { .. } => MessageKind::Heartbeat,
            Self::Status { .. } => MessageKind::WalAck,
            Self::Closed { .. } => MessageKind::ConnectionClosed,
            Self::RewindAsk { .. } | Self::CopyAsk { .. } => MessageKind::CopyRequest,
            Self::RewindFrom { .. } | Self::Copy { .. } => MessageKind::Backup,
        }
    }
}

//! What nodes, clients and the router say to each other.
//!
//! `replication`: between two database servers. `routing`: positions, waits, lag. `kind`: what sort of message one is.

mod kind;
mod replication;
mod routing;

use std::sync::Arc;

use crate::ids::{ClientId, Key, Lsn, NodeId, NodeSet, OpId, Timeline, Tip};
use crate::manager::ManagerMessage;
use crate::node::table::Row;
use crate::node::wal::{Record, Segment};
use crate::scenario::CommitLevel;
use crate::time::{Span, Time};

pub use kind::MessageKind;
pub use replication::{Refusal, Replication};
pub use routing::{LagReport, LogEnd, ReplayLags, Wait, WaitResult};

/// How far a replica has come with the log (R-PG, "State the engine must hold").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Positions {
    /// Received and handed to the operating system.
    pub write: Lsn,
    /// Safe on disk: survives a crash.
    pub flush: Lsn,
    /// Applied to the table: what reads see.
    pub replay: Lsn,
}

/// At which point a replica answers a batch of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReplyAt {
    /// When they are on disk.
    Flush,
    /// As soon as they are received (semi-sync needs it), and again when on disk.
    Write,
    /// As `Write`, and again when they are applied (sync needs it).
    Apply,
}

/// Which nodes may be elected: those that hold every write acked in sync mode. The newest one known to a majority counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Electable {
    /// Who said so.
    pub timeline: Timeline,
    /// How often that primary has changed it.
    pub epoch: u32,
    /// The members, as a word so that the derived order is by age alone.
    set: u64,
}

impl Electable {
    /// The set as of `timeline`'s change number `epoch`.
    #[must_use]
    pub fn new(timeline: Timeline, epoch: u32, set: NodeSet) -> Self {
        Self {
            timeline,
            epoch,
            set: set.0,
        }
    }

    /// The members.
    #[must_use]
    pub fn set(&self) -> NodeSet {
        NodeSet(self.set)
    }
}

/// A client's request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Which operation.
    pub op: OpId,
    /// By whom.
    pub client: ClientId,
    /// Of which key.
    pub key: Key,
    /// Read or write.
    pub kind: RequestKind,
}

impl Request {
    /// Whether only a primary may execute it.
    #[must_use]
    pub fn is_for_primary(&self) -> bool {
        !matches!(self.kind, RequestKind::Read | RequestKind::ReadAfter(_))
    }
}

/// What a request wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestKind {
    /// Store this value.
    Write {
        /// The value.
        value: u32,
        /// PostgreSQL's level for this write alone.
        level: Option<CommitLevel>,
    },
    /// Any node's answer will do.
    Read,
    /// Only a primary may answer.
    ReadFromPrimary,
    /// Any node's answer will do, once it has applied the log up to a position.
    ReadAfter(Wait),
    /// Where an end of the primary's log is.
    Position(LogEnd),
}

/// A node's answer to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The write is committed, as the mode in force promised.
    Acked {
        /// Where its record is.
        tip: Tip,
    },
    /// The value read.
    Value {
        /// The row as the node has it.
        row: Row,
        /// Up to where the node had applied its log, or made it visible.
        seen: Tip,
    },
    /// Not read: the wait for a position ended without success.
    WaitEnded {
        /// How.
        result: WaitResult,
    },
    /// Where the end of the log is that was asked for.
    Position {
        /// There.
        at: Tip,
    },
    /// Not executed: the node takes no writes, or no reads for the primary.
    NotPrimary,
    /// Not executed: too many requests wait already.
    Overloaded,
    /// Not executed: the primary has too few replicas that keep up (`min-replicas-to-write`, R-RS).
    NoReplicas,
    /// Not executed: nobody listens there.
    ConnectionRefused,
    /// The connection broke while the write was waiting: it may or may not survive.
    ConnectionLost,
}

/// What a candidate learns from a node that it asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Highest election term the node knows.
    pub term: u32,
    /// End of its log.
    pub tip: Tip,
    /// The newest set of electable nodes it knows.
    pub electable: Electable,
    /// Whether it could take over itself: not rewinding, not empty.
    pub fit: bool,
}

/// A full copy of a node's data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseBackup {
    /// The table.
    pub rows: Vec<Row>,
    /// Everything up to here is in the table.
    pub tip: Tip,
    /// The timelines up to there.
    pub history: Vec<Segment>,
    /// For each key, the newest record's position and version.
    pub heads: Vec<crate::node::table::Head>,
    /// What the copied server executed and its history does not have (R-LW-4).
    pub errant: Vec<Record>,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Client to node.
    Request(Request),
    /// Node to client.
    Reply {
        /// To which operation.
        op: OpId,
        /// The answer.
        reply: Reply,
    },
    /// Router to node: are you there, are you the primary?
    Probe,
    /// Node to router.
    ProbeReply {
        /// Whether it takes writes.
        primary: bool,
        /// The newest timeline it knows.
        timeline: Timeline,
    },
    /// Router to node: how far are you behind?
    LagPoll,
    /// Node to router.
    LagReply {
        /// What it says of itself.
        report: LagReport,
        /// What it says of its standbys.
        standbys: ReplayLags,
    },
    /// Primary to every other node.
    Heartbeat {
        /// The primary's timeline.
        timeline: Timeline,
        /// When it was sent; the answer returns it, and the lease counts from it.
        sent_at: Time,
        /// How long the receiver promises to elect nobody else.
        patience: Span,
        /// How far the primary has sent the log to the receiver; `None` when it does not stream to it.
        sent: Option<Lsn>,
        /// Whether the primary is open for writes and followers; a new one first replays what it has.
        open: bool,
        /// Who may be elected.
        electable: Electable,
    },
    /// Answer to a heartbeat.
    HeartbeatAck {
        /// The timeline it answers.
        timeline: Timeline,
        /// From the heartbeat.
        sent_at: Time,
        /// From the heartbeat.
        patience: Span,
        /// The newest set of electable nodes the receiver has stored.
        electable: Electable,
        /// How far it has come, if it follows.
        positions: Option<Positions>,
        /// Whether records before `positions` and what was sent are missing.
        gap: bool,
    },
    /// The receiver of a heartbeat knows a newer timeline or term.
    HeartbeatRefused {
        /// The newest term.
        term: u32,
        /// The newest timeline.
        timeline: Timeline,
    },
    /// Log records, in order.
    Wal {
        /// The primary's timeline.
        timeline: Timeline,
        /// The position before the first record.
        prev: Lsn,
        /// The records.
        records: Vec<Record>,
        /// When to answer.
        reply_at: ReplyAt,
    },
    /// How far a replica has come.
    WalAck {
        /// The timeline it follows.
        timeline: Timeline,
        /// How far.
        positions: Positions,
        /// Whether records are missing before the last batch.
        gap: bool,
    },
    /// A node asks to follow a primary.
    Follow {
        /// The primary's timeline, as heard.
        timeline: Timeline,
        /// End of the node's log.
        tip: Tip,
        /// How far it has come.
        positions: Positions,
        /// The timelines its log went through.
        history: Arc<Vec<Segment>>,
        /// Whether it needs a full copy.
        empty: bool,
    },
    /// The primary agrees and streams from the node's tip.
    Stream {
        /// The primary's timeline.
        timeline: Timeline,
    },
    /// The node's log left the primary's history (R-PG-16).
    FollowRefused {
        /// The primary's timeline.
        timeline: Timeline,
        /// The last position they share.
        fork: Lsn,
    },
    /// A full copy.
    Backup {
        /// The primary's timeline.
        timeline: Timeline,
        /// The copy.
        copy: Arc<BaseBackup>,
    },
    /// A candidate, before it stands: who would vote, and how far has everybody come?
    Poll {
        /// The poll, for matching answers.
        attempt: u32,
        /// Whether a person asked for the change.
        forced: bool,
    },
    /// Answer to a poll.
    PollReply {
        /// The poll.
        attempt: u32,
        /// Whether the node would vote: it has not heard from a primary for the time it promised.
        willing: bool,
        /// Its standing.
        standing: Standing,
    },
    /// A candidate stands.
    VoteRequest {
        /// In this term.
        term: u32,
        /// Whether a person asked for the change.
        forced: bool,
    },
    /// Answer to a candidate.
    VoteReply {
        /// The candidate's term.
        term: u32,
        /// Whether it has the vote.
        granted: bool,
        /// Whether the voter was primary and stepped down for it.
        stepped_down: bool,
        /// The voter's standing.
        standing: Standing,
    },
    /// "You have more log than I: stand."
    Stand,
    /// Between two database servers.
    Replication(Replication),
    /// To or from a failover manager.
    Manager(Arc<ManagerMessage>),
}

impl From<Replication> for Message {
    fn from(message: Replication) -> Self {
        Self::Replication(message)
    }
}

/// A node that asks and what it knows; used by the election.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Who answered.
    pub from: NodeId,
    /// Whether it would vote, or has voted.
    pub yes: bool,
    /// Its standing.
    pub standing: Standing,
}

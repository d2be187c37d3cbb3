//! What an explanation consists of.

use super::Question;
use crate::event::{Event, EventKind, Failure};
use crate::ids::{ClientId, EventId, Lsn, MessageId, NodeId, NodeSet};
use crate::message::MessageKind;
use crate::oracle::ReadVerdict;
use crate::time::{Span, Time};

/// What is explained. Of several verdicts on one operation, the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The write was acked and is not in the surviving history.
    Lost {
        /// Who acked it.
        owner: NodeId,
        /// Where its record was.
        lsn: Lsn,
        /// Whose history survives.
        survivor: NodeId,
        /// Whether it was acked when that history had already left its own.
        after_takeover: bool,
        /// Nodes whose rewind erased it.
        erased_from: NodeSet,
    },
    /// The write survived though its client was never told so.
    Survived,
    /// The read returned an old value.
    Stale {
        /// What is wrong with it.
        verdict: ReadVerdict,
        /// Who answered.
        node: NodeId,
        /// Whether something was broken that made it so; if not, this is how replication of that mode works.
        fault: bool,
    },
    /// The read returned a value that was later lost.
    Phantom {
        /// Who answered.
        node: NodeId,
    },
    /// The client does not know what became of its write.
    Unknown {
        /// Whether its record is in the surviving history as far as that goes; `None` when no log ever had it.
        survives: Option<bool>,
    },
    /// It was not executed, or a read had no answer.
    Failed(Failure),
    /// The write is on the disks of a majority.
    Durable {
        /// Those.
        nodes: NodeSet,
        /// How many nodes there are.
        of: usize,
    },
    /// The write was acked and is in the surviving history, but less than a majority holds it.
    Exposed {
        /// The nodes on whose disks it is.
        nodes: NodeSet,
        /// How many nodes there are.
        of: usize,
    },
    /// The read returned what it should.
    Fresh {
        /// Who answered.
        node: NodeId,
    },
    /// There is no answer yet.
    Open,
    /// Two or more nodes take writes.
    SplitBrain {
        /// They.
        writers: NodeSet,
        /// Whether it is over.
        over: bool,
    },
    /// Nobody takes writes.
    NoPrimary {
        /// Whether it is over.
        over: bool,
    },
}

/// Whom a primary waited for before it answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// For its own disk only.
    Nobody,
    /// The last ack that it needed came from this node.
    For(NodeId),
    /// For replicas, until it fell back to async.
    GaveUp,
    /// For standbys, until an administrator ended the wait (R-PG-7).
    Cancelled,
    /// For standbys, until the list of those to wait for was another (R-PG-7, R-PT-8).
    ListChanged,
    /// For nothing: the record was not even on its own disk (`synchronous_commit` off).
    NotEvenDisk,
    /// For its own operating system only: the binlog was not synced (`sync_binlog`, R-MY-1).
    Written,
    /// For something else, such as its lease or a change of the sync set.
    Other,
}

/// Where the record that an answer lacks was when the answer was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// It had not reached the node.
    NotThere,
    /// The node had it in memory.
    Received,
    /// The node had it on disk and had not applied it.
    Flushed,
    /// The node had it on disk and applies everything so much later (`recovery_min_apply_delay`).
    HeldBack(Span),
    /// The node followed another history, which does not have it.
    OtherHistory,
}

/// Why a primary that had been replaced went on taking writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RanOn {
    /// The agent beside it stood still or was dead, and there is no watchdog (R-PT-7).
    NoAgent,
    /// Its manager has no script that shuts the old primary out, or could not reach it (R-MH-4).
    NotShutOut,
    /// The manager shuts nobody out (Sentinel).
    NeverShutOut,
    /// A person promoted another without stopping it.
    ByHand,
}

/// Why a read went to the node that answered it, as far as the router or the session decided that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Routed {
    /// The session had written so long before, and its pin to the primary was over (R-RC-2).
    PinExpired {
        /// How long before.
        ago: Span,
        /// How long the pin holds.
        delay: Span,
    },
    /// The session had written nothing, and a pin holds for the session that wrote (R-RC-2).
    NotPinned,
    /// The session had no position of the write that is missing: another one's (R-RC-3).
    NoPosition,
    /// The router chose by what it had last heard of the node's lag (R-RC-5).
    Believed {
        /// How far behind the node had said it was; `None`: it could not say, or says nothing in time.
        behind: Option<Span>,
        /// Records that it had received and not applied.
        unapplied: u64,
        /// How old that was.
        age: Span,
    },
    /// The session keeps to its replica, whatever that has applied (R-RC-4).
    Sticky,
    /// The router asks nobody how far behind a replica is (R-RC-6).
    Unasked,
}

/// How a message was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LostBy {
    /// The sender lost power with it.
    Power,
    /// The link was cut.
    Cut,
    /// A person dropped it.
    Hand,
}

/// The part an event plays in the explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// It says what happened, no more.
    Plain,
    /// It is what went wrong first: what a person did to the cluster. `what` is the event by which it shows.
    Fault {
        /// What it did that matters here.
        what: EventKind,
    },
    /// The primary made the write visible and answered.
    Committed {
        /// Whom it waited for.
        waited: Waited,
    },
    /// The client was told, about an operation that is not the one in question.
    Before,
    /// A copy of the record arrived at a node.
    Copied {
        /// The record.
        lsn: Lsn,
        /// After the answer that lacks it.
        late: bool,
    },
    /// A node applied the record.
    Applied {
        /// The record.
        lsn: Lsn,
        /// After the answer that lacks it.
        late: bool,
    },
    /// The record was lost on the way to a node.
    RecordLost {
        /// The record.
        lsn: Lsn,
        /// How.
        by: LostBy,
    },
    /// A message of the operation was lost.
    Lost {
        /// How.
        by: LostBy,
    },
    /// A node heard the primary for the last time.
    LastHeard {
        /// Whom.
        primary: NodeId,
    },
    /// A node took over.
    TookOver {
        /// The record that its history does not have.
        without: Option<Lsn>,
        /// Who voted for it, beside itself.
        votes: NodeSet,
    },
    /// The leader's agent renewed its lease for the last time.
    LastRenewed {
        /// How long it held from then on.
        ttl: Span,
    },
    /// More than one node took writes from here on, and why the one before went on.
    RanOn {
        /// Who went on.
        node: NodeId,
        /// Why.
        why: RanOn,
    },
    /// The router sent the read.
    Routed {
        /// To whom.
        node: NodeId,
        /// Why there.
        why: Routed,
    },
    /// AFTER_COMMIT: the row could be read from here on, before any replica had it (R-MY-3).
    Shown {
        /// The record.
        lsn: Lsn,
    },
    /// A node answered a read.
    Answered {
        /// Who.
        node: NodeId,
        /// The version it returned.
        version: u32,
        /// The record that the answer lacks, and where that was.
        lacks: Option<(Lsn, Whereabouts)>,
    },
}

/// One event of the explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The event.
    pub event: Event,
    /// The line it stands on.
    pub lane: Lane,
    /// Its part.
    pub part: Part,
}

/// A line of a space-time diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// A client application.
    Client(ClientId),
    /// A node.
    Node(NodeId),
    /// Patroni's agent beside a node.
    Agent(NodeId),
    /// A member of the consensus store, counted from 0.
    Store(u8),
    /// A host that watches from outside, counted from 0.
    Monitor(u8),
}

/// A message of a space-time diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrow {
    /// Which.
    pub message: MessageId,
    /// What.
    pub kind: MessageKind,
    /// From where.
    pub from: Lane,
    /// To where.
    pub to: Lane,
    /// When it was sent. The trace keeps when the event happened that led to it; where the sender took its time in between,
    /// this is the arrival less the link's delay, so at most the link's jitter too early.
    pub sent_at: Time,
    /// When it arrived, or was lost.
    pub ends_at: Time,
    /// It was lost, this far on its way, in thousandths.
    pub lost: Option<u32>,
    /// The event of its end.
    pub event: EventId,
}

/// An explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What was asked.
    pub question: Question,
    /// The instant of the run at which it was asked.
    pub asked_at: Time,
    /// What is explained.
    pub verdict: Verdict,
    /// The events, in order.
    pub steps: Vec<Step>,
    /// The messages that matter, in order of their ends.
    pub arrows: Vec<Arrow>,
    /// The lines that the steps and messages touch: clients first.
    pub lanes: Vec<Lane>,
    /// Whether the trace still held everything that was looked for.
    pub complete: bool,
}

impl Explanation {
    /// What went wrong first, if anything did. Without it, the chain begins at the start of the run.
    #[must_use]
    pub fn fault(&self) -> Option<&Step> {
        self.steps
            .iter()
            .find(|step| matches!(step.part, Part::Fault { .. }))
    }
}

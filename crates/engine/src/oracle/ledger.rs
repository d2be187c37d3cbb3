//! One entry of the ledger: an operation as its client saw it, and what became of it.

use crate::event::Failure;
use crate::ids::{ClientId, Key, NodeId, NodeSet, OpId, Tip};
use crate::node::table::Row;
use crate::time::{Span, Time};

/// What a client asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpKind {
    /// Store a value.
    Write {
        /// The value.
        value: u32,
    },
    /// Return the value.
    Read,
}

/// How far an operation has come, as its client knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// No answer yet.
    Open,
    /// A write: the client was told OK.
    Acked,
    /// A read: the client has a value.
    Answered,
    /// It was not executed, or a read had no answer.
    Failed(Failure),
    /// A write: it may or may not have been executed.
    Unknown,
}

/// How old a value is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Staleness {
    /// How many writes of the key had been acked, when the read was sent, that the value does not include.
    pub versions: u32,
    /// How long before the read was sent the first of them had been acked.
    pub span: Span,
}

/// What is wrong with the value that a read returned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadVerdict {
    /// It is older than what had been acked when the read was sent.
    pub stale: Option<Staleness>,
    /// It is older than the client's own acked write.
    pub broke_read_your_writes: bool,
    /// It is older than what the client had read before.
    pub broke_monotonic_reads: bool,
    /// It comes from a write that is not in the surviving history.
    pub phantom: bool,
}

impl ReadVerdict {
    /// Nothing is wrong with it.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        *self == Self::default()
    }
}

/// An operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Op {
    /// Its number.
    pub id: OpId,
    /// By whom.
    pub client: ClientId,
    /// Of which key.
    pub key: Key,
    /// What was asked.
    pub kind: OpKind,
    /// When the client sent it.
    pub issued_at: Time,
    /// When the client had an answer or gave up.
    pub done_at: Option<Time>,
    /// As its client knows it.
    pub status: Status,
    /// The node that it was last sent to.
    pub node: Option<NodeId>,
    /// A write: where its record is.
    pub tip: Option<Tip>,
    /// The key's version that a write made or a read returned.
    pub version: u32,
    /// A write: its record reached a disk.
    pub flushed: bool,
    /// A write: acked, and not in the surviving history.
    pub lost: bool,
    /// A write: nodes whose rewind erased it.
    pub erased_from: NodeSet,
    /// A read: the row it returned.
    pub returned: Option<Row>,
    /// A read: what is wrong with it.
    pub verdict: ReadVerdict,
}

impl Op {
    pub(super) fn issued(id: OpId, client: ClientId, key: Key, kind: OpKind, now: Time) -> Self {
        Self {
            id,
            client,
            key,
            kind,
            issued_at: now,
            done_at: None,
            status: Status::Open,
            node: None,
            tip: None,
            version: 0,
            flushed: false,
            lost: false,
            erased_from: NodeSet::EMPTY,
            returned: None,
            verdict: ReadVerdict::default(),
        }
    }

    /// Whether it is a write.
    #[must_use]
    pub fn is_write(&self) -> bool {
        matches!(self.kind, OpKind::Write { .. })
    }

    /// Whether anything went wrong that its client or its author should know.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.lost
            || !self.verdict.is_fresh()
            || matches!(self.status, Status::Failed(_) | Status::Unknown)
    }
}

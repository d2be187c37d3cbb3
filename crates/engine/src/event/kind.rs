//! Everything that can happen.
//!
//! One list, however long: the order of the variants is part of every trace hash, and so of every link that says whether it
//! was replayed exactly. New ones go to its end.

use serde::Serialize;

use super::written;
use super::{ApplierError, ElectionFailure, Failure, LostWhy, NoEffect, RoutingEvent};
use crate::ids::{ClientId, Key, Lsn, MessageId, NodeId, NodeSet, OpId, Timeline};
use crate::manager::ManagerEvent;
use crate::message::{MessageKind, Refusal};
use crate::node::server::Gtid;
use crate::scenario::{Endpoint, Service, ServiceAction};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EventKind {
    /// A person acted: the action of this index in the scenario's log.
    Action {
        /// Index in the log.
        index: u32,
    },
    /// The action changed nothing.
    ActionHadNoEffect {
        /// Why.
        why: NoEffect,
    },

    /// A client issued a write.
    WriteIssued {
        /// Operation.
        op: OpId,
        /// By whom.
        client: ClientId,
        /// Of which key.
        key: Key,
    },
    /// A client issued a read.
    ReadIssued {
        /// Operation.
        op: OpId,
        /// By whom.
        client: ClientId,
        /// Of which key.
        key: Key,
    },
    /// The router knows no primary, so the operation waits.
    OpWaits {
        /// Operation.
        op: OpId,
    },
    /// The router sent the operation to a node.
    OpRouted {
        /// Operation.
        op: OpId,
        /// To whom.
        node: NodeId,
    },
    /// A node did not take the operation; the router looks for another.
    OpRefused {
        /// Operation.
        op: OpId,
        /// By whom.
        node: NodeId,
    },
    /// A client was told that its write is committed.
    WriteAcked {
        /// Operation.
        op: OpId,
    },
    /// A client got an answer to its read.
    ReadAnswered {
        /// Operation.
        op: OpId,
        /// Versions it was behind.
        stale_versions: u32,
    },
    /// An operation failed for certain.
    OpFailed {
        /// Operation.
        op: OpId,
        /// Why.
        why: Failure,
    },
    /// A client does not know what became of its write.
    WriteUnknown {
        /// Operation.
        op: OpId,
    },

    /// A message arrived.
    Delivered {
        /// Which.
        message: MessageId,
        /// What.
        kind: MessageKind,
        /// From where.
        from: Endpoint,
        /// To where.
        to: Endpoint,
    },
    /// A message was lost for good: its link is cut, its sender lost power, or a person dropped it.
    MessageLost {
        /// Which.
        message: MessageId,
        /// What.
        kind: MessageKind,
        /// From where.
        from: Endpoint,
        /// To where.
        to: Endpoint,
    },
    /// A message was sent more than once before it got through.
    Retransmitted {
        /// Which.
        message: MessageId,
        /// How many times it was lost.
        losses: u32,
    },
    /// A message arrived at a node that does not run.
    NobodyListened {
        /// Which.
        message: MessageId,
        /// What.
        kind: MessageKind,
        /// Where.
        node: NodeId,
    },
    /// A timer of a node ran out, or its disk or processor finished something.
    NodeTimer {
        /// Whose.
        node: NodeId,
    },

    /// The primary put a write's record into its log.
    Inserted {
        /// Who.
        node: NodeId,
        /// Operation.
        op: OpId,
        /// Where.
        lsn: Lsn,
    },
    /// A replica received records up to here.
    Received {
        /// Who.
        node: NodeId,
        /// Up to.
        lsn: Lsn,
    },
    /// A node's log is on disk up to here.
    Flushed {
        /// Who.
        node: NodeId,
        /// Up to.
        lsn: Lsn,
    },
    /// A replica applied the log up to here.
    Replayed {
        /// Who.
        node: NodeId,
        /// Up to.
        lsn: Lsn,
    },
    /// The primary made a write visible and answers its client.
    Committed {
        /// Who.
        node: NodeId,
        /// Operation.
        op: OpId,
        /// Where.
        lsn: Lsn,
    },
    /// Semi-sync waited too long and fell back to async (R-MY-5).
    SemiSyncFellBack {
        /// Who.
        node: NodeId,
    },
    /// Enough replicas have caught up: semi-sync is on again (R-MY-7).
    SemiSyncRecovered {
        /// Who.
        node: NodeId,
    },
    /// The set of electable nodes, which in sync mode is the sync set, changed.
    ElectableChanged {
        /// By whom.
        node: NodeId,
        /// The new set.
        #[serde(serialize_with = "written::nodes")]
        set: NodeSet,
    },

    /// A node was killed.
    Killed {
        /// Which.
        node: NodeId,
    },
    /// A node's machine was lost with its disk.
    HostLost {
        /// Which.
        node: NodeId,
    },
    /// A node started.
    Restarted {
        /// Which.
        node: NodeId,
    },
    /// A node stopped executing.
    Frozen {
        /// Which.
        node: NodeId,
    },
    /// A frozen node went on.
    Thawed {
        /// Which.
        node: NodeId,
    },
    /// A node's speed changed.
    SpeedChanged {
        /// Which.
        node: NodeId,
        /// Times slower than healthy.
        factor: u32,
    },
    /// One direction of a link was cut.
    LinkCut {
        /// Sending end.
        from: Endpoint,
        /// Receiving end.
        to: Endpoint,
    },
    /// One direction of a link was mended.
    LinkHealed {
        /// Sending end.
        from: Endpoint,
        /// Receiving end.
        to: Endpoint,
    },
    /// One direction of a link behaves differently from now on.
    LinkChanged {
        /// Sending end.
        from: Endpoint,
        /// Receiving end.
        to: Endpoint,
    },
    /// A setting changed.
    SettingChanged,

    /// A node has not heard from a primary for too long and asks the others.
    ElectionStarted {
        /// Who.
        node: NodeId,
        /// Attempt of this node.
        attempt: u32,
    },
    /// A candidate asks for votes.
    Stood {
        /// Who.
        node: NodeId,
        /// In which term.
        term: u32,
    },
    /// A node gave its vote.
    Voted {
        /// Who.
        node: NodeId,
        /// For whom.
        candidate: NodeId,
        /// In which term.
        term: u32,
    },
    /// An election attempt ended without a primary.
    ElectionFailed {
        /// Whose attempt.
        node: NodeId,
        /// Why.
        why: ElectionFailure,
    },
    /// A node won and first replays what it has.
    Won {
        /// Who.
        node: NodeId,
        /// The timeline it will open.
        #[serde(serialize_with = "written::timeline")]
        timeline: Timeline,
    },
    /// A node opened a new timeline and takes writes.
    Promoted {
        /// Who.
        node: NodeId,
        /// The timeline.
        #[serde(serialize_with = "written::timeline")]
        timeline: Timeline,
        /// Last position of the history before it.
        fork: Lsn,
    },
    /// A primary lost its lease and takes no writes.
    Fenced {
        /// Who.
        node: NodeId,
    },
    /// A fenced primary has its lease back.
    Unfenced {
        /// Who.
        node: NodeId,
    },
    /// A primary met a newer timeline or term and gave up.
    SteppedDown {
        /// Who.
        node: NodeId,
    },
    /// A node follows a primary.
    Following {
        /// Who.
        node: NodeId,
        /// Whose timeline.
        #[serde(serialize_with = "written::timeline")]
        timeline: Timeline,
    },
    /// A primary refused a node whose log left its history.
    RejoinRefused {
        /// Who was refused.
        node: NodeId,
        /// The last position they share.
        fork: Lsn,
    },
    /// A diverged node was rewound; its records after `fork` are gone.
    Rewound {
        /// Who.
        node: NodeId,
        /// Up to where its log was kept.
        fork: Lsn,
        /// How many records were erased.
        erased: u32,
    },
    /// A node was filled with a full copy.
    BackupRestored {
        /// Who.
        node: NodeId,
        /// Up to where the copy goes.
        lsn: Lsn,
    },

    /// A manager's agent ended the process of its own database.
    ServerStopped {
        /// Which.
        node: NodeId,
    },
    /// A watchdog reset a host: everything on it ended at once.
    HostReset {
        /// Which.
        node: NodeId,
    },
    /// A message arrived for a service that does not run.
    ServiceSilent {
        /// Which message.
        message: MessageId,
        /// What.
        kind: MessageKind,
        /// Which service.
        service: Service,
    },
    /// A database server has started and takes connections.
    ServerReady {
        /// Which.
        node: NodeId,
    },
    /// A crash took records off the end of a primary's log that may have been seen or acked. Their positions are used
    /// again, on a history of its own.
    LogEndLost {
        /// Which.
        node: NodeId,
        /// What it writes on from now on.
        #[serde(serialize_with = "written::timeline")]
        timeline: Timeline,
        /// Up to where its log was kept.
        fork: Lsn,
        /// How many records are gone.
        erased: u32,
    },
    /// A server was told to become primary; it first replays what it has (R-PG-15).
    PromotionStarted {
        /// Which.
        node: NodeId,
    },
    /// A standby streams from a server.
    StandbyConnected {
        /// From whom.
        node: NodeId,
        /// Who.
        standby: NodeId,
    },
    /// A standby has caught up once, and may count as synchronous from now on (R-PG-8).
    StandbyStreaming {
        /// With whom.
        node: NodeId,
        /// Who.
        standby: NodeId,
    },
    /// A server's connection with a standby is over.
    StandbyLost {
        /// Whose.
        node: NodeId,
        /// Which standby.
        standby: NodeId,
        /// Why.
        why: LostWhy,
    },
    /// A standby's connection with its upstream is over.
    UpstreamLost {
        /// Whose.
        node: NodeId,
        /// With whom.
        upstream: NodeId,
        /// Why.
        why: LostWhy,
    },
    /// A standby may not stream from its upstream, and tries again and again.
    CannotFollow {
        /// Who.
        node: NodeId,
        /// Whom.
        upstream: NodeId,
        /// Why.
        why: Refusal,
    },
    /// `synchronous_standby_names` was set by a manager.
    StandbyNamesChanged {
        /// Where.
        node: NodeId,
    },
    /// A write waits for the row that another write holds (R-PG-4).
    LockWait {
        /// Where.
        node: NodeId,
        /// Which.
        op: OpId,
    },
    /// A commit's wait for standbys was ended by hand; it is committed on this node only, as far as anybody knows (R-PG-7).
    WaitEnded {
        /// Where.
        node: NodeId,
        /// Which.
        op: OpId,
        /// Whether the connection was ended with it.
        terminated: bool,
    },
    /// Replay was paused or resumed by hand.
    ReplayPaused {
        /// Where.
        node: NodeId,
        /// Which of the two.
        paused: bool,
    },
    /// A query that conflicts with replay runs on a standby (R-PG-13).
    QueryConflict {
        /// Where.
        node: NodeId,
    },
    /// A query was cancelled since it had held up replay for too long (R-PG-13).
    QueryCancelled {
        /// Where.
        node: NodeId,
    },
    /// A node cannot be rewound: hint bits are not logged, or its log does not go back far enough (R-PG-17).
    RewindImpossible {
        /// Which.
        node: NodeId,
    },
    /// Something was done to a process beside the databases.
    ServiceChanged {
        /// Which.
        service: Service,
        /// What.
        what: ServiceAction,
    },
    /// A failover manager did something.
    Manager(ManagerEvent),

    /// An acked write is not in the surviving history.
    WriteLost {
        /// Operation.
        op: OpId,
    },
    /// A write that was lost is in the surviving history again, since that changed.
    WriteRegained {
        /// Operation.
        op: OpId,
    },
    /// Nobody takes writes.
    NoPrimary,
    /// Exactly one node takes writes.
    OnePrimary {
        /// Which.
        node: NodeId,
    },
    /// More than one node takes writes: split brain.
    SplitBrain {
        /// How many.
        primaries: u32,
    },
    /// Nobody answered a node that asked to be rewound or filled; it starts again with what it has.
    RebuildFailed {
        /// Which.
        node: NodeId,
    },
    /// A router, a session or a waiting read did something.
    Routing(RoutingEvent),

    /// A group of commits is in a source's binlog file; the operating system has it, the disk perhaps not (R-MY-1).
    BinlogWritten {
        /// Who.
        node: NodeId,
        /// Up to.
        lsn: Lsn,
    },
    /// AFTER_COMMIT: the storage engine committed a write, so others see it, and its client is not answered yet (R-MY-3).
    EngineCommitted {
        /// Who.
        node: NodeId,
        /// Operation.
        op: OpId,
        /// Where.
        lsn: Lsn,
    },
    /// A replica did not apply a transaction, since it has executed one of the same GTID (R-LW-6).
    TransactionSkipped {
        /// Who.
        node: NodeId,
        /// Where.
        lsn: Lsn,
    },
    /// A replica follows a source without error and keeps transactions that the source does not have (R-LW-4, R-LW-5).
    ErrantKept {
        /// Who.
        node: NodeId,
        /// Whom it follows.
        upstream: NodeId,
        /// The last position they share.
        fork: Lsn,
        /// How many transactions.
        count: u32,
    },
    /// A new source passes its errant transactions on to its replicas (R-LW-4).
    ErrantSpread {
        /// Who.
        node: NodeId,
        /// How many transactions.
        count: u32,
    },
    /// The applier of a replica stopped with an error; the receiver goes on.
    ApplierStopped {
        /// Whose.
        node: NodeId,
        /// Why.
        why: ApplierError,
    },
    /// What a replica had received and not applied was thrown away.
    RelayLogDropped {
        /// Whose.
        node: NodeId,
        /// The first record of it.
        from: Lsn,
        /// How many records.
        dropped: u32,
    },
    /// A primary refuses writes since too few replicas keep up, or takes them again (`min-replicas-to-write`, R-RS).
    MinReplicas {
        /// Which.
        node: NodeId,
        /// Which of the two.
        refuses: bool,
    },
    /// `SET GLOBAL gtid_slave_pos` was carried out, or refused with error 1947 (R-LW-4).
    SlavePosSet {
        /// On which server.
        node: NodeId,
        /// The transaction after which it will ask to start.
        gtid: Gtid,
        /// The newer transaction in its own binlog because of which strict mode refuses it.
        conflict: Option<Gtid>,
    },
}

//! What sort of message one is, for the trace and the page.

use serde::Serialize;

use super::{Message, Replication, Reply, Request, RequestKind};

/// A message's kind, for the trace and the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the kinds are those of Message")]
pub enum MessageKind {
    WriteRequest,
    ReadRequest,
    WriteAck,
    ReadReply,
    Refusal,
    Probe,
    ProbeReply,
    Heartbeat,
    HeartbeatAck,
    HeartbeatRefused,
    Wal,
    WalAck,
    Follow,
    Stream,
    FollowRefused,
    Backup,
    Poll,
    PollReply,
    VoteRequest,
    VoteReply,
    Stand,
    ConnectionClosed,
    CopyRequest,
    StoreRequest,
    StoreReply,
    StoreConsensus,
    AgentRequest,
    AgentReply,
    Ping,
    PingReply,
    MonitorTalk,
    Command,
    CommandReply,
}

impl MessageKind {
    /// Whether the message belongs to the background chatter that goes on when nothing happens.
    #[must_use]
    pub fn is_routine(self) -> bool {
        matches!(
            self,
            Self::Probe
                | Self::ProbeReply
                | Self::Heartbeat
                | Self::HeartbeatAck
                | Self::StoreRequest
                | Self::StoreReply
                | Self::StoreConsensus
                | Self::AgentRequest
                | Self::AgentReply
                | Self::Ping
                | Self::PingReply
                | Self::MonitorTalk
        )
    }
}

impl Message {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> MessageKind {
        match self {
            Self::Request(Request {
                kind: RequestKind::Write { .. },
                ..
            }) => MessageKind::WriteRequest,
            Self::Request(_) => MessageKind::ReadRequest,
            Self::Reply {
                reply: Reply::Acked { .. },
                ..
            } => MessageKind::WriteAck,
            Self::Reply {
                reply: Reply::Value { .. } | Reply::Position { .. },
                ..
            } => MessageKind::ReadReply,
            Self::Reply { .. } => MessageKind::Refusal,
            Self::Probe | Self::LagPoll => MessageKind::Probe,
            Self::ProbeReply { .. } | Self::LagReply { .. } => MessageKind::ProbeReply,
            Self::Heartbeat { .. } => MessageKind::Heartbeat,
            Self::HeartbeatAck { .. } => MessageKind::HeartbeatAck,
            Self::HeartbeatRefused { .. } => MessageKind::HeartbeatRefused,
            Self::Wal { .. } => MessageKind::Wal,
            Self::WalAck { .. } => MessageKind::WalAck,
            Self::Follow { .. } => MessageKind::Follow,
            Self::Stream { .. } => MessageKind::Stream,
            Self::FollowRefused { .. } => MessageKind::FollowRefused,
            Self::Backup { .. } => MessageKind::Backup,
            Self::Poll { .. } => MessageKind::Poll,
            Self::PollReply { .. } => MessageKind::PollReply,
            Self::VoteRequest { .. } => MessageKind::VoteRequest,
            Self::VoteReply { .. } => MessageKind::VoteReply,
            Self::Stand => MessageKind::Stand,
            Self::Replication(message) => message.kind(),
            Self::Manager(message) => message.kind(),
        }
    }

    /// The number a person would put beside it: the last record's position, or the operation's number.
    #[must_use]
    pub fn number(&self) -> u64 {
        match self {
            Self::Request(request) => u64::from(request.op.0),
            Self::Reply { op, .. } => u64::from(op.0),
            Self::Wal { records, prev, .. } => records.last().map_or(prev.0, |record| record.lsn.0),
            Self::WalAck { positions, .. }
            | Self::Replication(Replication::Status { positions, .. }) => positions.write.0,
            Self::Replication(Replication::Records { records, prev, .. }) => {
                records.last().map_or(prev.0, |record| record.lsn.0)
            }
            Self::VoteRequest { term, .. } | Self::VoteReply { term, .. } => u64::from(*term),
            _ => 0,
        }
    }
}

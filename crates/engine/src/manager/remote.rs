//! What a manager can ask of a host or tell a database over the network: a query, a look by SSH, a command.

use super::ManagerMessage;
use crate::ids::{Lsn, NodeId};
use crate::message::{Message, MessageKind};
use crate::node::server::{Command, ServerStatus};
use crate::node::wal::Record;

/// A question or an answer. `id` is the asker's, for matching answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remote {
    /// Connect to the database and ask how it is.
    Query {
        /// The question.
        id: u64,
    },
    /// The database's answer.
    Answer {
        /// The question.
        id: u64,
        /// How it is.
        status: ServerStatus,
    },
    /// The host runs, but its database takes no connections.
    Refused {
        /// The question.
        id: u64,
    },
    /// Log in to the host by SSH.
    Login {
        /// The question.
        id: u64,
    },
    /// The host runs.
    LoggedIn {
        /// The question.
        id: u64,
    },
    /// Log in to the host and read the end of its log from the disk, whether or not its database runs.
    SaveLog {
        /// The question.
        id: u64,
        /// After this position.
        after: Lsn,
    },
    /// The end of the log.
    SavedLog {
        /// The question.
        id: u64,
        /// The records.
        records: Vec<Record>,
    },
    /// Ask a host to look at another host's database.
    LookFrom {
        /// The question.
        id: u64,
        /// At whose.
        at: NodeId,
    },
    /// What the host saw: whether the other database took the connection.
    Seen {
        /// The question.
        id: u64,
        /// Whether it did.
        alive: bool,
    },
    /// Tell the database something.
    Command {
        /// The question.
        id: u64,
        /// What.
        command: Command,
    },
    /// It was carried out, or made no sense.
    Done {
        /// The question.
        id: u64,
        /// Whether it was carried out.
        ok: bool,
        /// How the database is now.
        status: ServerStatus,
    },
    /// Turn the host's power off, past its operating system.
    PowerOff {
        /// The question.
        id: u64,
    },
    /// Log in to the host and end the database's process.
    EndProcess {
        /// The question.
        id: u64,
    },
    /// The power is off, or the process has ended.
    Stopped {
        /// The question.
        id: u64,
    },
    /// To the clients: the address that writes go to is at this node from now on, or nowhere.
    Address {
        /// Who has it.
        holder: Option<NodeId>,
    },
}

impl Remote {
    /// Its kind, for the trace and the page.
    #[must_use]
    pub fn kind(&self) -> MessageKind {
        match self {
            Self::Query { .. } | Self::Login { .. } | Self::LookFrom { .. } => MessageKind::Ping,
            Self::Answer { .. }
            | Self::Refused { .. }
            | Self::LoggedIn { .. }
            | Self::Seen { .. } => MessageKind::PingReply,
            Self::SaveLog { .. }
            | Self::Command { .. }
            | Self::PowerOff { .. }
            | Self::EndProcess { .. }
            | Self::Address { .. } => MessageKind::Command,
            Self::SavedLog { .. } | Self::Done { .. } | Self::Stopped { .. } => {
                MessageKind::CommandReply
            }
        }
    }

    /// The number of the question that this answers, if it is an answer.
    #[must_use]
    pub fn answers(&self) -> Option<u64> {
        match *self {
            Self::Answer { id, .. }
            | Self::Refused { id }
            | Self::LoggedIn { id }
            | Self::SavedLog { id, .. }
            | Self::Seen { id, .. }
            | Self::Done { id, .. }
            | Self::Stopped { id } => Some(id),
            Self::Query { .. }
            | Self::Login { .. }
            | Self::SaveLog { .. }
            | Self::LookFrom { .. }
            | Self::Command { .. }
            | Self::PowerOff { .. }
            | Self::EndProcess { .. }
            | Self::Address { .. } => None,
        }
    }
}

impl From<Remote> for Message {
    fn from(message: Remote) -> Self {
        ManagerMessage::Remote(message).into()
    }
}

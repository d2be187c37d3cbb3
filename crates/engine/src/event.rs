//! Events: what happened, typed, each with the event that caused it. Sentences are the page's affair.
//!
//! `kind`: everything that can happen. `reasons`: why, where an event says so. `routing`: what routers and sessions do.
//! `name`: events without what they carry. `written`: how their fields are written.

mod kind;
mod name;
mod reasons;
mod routing;
pub(crate) mod written;

use serde::Serialize;

use crate::ids::EventId;
use crate::time::Time;

pub use kind::EventKind;
pub use name::EventName;
pub use reasons::{ApplierError, ElectionFailure, Failure, LostWhy, NoEffect};
pub use routing::{Backend, RoutingEvent};

/// One thing that happened. As JSON it is one flat object: `id`, `at_us`, `cause`, `event` and the fields of that event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Event {
    /// Its number.
    pub id: EventId,
    /// When.
    #[serde(rename = "at_us")]
    pub at: Time,
    /// The event that led to it; 0 is the start of the run.
    pub cause: EventId,
    /// What.
    #[serde(flatten)]
    pub kind: EventKind,
}

impl Event {
    /// The event as a line of JSON, with its line end: the form of the command line's `trace --json` and of what the page saves.
    ///
    /// # Errors
    /// None: an event is plain data, which can always be written.
    pub fn write_line(&self, out: &mut String) -> Result<(), crate::json::Error> {
        out.push_str(&crate::json::to_line(self)?);
        out.push('\n');
        Ok(())
    }
}

impl EventKind {
    /// Whether the event changes the course of the run, rather than being one of its thousands of steps. Such events are
    /// kept longer than the rest of the trace.
    #[must_use]
    pub fn is_milestone(&self) -> bool {
        if let Self::Routing(event) = self {
            return event.is_milestone();
        }
        !matches!(
            self,
            Self::WriteIssued { .. }
                | Self::ReadIssued { .. }
                | Self::OpWaits { .. }
                | Self::OpRouted { .. }
                | Self::OpRefused { .. }
                | Self::WriteAcked { .. }
                | Self::ReadAnswered { .. }
                | Self::OpFailed { .. }
                | Self::WriteUnknown { .. }
                | Self::Delivered { .. }
                | Self::MessageLost { .. }
                | Self::Retransmitted { .. }
                | Self::NobodyListened { .. }
                | Self::NodeTimer { .. }
                | Self::Inserted { .. }
                | Self::Received { .. }
                | Self::Flushed { .. }
                | Self::Replayed { .. }
                | Self::Committed { .. }
                | Self::BinlogWritten { .. }
                | Self::EngineCommitted { .. }
                | Self::TransactionSkipped { .. }
                | Self::LockWait { .. }
                | Self::ServiceSilent { .. }
        ) && !self.is_routine()
    }

    /// Whether the event belongs to the background chatter that goes on when nothing happens. Stepping skips it.
    #[must_use]
    pub fn is_routine(&self) -> bool {
        match self {
            Self::Delivered { kind, .. }
            | Self::NobodyListened { kind, .. }
            | Self::ServiceSilent { kind, .. }
            | Self::MessageLost { kind, .. } => kind.is_routine(),
            Self::NodeTimer { .. } => true,
            Self::Manager(event) => event.is_routine(),
            _ => false,
        }
    }
}

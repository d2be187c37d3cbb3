//! What comes out of a node: its only way to act on the world.

use super::server::{Family, ServerTimer, Timing};
use crate::event::EventKind;
use crate::ids::NodeId;
use crate::message::Message;
use crate::scenario::{CommitLevel, Costs, Database, Endpoint, Postgresql, Settings};
use crate::time::{Span, Time};

/// What a node wants done, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send a message.
    Send {
        /// To whom.
        to: Endpoint,
        /// What.
        message: Message,
    },
    /// Wake me then.
    Timer {
        /// When.
        at: Time,
        /// Which timer.
        timer: Timer,
    },
    /// This happened, and it is the cause of what follows in this list.
    Event(EventKind),
    /// This happened, but what follows has another cause.
    Note(EventKind),
}

/// The timers of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// The next heartbeat; the number tells one reign's timer from another's.
    Heartbeat(u32),
    /// The primary's lease may have ended.
    Lease,
    /// A waiting commit may have waited too long.
    CommitWait,
    /// The silence may have lasted long enough for an election.
    ElectionDue,
    /// The time for answers to the poll or vote of this attempt is over.
    ElectionWindow(u32),
    /// A new primary may be ready to open.
    Opens,
    /// The disk has finished.
    Flushed,
    /// The processor has finished the job at the head of its queue.
    JobDone,
    /// Rewinding has finished.
    Rewound,
    /// A full copy is on the disk.
    Restored,
    /// A timer of a database server.
    Server(ServerTimer),
    /// A read may have waited too long.
    ReadWait,
}

/// What a node may look at while it handles an input, and where it puts its effects.
pub struct Context<'a> {
    /// The present instant.
    pub now: Time,
    /// The settings in force.
    pub settings: &'a Settings,
    /// What work costs.
    pub costs: &'a Costs,
    /// Seed of random draws.
    pub seed: u64,
    /// How many nodes the cluster has.
    pub nodes: usize,
    /// Where effects go.
    pub out: &'a mut Vec<Effect>,
}

impl<'a> Context<'a> {
    /// MySQL's or MariaDB's parameters, if that is the database.
    pub(crate) fn mysql(&self) -> Option<Family<'a>> {
        Family::of(&self.settings.database)
    }

    pub(crate) fn send(&mut self, to: impl Into<Endpoint>, message: impl Into<Message>) {
        self.out.push(Effect::Send {
            to: to.into(),
            message: message.into(),
        });
    }

    /// PostgreSQL's parameters, if that is the database.
    pub(crate) fn postgresql(&self) -> Option<&Postgresql> {
        match &self.settings.database {
            Database::Postgresql(settings) => Some(settings),
            _ => None,
        }
    }

    /// `synchronous_commit`; the other databases wait for their own flush, and for replicas in their own way.
    pub(crate) fn commit_level(&self) -> CommitLevel {
        self.settings.database.commit_level()
    }

    pub(crate) fn wal_writer_delay(&self) -> Span {
        let delay = self
            .postgresql()
            .map_or(200, |settings| settings.wal_writer_delay);
        Span::from_millis(delay)
    }

    /// How old a commit must be before `node` replays it.
    pub(crate) fn apply_delay(&self, node: NodeId) -> Span {
        self.postgresql().map_or(Span::ZERO, |settings| {
            let here = settings
                .recovery_min_apply_delay_on
                .is_none_or(|only| only == node);
            Span::from_millis(if here {
                settings.recovery_min_apply_delay
            } else {
                0
            })
        })
    }

    /// How long a query may hold up replay; `None` for ever.
    pub(crate) fn max_standby_streaming_delay(&self) -> Option<Span> {
        let delay = self
            .postgresql()
            .map_or(0, |settings| settings.max_standby_streaming_delay);
        u64::try_from(delay).ok().map(Span::from_millis)
    }

    /// The pace of replication connections.
    pub(crate) fn timing(&self) -> Timing {
        Timing::of(&self.settings.database)
    }

    pub(crate) fn timer_at(&mut self, at: Time, timer: Timer) {
        self.out.push(Effect::Timer { at, timer });
    }

    pub(crate) fn timer(&mut self, after: Span, timer: Timer) {
        self.timer_at(self.now + after, timer);
    }

    pub(crate) fn event(&mut self, kind: EventKind) {
        self.out.push(Effect::Event(kind));
    }

    pub(crate) fn note(&mut self, kind: EventKind) {
        self.out.push(Effect::Note(kind));
    }

    /// How many nodes a majority is.
    pub(crate) fn majority(&self) -> usize {
        self.nodes / 2 + 1
    }

    /// Every node but this one.
    pub(crate) fn others(&self, me: NodeId) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.nodes as u8)
            .map(NodeId)
            .filter(move |&node| node != me)
    }
}

//! What comes out of a node: its only way to act on the world.

use crate::event::EventKind;
use crate::ids::NodeId;
use crate::message::Message;
use crate::scenario::{Costs, Endpoint, Settings};
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

impl Context<'_> {
    pub(crate) fn send(&mut self, to: impl Into<Endpoint>, message: Message) {
        self.out.push(Effect::Send {
            to: to.into(),
            message,
        });
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

//! The event queue: by time, ties in the order of scheduling.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::ids::{EventId, NodeId, OpId};
use crate::manager::ManagerTimer;
use crate::node::Timer;
use crate::scenario::Service;
use crate::time::Time;

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// A message arrives, if its slot still holds that generation.
    Arrival { slot: u32, generation: u32 },
    /// A node's timer goes off, if the node still lives that life.
    Node {
        node: NodeId,
        life: u32,
        timer: Timer,
    },
    /// A timer of a service goes off, if the service still lives that life.
    Service {
        service: Service,
        life: u32,
        timer: ManagerTimer,
    },
    /// A host's watchdog has not been fed, if this is still its number.
    Watchdog { node: NodeId, number: u32 },
    /// The next operation of the steady workload.
    Workload { epoch: u32 },
    /// The router's next health check.
    HealthCheck,
    /// The router looks how far the nodes are behind.
    Look { epoch: u32 },
    /// A client gives up on an operation.
    ClientTimeout { op: OpId },
}

/// An entry of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) at: Time,
    sequence: u64,
    pub(crate) cause: EventId,
    pub(crate) due: Due,
}

impl Entry {
    /// Time and sequence as one number: one comparison without a branch, in the innermost loop of the engine.
    fn key(&self) -> u128 {
        u128::from(self.at.0) << 64 | u128::from(self.sequence)
    }
}

impl Ord for Entry {
    /// The earliest entry is the greatest: `BinaryHeap` gives the greatest first.
    fn cmp(&self, other: &Self) -> Ordering {
        other.key().cmp(&self.key())
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The queue.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    heap: BinaryHeap<Entry>,
    sequence: u64,
}

impl Queue {
    pub(crate) fn push(&mut self, at: Time, cause: EventId, due: Due) {
        self.sequence += 1;
        self.heap.push(Entry {
            at,
            sequence: self.sequence,
            cause,
            due,
        });
    }

    /// When the next entry is due; [`Time::NEVER`] when there is none.
    pub(crate) fn next_at(&self) -> Time {
        self.heap.peek().map_or(Time::NEVER, |entry| entry.at)
    }

    pub(crate) fn pop(&mut self) -> Option<Entry> {
        self.heap.pop()
    }

    pub(crate) fn len(&self) -> usize {
        self.heap.len()
    }
}

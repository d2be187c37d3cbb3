//! One Textbook node alone, for tests: messages and timers in, effects out.

use super::effects::Effect;
use super::{Context, Node, Timer};
use crate::ids::{ClientId, Key, Lsn, NodeId, NodeSet, OpId, Timeline};
use crate::message::{Electable, Message, Positions, Reply, Request, RequestKind};
use crate::scenario::{Costs, Endpoint, Settings};
use crate::time::{Span, Time};

/// For how long a node of a desk has promised to elect nobody.
pub(super) const PATIENCE_MS: u64 = 1_500;
/// The timeline at the start.
pub(super) const FIRST: Timeline = Timeline::new(1, NodeId(0));

/// No write, no alarm.
pub(super) const NONE: [u32; 0] = [];

/// n1, n2, … as people count.
pub(super) fn n(number: u8) -> NodeId {
    NodeId(number - 1)
}

pub(super) fn set(numbers: &[u8]) -> NodeSet {
    numbers.iter().map(|&number| n(number)).collect()
}

/// A node that is asked things, and what it answers.
pub(super) struct Desk {
    pub(super) node: Node,
    pub(super) settings: Settings,
    nodes: usize,
}

impl Desk {
    /// A node of a cluster in which n1 was the primary and last heard of at 0.
    pub(super) fn of(number: u8, nodes: usize) -> Self {
        let patience = Span::from_millis(PATIENCE_MS);
        Self {
            node: Node::new(n(number), 4, nodes, Time::ZERO, patience),
            settings: Settings::default(),
            nodes,
        }
    }

    pub(super) fn with<T>(
        &mut self,
        at_ms: u64,
        act: impl FnOnce(&mut Node, &mut Context<'_>) -> T,
    ) -> Vec<Effect> {
        let (costs, mut out) = (Costs::default(), Vec::new());
        let mut cx = Context {
            now: Time::from_millis(at_ms),
            settings: &self.settings,
            costs: &costs,
            seed: 1,
            nodes: self.nodes,
            out: &mut out,
        };
        act(&mut self.node, &mut cx);
        out
    }

    pub(super) fn hear(&mut self, at_ms: u64, from: u8, message: Message) -> Vec<Effect> {
        self.with(at_ms, |node, cx| node.receive(cx, n(from).into(), message))
    }

    pub(super) fn wake(&mut self, at_ms: u64, timer: Timer) -> Vec<Effect> {
        self.with(at_ms, |node, cx| node.wake(cx, timer))
    }

    /// The primary takes a write and flushes it at once.
    pub(super) fn write(&mut self, at_ms: u64, op: u32) -> Vec<Effect> {
        let request = Request {
            op: OpId(op),
            client: ClientId(0),
            key: Key(0),
            kind: RequestKind::Write {
                value: op,
                level: None,
            },
        };
        let mut out = self.with(at_ms, |node, cx| node.insert(cx, request, op));
        out.extend(self.wake(at_ms, Timer::Flushed));
        out
    }

    /// A replica that streams says how far it has come.
    pub(super) fn progress(
        &mut self,
        at_ms: u64,
        from: u8,
        received: u64,
        applied: u64,
    ) -> Vec<Effect> {
        let message = Message::WalAck {
            timeline: self.node.timeline(),
            positions: Positions {
                write: Lsn(received),
                flush: Lsn(received),
                replay: Lsn(applied),
            },
            gap: false,
        };
        self.hear(at_ms, from, message)
    }

    /// A node answers a heartbeat that was sent at this instant, and has stored the set of this number.
    pub(super) fn answers(&mut self, at_ms: u64, from: u8, epoch: u32) -> Vec<Effect> {
        let timeline = self.node.timeline();
        let message = Message::HeartbeatAck {
            timeline,
            sent_at: Time::from_millis(at_ms),
            patience: Span::from_millis(PATIENCE_MS),
            electable: Electable::new(timeline, epoch, NodeSet::EMPTY),
            positions: None,
            gap: false,
        };
        self.hear(at_ms, from, message)
    }
}

/// The writes that clients are told are committed.
pub(super) fn acked(out: &[Effect]) -> Vec<u32> {
    out.iter()
        .filter_map(|effect| match effect {
            Effect::Send {
                to: Endpoint::Clients,
                message:
                    Message::Reply {
                        op,
                        reply: Reply::Acked { .. },
                    },
            } => Some(op.0),
            _ => None,
        })
        .collect()
}

/// When a timer of this kind is set to go off.
pub(super) fn alarms(out: &[Effect], which: impl Fn(&Timer) -> bool) -> Vec<Time> {
    out.iter()
        .filter_map(|effect| match effect {
            Effect::Timer { at, timer } if which(timer) => Some(*at),
            _ => None,
        })
        .collect()
}

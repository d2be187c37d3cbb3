//! One Sentinel alone, for tests: what it is told goes in, effects come out.

use super::{SentinelEvent, SentinelHost, SentinelMessage};
use crate::ids::{Lsn, NodeId, NodeSet, Timeline, Tip};
use crate::manager::{ManagerContext, ManagerEffect, ManagerEvent, ManagerMessage, Remote};
use crate::message::{Message, Positions};
use crate::node::Role;
use crate::node::server::{Command, ServerStatus};
use crate::scenario::{Costs, Database, Endpoint, Manager, Sentinel, Service, Settings};
use crate::time::Time;

pub(super) const N1: NodeId = NodeId(0);
pub(super) const N2: NodeId = NodeId(1);
pub(super) const N3: NodeId = NodeId(2);
pub(super) const FIRST: Timeline = Timeline::new(1, N1);

/// Sentinel 0 of three, which watches three databases. Its parameters: 5 s of silence, `failover-timeout` 20 s.
pub(super) struct Post {
    pub(super) host: SentinelHost,
    pub(super) sentinel: Sentinel,
}

impl Post {
    pub(super) fn new() -> Self {
        Self {
            host: SentinelHost::new(0, 3, 3),
            sentinel: Sentinel {
                down_after_milliseconds: 5_000,
                failover_timeout: 20_000,
                ..Sentinel::default()
            },
        }
    }

    /// At an instant in µs.
    pub(super) fn at<T>(
        &mut self,
        micros: u64,
        act: impl FnOnce(&mut SentinelHost, &mut ManagerContext<'_>) -> T,
    ) -> (T, Vec<ManagerEffect>) {
        let settings = Settings {
            database: Database::Postgresql(Box::default()),
            manager: Manager::Sentinel(Box::new(self.sentinel.clone())),
            ..Settings::default()
        };
        let (costs, mut out) = (Costs::default(), Vec::new());
        let mut cx = ManagerContext {
            now: Time(micros),
            settings: &settings,
            costs: &costs,
            seed: 1,
            nodes: 3,
            me: Service::Monitor(0),
            server: None,
            standbys: Vec::new(),
            standby_names: None,
            out: &mut out,
        };
        let done = act(&mut self.host, &mut cx);
        (done, out)
    }

    /// A database says how it is.
    pub(super) fn says(&mut self, micros: u64, node: NodeId, status: ServerStatus) {
        let answer = ManagerMessage::Remote(Remote::Answer { id: 0, status });
        self.at(micros, |host, cx| host.receive(cx, node.into(), answer));
    }

    /// Another Sentinel says something.
    pub(super) fn hears(
        &mut self,
        micros: u64,
        from: u8,
        message: SentinelMessage,
    ) -> Vec<ManagerEffect> {
        let message = ManagerMessage::Sentinel(message);
        let from = Endpoint::Monitor(from);
        self.at(micros, |host, cx| host.receive(cx, from, message))
            .1
    }
}

/// A standby of n1 that has all, and was heard of by n1 at this instant.
pub(super) fn standby(last_heard: u64) -> ServerStatus {
    let lsn = Lsn(10);
    ServerStatus {
        ready: true,
        role: Role::Replica,
        standby: true,
        upstream: Some(N1),
        streaming: true,
        refusal: None,
        last_heard: Time(last_heard),
        replay_paused: false,
        standbys: NodeSet::EMPTY,
        timeline: FIRST,
        tip: Tip {
            timeline: FIRST,
            lsn,
        },
        positions: Positions {
            write: lsn,
            flush: lsn,
            replay: lsn,
        },
        slots: None,
        pinned_from: lsn,
        rebuilding: false,
        rebuilt_from: None,
        empty: false,
    }
}

/// A primary.
pub(super) fn primary() -> ServerStatus {
    ServerStatus {
        role: Role::Primary,
        standby: false,
        upstream: None,
        streaming: false,
        ..standby(0)
    }
}

pub(super) fn reported(out: &[ManagerEffect]) -> Vec<SentinelEvent> {
    out.iter()
        .filter_map(|effect| match effect {
            ManagerEffect::Event(ManagerEvent::Sentinel(event)) => Some(*event),
            _ => None,
        })
        .collect()
}

/// Which databases are told what.
pub(super) fn orders(out: &[ManagerEffect]) -> Vec<(NodeId, Command)> {
    out.iter()
        .filter_map(|effect| match effect {
            ManagerEffect::Send {
                to: Endpoint::Node(node),
                message: Message::Manager(message),
            } => match message.as_ref() {
                ManagerMessage::Remote(Remote::Command { command, .. }) => {
                    Some((*node, command.clone()))
                }
                _ => None,
            },
            _ => None,
        })
        .collect()
}

//! What a session learns from its own operations: stamps, positions, where instances came from.

use crate::event::{EventKind, RoutingEvent};
use crate::ids::{ClientId, Key, NodeId, OpId, Tip};
use crate::message::{LogEnd, Message, Request, RequestKind};
use crate::scenario::{
    CausalReads, CommitLevel, Database, Django, Endpoint, PinFrom, Routing, TokenPosition,
};
use crate::world::Simulation;
use crate::world::sessions::InstanceFrom;

impl Simulation {
    /// Asks a primary where an end of its log is, for the operation.
    pub(in crate::world) fn ask_position(
        &mut self,
        op: OpId,
        client: ClientId,
        key: Key,
        node: NodeId,
        end: LogEnd,
    ) {
        let request = Request {
            op,
            client,
            key,
            kind: RequestKind::Position(end),
        };
        self.send(Endpoint::Clients, node.into(), Message::Request(request));
    }

    /// A session sends a write.
    pub(in crate::world) fn write_sent(&mut self, client: ClientId) {
        let stamps = match self.settings.routing {
            Routing::Pin(pin) => pin.from == PinFrom::Sent,
            Routing::Pgpool(_) => true,
            _ => false,
        };
        if stamps {
            self.stamp(client);
        }
    }

    /// A session's write has ended, whatever became of it (R-RC-7).
    pub(in crate::world) fn write_ended(&mut self, client: ClientId) {
        let stamps = match self.settings.routing {
            Routing::Pin(pin) => pin.from == PinFrom::Answered,
            Routing::Django(Django::PinAfterWrite(_)) => true,
            _ => false,
        };
        if stamps {
            self.stamp(client);
        }
    }

    fn stamp(&mut self, client: ClientId) {
        self.sessions.get_mut(client).last_write = Some(self.now);
        self.sessions.shared.last_write = Some(self.now);
    }

    /// A session's write is acked by `node`: it takes the position (R-RC-3), and an object that was saved has a database.
    pub(in crate::world) fn write_acked(
        &mut self,
        op: OpId,
        client: ClientId,
        key: Key,
        node: NodeId,
        tip: Tip,
        level: Option<CommitLevel>,
    ) {
        match self.settings.routing {
            Routing::Token(token) => {
                let end = match token.position {
                    TokenPosition::Right => self.right_end(level),
                    TokenPosition::Own => None,
                    TokenPosition::Insert => Some(LogEnd::Insert),
                    TokenPosition::Write => Some(LogEnd::Write),
                    TokenPosition::Flush => Some(LogEnd::Flush),
                };
                if let Some(end) = end {
                    self.sessions.get_mut(client).ask(op, self.now);
                    self.ask_position(op, client, key, node, end);
                } else {
                    let timelines = token.timelines || self.has_gtids();
                    self.sessions.get_mut(client).remember(tip, timelines);
                }
            }
            Routing::Maxscale(maxscale) if maxscale.causal_reads != CausalReads::None => {
                // The newest GTID replaces the one before it.
                self.sessions.get_mut(client).remember(tip, true);
                self.sessions.shared.remember(tip, true);
            }
            Routing::Django(Django::InstanceState) => {
                let instances = &mut self.sessions.get_mut(client).instances;
                instances.insert(key, InstanceFrom::Primary);
            }
            _ => {}
        }
    }

    /// PostgreSQL's right position after a commit at a level; `None`: the write's own, which the others tell with the answer.
    fn right_end(&self, level: Option<CommitLevel>) -> Option<LogEnd> {
        let Database::Postgresql(settings) = &self.settings.database else {
            return None;
        };
        Some(match level.unwrap_or(settings.synchronous_commit) {
            CommitLevel::Off => LogEnd::Insert,
            _ => LogEnd::Write,
        })
    }

    fn has_gtids(&self) -> bool {
        matches!(
            self.settings.database,
            Database::Mysql(_) | Database::Mariadb(_)
        )
    }

    /// A session got a value from a node that had applied its log up to `seen`.
    pub(in crate::world) fn value_came(
        &mut self,
        client: ClientId,
        key: Key,
        node: NodeId,
        seen: Tip,
    ) {
        match self.settings.routing {
            Routing::Token(token) if token.keep_seen => {
                let timelines = token.timelines || self.has_gtids();
                self.sessions.get_mut(client).remember(seen, timelines);
            }
            Routing::Django(Django::InstanceState) => {
                let from = if self.router.believes(node).primary {
                    InstanceFrom::Primary
                } else {
                    InstanceFrom::Replica(node)
                };
                self.sessions.get_mut(client).instances.insert(key, from);
            }
            _ => {}
        }
    }

    /// The answer to a session's question for a position after a write. Returns whether it was one.
    pub(in crate::world) fn position_came(&mut self, write: OpId, at: Option<Tip>) -> bool {
        let Some((client, held)) = self.sessions.settle(write) else {
            return false;
        };
        let timelines = match self.settings.routing {
            Routing::Token(token) => token.timelines,
            _ => false,
        };
        let session = self.sessions.get_mut(client);
        match at {
            Some(at) => session.remember(at, timelines),
            None => session.token_unknown = true,
        }
        for op in held {
            self.route(op);
        }
        true
    }

    /// A session's position turned out to be of records that are lost.
    pub(in crate::world) fn token_lost(&mut self, client: ClientId) {
        self.sessions.get_mut(client).token = None;
        self.emit(EventKind::Routing(RoutingEvent::TokenLost { client }));
    }
}

//! What can be seen of a node.

use super::Follower;
use super::table::Table;
use super::wal::Wal;
use super::{Node, Role};
use crate::ids::{NodeId, NodeSet, Timeline, Tip};
use crate::message::Positions;
use crate::time::{Span, Time};

impl Node {
    /// Who it is.
    #[must_use]
    pub fn id(&self) -> NodeId {
        self.id
    }

    /// What it does.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// How long its processor has worked since the start of the run: over a while, its utilisation (R-NU-9).
    #[must_use]
    pub fn busy(&self) -> Span {
        self.processor.busy()
    }

    /// Times slower than healthy.
    #[must_use]
    pub fn slow_factor(&self) -> u32 {
        self.slow
    }

    /// Its log.
    #[must_use]
    pub fn wal(&self) -> &Wal {
        &self.wal
    }

    /// Its table.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// End of its log: the insert position of a primary, what a replica has received.
    #[must_use]
    pub fn tip(&self) -> Tip {
        self.wal.tip()
    }

    /// How far it has come. For a primary `replay` is what it has made visible.
    #[must_use]
    pub fn positions(&self) -> Positions {
        let write = if self.is_primary() {
            self.write
        } else {
            self.wal.tip().lsn
        };
        Positions {
            write,
            flush: self.flush,
            replay: self.replay,
        }
    }

    /// The timeline it writes, follows, or last heard of.
    #[must_use]
    pub fn timeline(&self) -> Timeline {
        if let Some(server) = &self.server {
            return server.timeline();
        }
        self.primary
            .as_ref()
            .map_or(self.ballot.known, |primary| primary.timeline)
    }

    /// The timeline of the primary it streams from.
    #[must_use]
    pub fn streaming_from(&self) -> Option<Timeline> {
        if let Some(server) = &self.server {
            return server.streams().then_some(server.timeline());
        }
        self.follow.streaming.filter(|_| self.primary.is_none())
    }

    /// Whether it is being rewound or filled.
    #[must_use]
    pub fn is_being_rebuilt(&self) -> bool {
        if let Some(server) = &self.server {
            return server.is_being_rebuilt();
        }
        self.follow.rewinding.is_some() || self.ballot.blank || self.follow.needs_backup
    }

    /// What its clients see it do with a write right now.
    #[must_use]
    pub fn accepts_writes(&self, now: Time, fencing: bool) -> bool {
        if let Some(server) = &self.server {
            return self.role == Role::Primary && server.is_ready(now) && !self.lacks_replicas();
        }
        self.role == Role::Primary
            && (!fencing
                || self
                    .primary
                    .as_ref()
                    .is_some_and(|primary| now < primary.lease_until))
    }

    /// Whether it is a PostgreSQL, MySQL or MariaDB server.
    #[must_use]
    pub fn is_server(&self) -> bool {
        self.server.is_some()
    }

    /// Whether it has the primary's role, lease or not.
    #[must_use]
    pub fn is_primary(&self) -> bool {
        self.primary.is_some() || self.is_serving_primary()
    }

    /// Whom it follows, or would if it could reach it.
    #[must_use]
    pub fn upstream(&self) -> Option<NodeId> {
        match &self.server {
            Some(server) => server.upstream(),
            None => self.follow.streaming.map(Timeline::owner),
        }
    }

    /// Until when the primary's lease lasts, if it is one.
    #[must_use]
    pub fn lease_until(&self) -> Option<Time> {
        self.primary.as_ref().map(|primary| primary.lease_until)
    }

    /// When it will ask for an election if it hears nothing, if it waits for a primary.
    #[must_use]
    pub fn election_due(&self) -> Option<Time> {
        (self.primary.is_none() && self.server.is_none()).then_some(self.election.due)
    }

    /// When it last heard from a primary, and for how long it promised to wait since.
    #[must_use]
    pub fn last_heard(&self) -> (Time, Span) {
        (self.follow.last_heard, self.follow.patience)
    }

    /// What it knows as primary of another node.
    #[must_use]
    pub fn follower(&self, node: NodeId) -> Option<&Follower> {
        self.primary
            .as_ref()
            .map(|primary| &primary.followers[node.index()])
    }

    /// The nodes that a sync commit waits for, if it is primary.
    #[must_use]
    pub fn sync_set(&self) -> Option<NodeSet> {
        self.primary
            .as_ref()
            .map(|primary| primary.membership.required().without(self.id))
    }

    /// The newest set of electable nodes it knows.
    #[must_use]
    pub fn electable(&self) -> NodeSet {
        self.ballot.electable.set()
    }

    /// Whether it fell back from semi-sync to async.
    #[must_use]
    pub fn semi_sync_is_off(&self) -> bool {
        if let Some(server) = &self.server {
            return self.role == Role::Primary && server.semi_sync_is_off();
        }
        self.primary
            .as_ref()
            .is_some_and(|primary| primary.semi_sync_off)
    }

    /// How many writes wait for their promise, if it is primary.
    #[must_use]
    pub fn waiting_commits(&self) -> usize {
        if let Some(server) = &self.server {
            return server.waiting_commits();
        }
        self.primary
            .as_ref()
            .map_or(0, |primary| primary.waiting.len())
    }
}

//! Servers as the rest of the engine meets them: everything that it asks of them, behind one table.
//!
//! A server holds the table that it was made by, so that code which never makes one need not hold a server's code (see
//! [`crate::Cast`]). What is cheap (who it follows, whether it is ready) is asked directly.

use core::fmt;

use super::{
    Command, Kept, ReplicaStatus, SemiSyncStatus, SenderStatus, Server, ServerStatus, ServerTimer,
};
use crate::ids::NodeId;
use crate::message::{Replication, Request};
use crate::node::{Context, Node};
use crate::scenario::{CommitLevel, Database, StandbyNames};
use crate::time::Time;

/// What is asked of a node that is a server.
pub(crate) trait Servers: fmt::Debug + Sync {
    fn make(&'static self, id: NodeId, nodes: usize) -> Kept;
    fn copy(&self, server: &Server) -> Kept;
    fn start(&self, node: &mut Node, cx: &mut Context<'_>);
    fn crash(&self, node: &mut Node, power_lost: bool);
    fn lose_disk(&self, node: &mut Node);
    fn restart(&self, node: &mut Node, cx: &mut Context<'_>);
    fn settings_changed(&self, node: &mut Node, cx: &mut Context<'_>);
    fn receive(&self, node: &mut Node, cx: &mut Context<'_>, from: NodeId, message: Replication);
    fn wake(&self, node: &mut Node, cx: &mut Context<'_>, timer: ServerTimer);
    fn execute_write(
        &self,
        node: &mut Node,
        cx: &mut Context<'_>,
        request: Request,
        value: u32,
        level: Option<CommitLevel>,
    );
    fn write_binlog(&self, node: &mut Node, cx: &mut Context<'_>);
    fn flushed(&self, node: &mut Node, cx: &mut Context<'_>);
    fn replayed(&self, node: &mut Node, cx: &mut Context<'_>);
    fn command(&self, node: &mut Node, cx: &mut Context<'_>, command: &Command) -> bool;
    fn configure_standby(&self, node: &mut Node, upstream: NodeId) -> bool;
    fn hang_up(&self, node: &Node, cx: &mut Context<'_>);
    fn status(&self, node: &Node, now: Time) -> Option<ServerStatus>;
    fn standbys(&self, node: &Node, settings: &StandbyNames) -> Vec<SenderStatus>;
    fn replica_status(&self, node: &Node, now: Time) -> Option<ReplicaStatus>;
    fn semi_sync_status(&self, node: &Node, database: &Database) -> Option<SemiSyncStatus>;
}

/// PostgreSQL, MySQL and MariaDB.
#[derive(Debug)]
pub(crate) struct AllServers;

/// The only one there is.
pub(crate) static ALL_SERVERS: AllServers = AllServers;

impl Servers for AllServers {
    fn make(&'static self, id: NodeId, nodes: usize) -> Kept {
        Kept(Box::new(Server::new(self, id, nodes)))
    }

    fn copy(&self, server: &Server) -> Kept {
        Kept(Box::new(server.clone()))
    }

    fn start(&self, node: &mut Node, cx: &mut Context<'_>) {
        node.start_server(cx);
    }

    fn crash(&self, node: &mut Node, power_lost: bool) {
        node.crash_server(power_lost);
    }

    fn lose_disk(&self, node: &mut Node) {
        node.lose_server_disk();
    }

    fn restart(&self, node: &mut Node, cx: &mut Context<'_>) {
        node.restart_server(cx);
    }

    fn settings_changed(&self, node: &mut Node, cx: &mut Context<'_>) {
        node.standby_names_reloaded(cx);
        node.semi_sync_reloaded(cx);
        node.receiver_timers_reloaded(cx);
        node.sender_timers_reloaded(cx);
        node.guard_writes(cx);
    }

    fn receive(&self, node: &mut Node, cx: &mut Context<'_>, from: NodeId, message: Replication) {
        node.on_replication(cx, from, message);
    }

    fn wake(&self, node: &mut Node, cx: &mut Context<'_>, timer: ServerTimer) {
        node.on_server_timer(cx, timer);
    }

    fn execute_write(
        &self,
        node: &mut Node,
        cx: &mut Context<'_>,
        request: Request,
        value: u32,
        level: Option<CommitLevel>,
    ) {
        node.execute_write(cx, request, value, level);
    }

    fn write_binlog(&self, node: &mut Node, cx: &mut Context<'_>) {
        node.write_binlog(cx);
    }

    fn flushed(&self, node: &mut Node, cx: &mut Context<'_>) {
        node.server_flushed(cx);
    }

    fn replayed(&self, node: &mut Node, cx: &mut Context<'_>) {
        node.on_replayed(cx);
    }

    fn command(&self, node: &mut Node, cx: &mut Context<'_>, command: &Command) -> bool {
        node.carry_out(cx, command)
    }

    fn configure_standby(&self, node: &mut Node, upstream: NodeId) -> bool {
        node.configure_server(upstream)
    }

    fn hang_up(&self, node: &Node, cx: &mut Context<'_>) {
        node.close_connections(cx);
    }

    fn status(&self, node: &Node, now: Time) -> Option<ServerStatus> {
        node.own_status(now)
    }

    fn standbys(&self, node: &Node, settings: &StandbyNames) -> Vec<SenderStatus> {
        node.sender_rows(settings)
    }

    fn replica_status(&self, node: &Node, now: Time) -> Option<ReplicaStatus> {
        node.own_replica_status(now)
    }

    fn semi_sync_status(&self, node: &Node, database: &Database) -> Option<SemiSyncStatus> {
        node.own_semi_sync_status(database)
    }
}

impl Node {
    /// What its server does; `None` for a Textbook node.
    pub(in crate::node) fn acts(&self) -> Option<&'static dyn Servers> {
        self.server.as_ref().map(|server| server.acts)
    }

    /// Carries out a command. Returns whether it made sense.
    pub(crate) fn command(&mut self, cx: &mut Context<'_>, command: &Command) -> bool {
        let Some(acts) = self.acts() else {
            return false;
        };
        let ok = acts.command(self, cx, command);
        if !self.waits.is_empty() {
            self.end_waits(cx);
        }
        ok
    }

    /// Writes `standby.signal` and `primary_conninfo` on a server that is stopped.
    pub(crate) fn configure_standby(&mut self, upstream: NodeId) -> bool {
        let acts = self.acts();
        acts.is_some_and(|acts| acts.configure_standby(self, upstream))
    }

    /// Tells every peer that this process is gone, as its operating system does.
    pub(crate) fn hang_up(&self, cx: &mut Context<'_>) {
        if let Some(acts) = self.acts() {
            acts.hang_up(self, cx);
        }
    }

    /// The server's view of itself; `None` for a Textbook node.
    #[must_use]
    pub fn server_status(&self, now: Time) -> Option<ServerStatus> {
        self.acts()?.status(self, now)
    }

    /// `pg_stat_replication` of this server under a list of synchronous standbys; nothing for a Textbook node. `settings` is
    /// the list of the settings; a manager's list goes before it.
    #[must_use]
    pub fn standbys(&self, settings: &StandbyNames) -> Vec<SenderStatus> {
        let acts = self.acts();
        acts.map_or_else(Vec::new, |acts| acts.standbys(self, settings))
    }

    /// What a replica says of itself; `None` for a source, a server that does not run, and other databases.
    #[must_use]
    pub fn replica_status(&self, now: Time) -> Option<ReplicaStatus> {
        self.acts()?.replica_status(self, now)
    }

    /// The status variables, given the settings in force; `None` when the database has no semi-sync or does not run here.
    #[must_use]
    pub fn semi_sync_status(&self, database: &Database) -> Option<SemiSyncStatus> {
        self.acts()?.semi_sync_status(self, database)
    }
}

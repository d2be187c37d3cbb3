//! Following the leader, starting a database that is down, and coming back after a failover (R-PT-4, R-PT-10).

use super::{Afterwards, Agent, DemoteWhy, Possible, RenewFor, parameters, tags_of};
use crate::ids::NodeId;
use crate::manager::{ManagerContext, ManagerEffect, ManagerEvent, StartAs};
use crate::node::Role;
use crate::node::server::{Command, ServerStatus};
use crate::random::{Purpose, below, draw};
use crate::scenario::{Admin, Database, PatroniVersion};
use crate::time::Span;

impl Agent {
    /// Whom this node streams from while `leader` leads (ha.py `_get_node_to_follow`).
    pub(super) fn to_follow(
        &self,
        cx: &ManagerContext<'_>,
        leader: Option<NodeId>,
    ) -> Option<NodeId> {
        let members = self.view.member_set();
        tags_of(parameters(cx), self.node)
            .replicatefrom
            .filter(|&source| members.contains(source))
            .or(leader)
            .filter(|&source| source != self.node)
    }

    /// ha.py `follow`.
    pub(super) fn follow(&mut self, cx: &mut ManagerContext<'_>, server: &ServerStatus) {
        let pause = parameters(cx).pause;
        if Self::is_primary(server) {
            if !pause {
                self.stop_at_once(cx, DemoteWhy::LostLock);
            }
            self.finish(cx, false);
            return;
        }
        let leader = self.leader(cx);
        let upstream = self.to_follow(cx, leader);
        if pause && upstream.is_none() {
            self.finish(cx, false);
            return;
        }
        if server.upstream != upstream {
            self.blocked = false;
            cx.effect(ManagerEffect::Command(Command::Follow(upstream)));
        } else if let Some(leader) = leader.filter(|_| server.role == Role::Demoted) {
            self.diverged(cx, leader);
        }
        self.finish(cx, false);
    }

    /// The database cannot follow: its log has left the leader's history (ha.py `_handle_rewind_or_reinitialize`).
    fn diverged(&mut self, cx: &mut ManagerContext<'_>, leader: NodeId) {
        // Only once the leader has been promoted does its history say where they parted.
        if self.cluster.status.timeline.owner() != leader {
            return;
        }
        let patroni = parameters(cx);
        let can_rewind = patroni.use_pg_rewind
            && matches!(&cx.settings.database, Database::Postgresql(settings)
                if (settings.wal_log_hints || settings.data_checksums) && settings.full_page_writes);
        let node = self.node;
        if can_rewind {
            cx.event(ManagerEvent::Rewinds { node });
            let rewind = Command::Admin(Admin::Rewind { source: leader });
            cx.effect(ManagerEffect::Command(rewind));
            self.look_out(cx);
        } else if patroni.remove_data_directory_on_diverged_timelines {
            cx.event(ManagerEvent::Reinitializes { node });
            let rebuild = Command::Admin(Admin::Rebuild { source: leader });
            cx.effect(ManagerEffect::Command(rebuild));
            self.look_out(cx);
        } else if !self.blocked {
            self.blocked = true;
            cx.event(ManagerEvent::StaysDiverged { node });
        }
    }

    /// An empty disk is filled from the leader; one that is being filled or rewound holds no lock.
    pub(super) fn while_rebuilding(&mut self, cx: &mut ManagerContext<'_>, server: &ServerStatus) {
        if self.has_lock() {
            self.release(cx, Afterwards::Finish);
            return;
        }
        if let Some(leader) = self.leader(cx) {
            let members = self.view.member_set();
            let patroni = parameters(cx);
            let fine = |source: NodeId| {
                source == leader || members.contains(source) && tags_of(patroni, source).clonefrom
            };
            if server.empty {
                // A copy that was asked of one that is gone, or leads no more, is asked of another.
                if !patroni.pause && !server.rebuilt_from.is_some_and(fine) {
                    let source = self.clone_source(cx, leader);
                    let rebuild = Command::Admin(Admin::Rebuild { source });
                    cx.effect(ManagerEffect::Command(rebuild));
                }
            } else if server.upstream.is_some_and(|source| source != leader) {
                // Whom it is rewound or copied from leads no more: that has failed.
                cx.effect(ManagerEffect::StopServer);
                cx.effect(ManagerEffect::StartServer(StartAs::Standby(Some(leader))));
            }
            self.look_out(cx);
        }
        self.finish(cx, false);
    }

    /// Whom an empty disk is filled from: a member that is tagged so, by lot, else the leader (dcs `get_clone_member`).
    fn clone_source(&self, cx: &ManagerContext<'_>, leader: NodeId) -> NodeId {
        let patroni = parameters(cx);
        let members = self.view.member_set().without(self.node).without(leader);
        let tagged: Vec<NodeId> = members
            .iter()
            .filter(|&node| tags_of(patroni, node).clonefrom)
            .collect();
        let lot = draw(
            cx.seed,
            Purpose::CloneSource,
            u64::from(self.node.0),
            cx.now.0,
        );
        match tagged.len() as u64 {
            0 => leader,
            count => tagged[below(lot, count) as usize],
        }
    }

    /// The database is down (ha.py `recover`).
    pub(super) fn recover(&mut self, cx: &mut ManagerContext<'_>) {
        if parameters(cx).pause {
            // In maintenance mode whoever stopped it starts it again; the lock is free meanwhile.
            if self.has_lock() {
                self.release(cx, Afterwards::Finish);
            } else {
                self.finish(cx, false);
            }
            return;
        }
        if self.has_lock() {
            self.renew(cx, RenewFor::Recover);
            return;
        }
        Self::stop_watchdog(cx);
        let leader = self.leader(cx);
        let upstream = self.to_follow(cx, leader);
        cx.effect(ManagerEffect::StartServer(StartAs::Standby(upstream)));
        self.was_primary = false;
        self.look_out(cx);
        self.finish(cx, false);
    }

    pub(super) fn recover_with_lock(&mut self, cx: &mut ManagerContext<'_>) {
        if parameters(cx).primary_start_timeout == 0 {
            self.may_fail_over(cx, Possible::Crashed);
        } else {
            self.start_in_place(cx);
        }
    }

    /// Patroni 4 starts a primary that it saw running as primary; 3.0, and an agent that has just started itself, starts it
    /// read-only and promotes it, which opens a timeline (R-PT-4).
    pub(super) fn start_in_place(&mut self, cx: &mut ManagerContext<'_>) {
        let patroni = parameters(cx);
        let as_primary = self.was_primary
            && patroni.version == PatroniVersion::V4
            && patroni.primary_start_timeout > 0;
        let how = if as_primary {
            StartAs::Before
        } else {
            StartAs::Standby(None)
        };
        cx.event(ManagerEvent::RestartsInPlace { node: self.node });
        cx.effect(ManagerEffect::StartServer(how));
        self.starting_since = Some(cx.now);
        self.look_out(cx);
        self.finish(cx, false);
    }

    /// ha.py `handle_starting_instance` of the node that holds the lock.
    pub(super) fn while_starting(&mut self, cx: &mut ManagerContext<'_>) {
        let patience = Span::from_secs(parameters(cx).primary_start_timeout);
        let since = self.starting_since.unwrap_or(cx.now);
        if cx.now.since(since) >= patience {
            self.may_fail_over(cx, Possible::StartTimeout);
        } else {
            self.finish(cx, false);
        }
    }

    /// After the lock was given up: the database starts as a standby of whoever has it now.
    pub(super) fn rejoin(&mut self, cx: &mut ManagerContext<'_>) {
        self.cluster = std::sync::Arc::clone(&self.view);
        match cx.server {
            None => self.recover(cx),
            Some(server) if server.ready => self.follow(cx, &server),
            Some(_) => self.finish(cx, false),
        }
    }
}

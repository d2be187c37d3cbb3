//! Starting, stopping, crashing, being promoted, following somebody else.

use super::{Context, Node, Role, Server, ServerTimer};
use crate::event::EventKind;
use crate::ids::{NodeId, Timeline};
use crate::message::Replication;
use crate::node::Timer;
use crate::time::Span;

impl Node {
    /// The start of the run: the cluster has been up for a while.
    pub(super) fn start_server(&mut self, cx: &mut Context<'_>) {
        if let Some(server) = &mut self.server {
            server.mysql = cx.mysql().is_some();
        }
        if self.is_serving_primary() {
            self.connect_everybody(cx);
            self.semi_sync_replicas_changed(cx);
            self.guard_writes(cx);
        } else if let Some(server) = &mut self.server {
            server.receiver.already_streaming(cx.now);
            self.arm_receiver_timers(cx);
        }
    }

    /// After a crash: what was only in memory is gone. A primary whose log lost its end will say so when it starts.
    pub(super) fn crash_server(&mut self, power_lost: bool) {
        let tip = self.wal.tip().lsn;
        self.flush = self.survives_crash(power_lost);
        let erased = tip.ahead_of(self.flush);
        if erased > 0 {
            if self.is_mysql() && self.role != Role::Primary {
                // Received and not applied: no row has seen it.
                let lost: Vec<_> = self.wal.range(self.flush.next(), tip).copied().collect();
                self.table.truncate_heads(lost.into_iter().rev());
            } else if self.table.rewind(&self.wal, self.flush).is_err() {
                // What a row was before is no longer in the log. It cannot be: unflushed records are the newest.
                debug_assert!(false, "the log is shorter than its unflushed end");
            }
            self.wal.truncate(self.flush);
        }
        let primary = self.role == Role::Primary;
        if let Some(server) = &mut self.server {
            if erased > 0 && primary {
                server.end_lost = Some(u32::try_from(erased).unwrap_or(u32::MAX));
            }
            server.forget();
        }
        self.write = self.flush;
        self.replay = self.replay.min(self.flush);
        self.flushing = false;
        self.processor.clear();
    }

    pub(super) fn lose_server_disk(&mut self) {
        if let Some(server) = &mut self.server {
            server.empty = true;
            server.end_lost = None;
            server.managed_slots = None;
            server.errant.clear();
            server.standby = true;
            server.upstream = None;
            self.role = Role::Demoted;
        }
    }

    /// Starts the process. It takes a while; then a standby connects, and a primary takes writes as a server does that
    /// nobody told better.
    pub(super) fn restart_server(&mut self, cx: &mut Context<'_>) {
        let start = Span(cx.costs.start_us);
        let Some(server) = &mut self.server else {
            return;
        };
        server.ready_at = cx.now + start;
        if server.empty {
            self.role = Role::Demoted;
        } else {
            self.role = if server.standby {
                Role::Replica
            } else {
                Role::Primary
            };
        }
        cx.timer(start, Timer::Server(ServerTimer::Started));
    }

    pub(super) fn on_started(&mut self, cx: &mut Context<'_>) {
        let Some(server) = &mut self.server else {
            return;
        };
        if cx.now < server.ready_at || server.empty {
            return;
        }
        cx.event(EventKind::ServerReady { node: self.id });
        if let Some(erased) = server.end_lost.take() {
            // The same positions will be used again, for other records: a history of its own (R-LW-6).
            server.timeline = server.timeline.after_crash();
            let (timeline, fork) = (server.timeline, self.flush);
            cx.event(EventKind::LogEndLost {
                node: self.id,
                timeline,
                fork,
                erased,
            });
        }
        if server.standby {
            // A crash may have interrupted a server that was primary: all that is on disk counts.
            self.recover_own_binlog();
            self.connect_now(cx);
            self.replay_next(cx);
        } else {
            // Crash recovery: what waited for standbys is committed here (R-PG-7), what waited for replicas too (R-LW-1).
            self.replay_everything_flushed();
            self.semi_sync_replicas_changed(cx);
            self.guard_writes(cx);
        }
    }

    /// A MySQL or MariaDB server that was source commits what its own binlog holds, also when it starts as a replica.
    fn recover_own_binlog(&mut self) {
        while self.is_mysql() && self.replay < self.flush {
            let next = self.wal.get(self.replay.next()).copied();
            let Some(record) = next.filter(|next| next.timeline.owner() == self.id) else {
                return;
            };
            self.table.commit(&record);
            self.replay = record.lsn;
        }
    }

    /// Applies all that is on disk, at once: the work of crash recovery, whose time is part of starting.
    fn replay_everything_flushed(&mut self) {
        let records: Vec<_> = self
            .wal
            .range(self.replay.next(), self.flush)
            .copied()
            .collect();
        for record in &records {
            self.table.commit(record);
        }
        self.replay = self.flush;
    }

    /// `pg_promote()`: stop receiving, replay all there is, open a new timeline (R-PG-15).
    pub(super) fn promote_server(&mut self, cx: &mut Context<'_>) -> bool {
        let ready = self
            .server
            .as_ref()
            .is_some_and(|server| server.is_ready(cx.now));
        if !ready || !matches!(self.role, Role::Replica | Role::Demoted) {
            return false;
        }
        self.close_receiver(cx);
        let stuck = self
            .server
            .as_ref()
            .is_some_and(|server| server.replaying.error().is_some());
        if stuck {
            // What the applier could not apply is left behind.
            self.reset_relay_log(cx);
        }
        self.role = Role::Promoting;
        cx.event(EventKind::PromotionStarted { node: self.id });
        self.replay_next(cx);
        self.open_server_if_ready(cx);
        true
    }

    pub(super) fn open_server_if_ready(&mut self, cx: &mut Context<'_>) {
        let tip = self.wal.tip().lsn;
        if self.role != Role::Promoting || self.flush < tip || self.replay < tip {
            return;
        }
        self.end_waits(cx);
        let Some(server) = &mut self.server else {
            return;
        };
        let term = server.timeline.term().max(server.last_term) + 1;
        let timeline = Timeline::new(term, self.id);
        server.last_term = term;
        server.timeline = timeline;
        server.standby = false;
        server.upstream = None;
        server.replaying.promoted();
        server.semi_sync = super::SemiSync::default();
        server.receiver.promoted();
        self.role = Role::Primary;
        self.spread_errant(cx, timeline);
        cx.event(EventKind::Promoted {
            node: self.id,
            timeline,
            fork: tip,
        });
        // Standbys of this server learn of the new timeline when they connect again.
        self.close_senders(cx);
        self.semi_sync_replicas_changed(cx);
        self.start_flush(cx);
        self.guard_writes(cx);
    }

    /// Becomes or stays a standby, of somebody else. A primary shuts down for it, which takes time, and whoever waits for a
    /// commit loses the connection and does not know the outcome.
    pub(super) fn follow(&mut self, cx: &mut Context<'_>, upstream: Option<NodeId>) -> bool {
        let me = self.id;
        let Some(server) = &mut self.server else {
            return false;
        };
        if server.empty || server.rebuild.is_some() || upstream == Some(me) {
            return false;
        }
        if server.standby && self.role != Role::Promoting {
            if server.upstream == upstream {
                return false;
            }
            self.close_receiver(cx);
            if let Some(server) = &mut self.server {
                server.upstream = upstream;
                server.receiver.start_over();
            }
            self.role = Role::Replica;
            self.connect_now(cx);
            return true;
        }
        cx.event(EventKind::SteppedDown { node: me });
        self.lose_waiting_clients(cx);
        self.close_senders(cx);
        self.shut_down_cleanly(cx);
        if let Some(server) = &mut self.server {
            server.standby = true;
            server.upstream = upstream;
            server.forget();
        }
        self.processor.clear();
        self.flushing = false;
        self.restart_server(cx);
        true
    }

    /// A primary opens a timeline newer than `above` where it stands, without a restart.
    pub(super) fn raise_timeline(&mut self, cx: &mut Context<'_>, above: Timeline) -> bool {
        let fork = self.wal.tip().lsn;
        if self.role != Role::Primary {
            return false;
        }
        let Some(server) = &mut self.server else {
            return false;
        };
        let term = server
            .timeline
            .term()
            .max(above.term())
            .max(server.last_term)
            + 1;
        let timeline = Timeline::new(term, self.id);
        server.last_term = term;
        server.timeline = timeline;
        cx.event(EventKind::Promoted {
            node: self.id,
            timeline,
            fork,
        });
        self.close_senders(cx);
        true
    }

    /// Writes `standby.signal` on a server that is stopped, and whom it follows, which may be nobody yet.
    pub(crate) fn configure_as_standby(&mut self, upstream: Option<NodeId>) {
        let me = self.id;
        if let Some(server) = self.server.as_mut().filter(|server| !server.empty) {
            server.standby = true;
            server.upstream = upstream.filter(|&node| node != me);
        }
    }

    /// Writes `standby.signal` and `primary_conninfo` on a server that is stopped.
    pub(super) fn configure_server(&mut self, upstream: NodeId) -> bool {
        let me = self.id;
        let Some(server) = &mut self.server else {
            return false;
        };
        if upstream == me || server.empty || server.upstream() == Some(upstream) {
            return false;
        }
        server.standby = true;
        server.upstream = Some(upstream);
        true
    }

    /// A clean shutdown flushes the log first, and what waited for standbys is committed here.
    pub(super) fn shut_down_cleanly(&mut self, cx: &mut Context<'_>) {
        self.flush_now(cx);
        self.replay_everything_flushed();
    }

    /// A checkpoint flushes the log.
    pub(super) fn flush_now(&mut self, cx: &mut Context<'_>) -> bool {
        let tip = self.wal.tip().lsn;
        let news = self.flush < tip;
        if news {
            self.flush = tip;
            self.write = tip;
            cx.event(EventKind::Flushed {
                node: self.id,
                lsn: tip,
            });
        }
        news
    }

    /// Tells every peer that this process is gone.
    pub(super) fn close_connections(&self, cx: &mut Context<'_>) {
        let connections = self.server.iter().flat_map(|server| server.connections());
        for (peer, conn) in connections {
            // A MySQL source does not read from its replicas: it learns of their end when it next sends (R-MY-6).
            if self.is_mysql() && self.upstream() == Some(peer) {
                continue;
            }
            cx.send(peer, Replication::Closed { conn });
        }
    }
}

impl Server {
    /// Forgets what a process forgets when it ends.
    pub(super) fn forget(&mut self) {
        self.senders.fill_with(|| None);
        self.receiver.new_life();
        self.commits = super::Commits::default();
        self.replaying = super::Replaying::default();
        self.min_replicas = super::MinReplicas::default();
        self.rebuild = None;
        self.flushes.clear();
        self.wal_writer = super::WalWriter::default();
        self.binlog.forget();
        self.semi_sync = super::SemiSync::default();
    }
}

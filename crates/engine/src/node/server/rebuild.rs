//! Making a node that cannot follow fit again: `pg_rewind` (R-PG-17), or a full copy.

use std::sync::Arc;

use super::{Context, Gtid, Node, Role, ServerTimer};
use crate::event::EventKind;
use crate::ids::{Lsn, NodeId, Tip};
use crate::message::{BaseBackup, Replication};
use crate::node::Timer;
use crate::node::table::Table;
use crate::node::wal::{Segment, Wal};
use crate::time::Span;

/// How long a node waits for its source to answer before it asks again.
const ASK_AGAIN: Span = Span(5_000_000);
/// How often it asks before it gives up and starts again with what it has.
const MOST_ASKS: u32 = 3;

/// Work in progress on a node that takes no connections meanwhile.
#[derive(Clone, Debug)]
pub(super) struct Rebuild {
    source: NodeId,
    step: Step,
    asked: u32,
}

#[derive(Clone, Debug)]
enum Step {
    AskedFork,
    Rewinding(Lsn),
    AskedCopy,
    Copying(Arc<BaseBackup>),
}

impl Rebuild {
    /// Where the data comes from.
    pub(super) fn source(&self) -> NodeId {
        self.source
    }
}

impl Node {
    /// Begins to rewind. The target must be stopped and hint bits or checksums on; else nothing happens.
    pub(super) fn start_rewind(&mut self, cx: &mut Context<'_>, source: NodeId) -> bool {
        let possible = cx.postgresql().is_some_and(|settings| {
            (settings.wal_log_hints || settings.data_checksums) && settings.full_page_writes
        });
        let empty = self.server.as_ref().is_none_or(|server| server.empty);
        if !possible || empty || source == self.id {
            cx.note(EventKind::RewindImpossible { node: self.id });
            return false;
        }
        self.start_rebuild(cx, source, Step::AskedFork)
    }

    pub(super) fn start_copy(&mut self, cx: &mut Context<'_>, source: NodeId) -> bool {
        source != self.id && self.start_rebuild(cx, source, Step::AskedCopy)
    }

    fn start_rebuild(&mut self, cx: &mut Context<'_>, source: NodeId, step: Step) -> bool {
        // One that only waits for its source to answer can be given another.
        let is_at_work = |rebuild: &Rebuild| {
            rebuild.source == source
                || matches!(rebuild.step, Step::Rewinding(_) | Step::Copying(_))
        };
        let Some(server) = &self.server else {
            return false;
        };
        if server.rebuild.as_ref().is_some_and(is_at_work) {
            return false;
        }
        if self.is_serving_primary() {
            cx.event(EventKind::SteppedDown { node: self.id });
            self.lose_waiting_clients(cx);
            self.shut_down_cleanly(cx);
        }
        self.close_senders(cx);
        self.close_receiver(cx);
        self.processor.clear();
        self.role = Role::Demoted;
        if let Some(server) = &mut self.server {
            server.forget();
            server.standby = true;
            server.upstream = Some(source);
            server.rebuild = Some(Rebuild {
                source,
                step,
                asked: 0,
            });
        }
        self.ask_source(cx);
        true
    }

    fn ask_source(&mut self, cx: &mut Context<'_>) {
        let tip = self.wal.tip();
        let history = Arc::new(self.wal.history().to_vec());
        let Some(server) = self.server.as_deref_mut() else {
            return;
        };
        let Some(rebuild) = &mut server.rebuild else {
            return;
        };
        rebuild.asked += 1;
        server.rebuilds += 1;
        let attempt = server.rebuilds;
        let ask = match rebuild.step {
            Step::AskedFork => Replication::RewindAsk {
                attempt,
                tip,
                history,
            },
            Step::AskedCopy => Replication::CopyAsk { attempt },
            Step::Rewinding(_) | Step::Copying(_) => return,
        };
        cx.send(rebuild.source, ask);
        cx.timer(ASK_AGAIN, Timer::Server(ServerTimer::Rebuild { attempt }));
    }

    pub(super) fn on_rewind_ask(
        &mut self,
        cx: &mut Context<'_>,
        from: NodeId,
        attempt: u32,
        tip: Tip,
        history: &Arc<Vec<Segment>>,
    ) {
        if self.is_serving_primary() {
            let fork = self.wal.fork_from(history, tip.lsn);
            cx.send(from, Replication::RewindFrom { attempt, fork });
        }
    }

    pub(super) fn on_rewind_from(&mut self, cx: &mut Context<'_>, attempt: u32, fork: Lsn) {
        let span = Span(cx.settings.timers.rewind_us);
        if let Some(attempt) = self.next_step(attempt, Step::Rewinding(fork)) {
            cx.timer(span, Timer::Server(ServerTimer::Rebuild { attempt }));
        }
    }

    pub(super) fn on_copy_ask(&mut self, cx: &mut Context<'_>, from: NodeId, attempt: u32) {
        let ready = self
            .server
            .as_ref()
            .is_some_and(|server| server.is_ready(cx.now));
        if ready {
            // A base backup begins with a checkpoint. MySQL and MariaDB copy what is safe; the binlog brings the rest.
            if !self.is_mysql() && self.flush_now(cx) {
                self.server_flushed(cx);
            }
            let copy = Arc::new(self.base_backup_with_errant());
            cx.send(from, Replication::Copy { attempt, copy });
        }
    }

    pub(super) fn on_copy(&mut self, cx: &mut Context<'_>, attempt: u32, copy: &Arc<BaseBackup>) {
        let span = Span(cx.settings.timers.base_backup_us);
        if let Some(attempt) = self.next_step(attempt, Step::Copying(Arc::clone(copy))) {
            cx.timer(span, Timer::Server(ServerTimer::Rebuild { attempt }));
        }
    }

    /// The source answered the attempt: on to the work itself. Returns the number of its timer.
    fn next_step(&mut self, attempt: u32, step: Step) -> Option<u32> {
        let server = self.server.as_mut()?;
        let asked = matches!(
            server.rebuild.as_ref()?.step,
            Step::AskedFork | Step::AskedCopy
        );
        if server.rebuilds != attempt || !asked {
            return None;
        }
        server.rebuilds += 1;
        server.rebuild.as_mut()?.step = step;
        Some(server.rebuilds)
    }

    pub(super) fn on_rebuild_timer(&mut self, cx: &mut Context<'_>, attempt: u32) {
        let Some(server) = &mut self.server else {
            return;
        };
        if server.rebuilds != attempt {
            return;
        }
        let Some(rebuild) = server.rebuild.take() else {
            return;
        };
        match rebuild.step {
            Step::AskedFork | Step::AskedCopy if rebuild.asked >= MOST_ASKS => {
                cx.event(EventKind::RebuildFailed { node: self.id });
            }
            Step::AskedFork | Step::AskedCopy => {
                server.rebuild = Some(rebuild);
                cx.event(EventKind::NodeTimer { node: self.id });
                self.ask_source(cx);
                return;
            }
            Step::Rewinding(fork) => self.rewind_server(cx, fork, rebuild.source),
            Step::Copying(copy) => self.restore(cx, &copy),
        }
        if self
            .server
            .as_ref()
            .is_some_and(|server| server.rebuild.is_none())
        {
            self.restart_server(cx);
        }
    }

    fn rewind_server(&mut self, cx: &mut Context<'_>, fork: Lsn, source: NodeId) {
        let erased = self.wal.tip().lsn.ahead_of(fork);
        if self.table.rewind(&self.wal, fork).is_err() {
            // The log does not go back to the fork: only a copy helps.
            cx.event(EventKind::RewindImpossible { node: self.id });
            if let Some(server) = &mut self.server {
                server.rebuild = Some(Rebuild {
                    source,
                    step: Step::AskedCopy,
                    asked: 0,
                });
            }
            self.ask_source(cx);
            return;
        }
        self.wal.truncate(fork);
        for position in [&mut self.write, &mut self.flush, &mut self.replay] {
            *position = (*position).min(fork);
        }
        if let Some(server) = &mut self.server {
            // It has no log of its last timeline any more.
            server.timeline = self.wal.tip().timeline;
        }
        cx.event(EventKind::Rewound {
            node: self.id,
            fork,
            erased: u32::try_from(erased).unwrap_or(u32::MAX),
        });
    }

    /// A copy of a server with errant transactions has them too, and shows the rows that they wrote.
    fn base_backup_with_errant(&self) -> BaseBackup {
        let mut copy = self.base_backup();
        for (_, record) in self.errant_transactions() {
            copy.errant.push(*record);
            let row = self.table.row(record.key);
            if row.tip() == record.tip() {
                copy.rows[record.key.0 as usize] = row;
            }
        }
        copy
    }

    fn restore(&mut self, cx: &mut Context<'_>, copy: &Arc<BaseBackup>) {
        let copy = copy.as_ref().clone();
        let lsn = copy.tip.lsn;
        if let Some(server) = &mut self.server {
            server.errant = copy
                .errant
                .iter()
                .map(|record| (Gtid::of(record), *record))
                .collect();
            server.empty = false;
            server.timeline = copy.tip.timeline;
        }
        self.wal = Wal::after_backup(copy.tip, copy.history);
        self.table = Table::from_backup(copy.rows, copy.heads);
        (self.write, self.flush, self.replay) = (lsn, lsn, lsn);
        cx.event(EventKind::BackupRestored { node: self.id, lsn });
    }
}

//! Phases 1 to 3.1: the guards, shutting the old source out, who has received how much.

use super::{PATIENCE, POWER_OFF, STOP_PATIENCE};
use crate::ids::{NodeId, NodeSet};
use crate::manager::mha::guards::unfit;
use crate::manager::mha::{
    BinlogKept, CONNECT, GaveUp, MhaEvent, MhaManager, MhaPhase, MhaTimer, by_gtid, parameters,
    server,
};
use crate::manager::{ManagerContext, ManagerEvent, Remote};
use crate::node::Role;
use crate::node::server::Command;
use crate::random::{Purpose, below, draw};
use crate::scenario::{Admin, Endpoint};
use crate::time::Span;

impl MhaManager {
    /// Phase 1 is over: the guards, then phase 2.
    pub(in crate::manager::mha) fn configuration_checked(&mut self, cx: &mut ManagerContext<'_>) {
        let (mha, source, others) = (parameters(cx), self.source, self.replicas(cx));
        let own = self.own_guard(&mha, cx.now);
        let Some(failover) = self.failover() else {
            return;
        };
        let alive = failover.replicas.remove(&source);
        let guard = if alive.is_some_and(|status| status.ready) {
            Some(GaveUp::SourceAlive)
        } else {
            unfit(&mha, &others, &failover.replicas, source, true).or(own)
        };
        if let Some(why) = guard {
            self.give_up(cx, why);
            return;
        }
        // Whoever was forgiven takes no part.
        let replicas = &mut failover.replicas;
        replicas.retain(|_, status| {
            status.ready && status.upstream == Some(source) && status.role == Role::Replica
        });
        let paused: Vec<NodeId> = replicas
            .iter()
            .filter(|(_, status)| status.replay_paused)
            .map(|(&node, _)| node)
            .collect();
        let members: Vec<NodeId> = replicas.keys().copied().collect();
        let ssh = failover.ssh;
        // Each applies on what it has, or it would never be done (`start_sql_threads_if`).
        for node in paused {
            let id = self.ask();
            let command = Command::Admin(Admin::ResumeReplay);
            cx.send(node, Remote::Command { id, command });
        }
        self.enter(cx, MhaPhase::ShutOut, Some(STOP_PATIENCE));
        for node in members {
            self.tell(cx, node, Command::Admin(Admin::StopReceiver));
        }
        if mha.master_ip_failover_script {
            cx.send(Endpoint::Clients, Remote::Address { holder: None });
        }
        if mha.shutdown_script {
            let id = self.ask();
            let order = if ssh {
                Remote::EndProcess { id }
            } else {
                Remote::PowerOff { id }
            };
            if let Some(failover) = self.failover() {
                failover.stopping = Some(id);
            }
            cx.send(source, order);
        }
    }

    /// The dead source is stopped: at once by SSH, after a while when it is the power.
    pub(in crate::manager::mha) fn on_stop_answer(
        &mut self,
        cx: &mut ManagerContext<'_>,
        node: NodeId,
        id: u64,
    ) {
        let random = draw(cx.seed, Purpose::PowerOff, u64::from(node.0), cx.now.0);
        let Some(failover) = self.failover() else {
            return;
        };
        if failover.ssh {
            failover.stopping = None;
            self.go_on(cx);
        } else {
            let (least, most) = POWER_OFF;
            let takes = Span(least + below(random, most - least));
            cx.timer(takes, MhaTimer::PowerIsOff { id });
        }
    }

    pub(in crate::manager::mha) fn on_power_off(&mut self, cx: &mut ManagerContext<'_>, id: u64) {
        if let Some(failover) = self.failover()
            && failover.stopping == Some(id)
        {
            failover.stopping = None;
            cx.event(ManagerEvent::Timer { service: cx.me });
            self.go_on(cx);
        }
    }

    /// Phase 2 is over. Without a script nothing keeps the old source from being used.
    pub(in crate::manager::mha) fn shut_out(&mut self, cx: &mut ManagerContext<'_>) {
        let (mha, source) = (parameters(cx), self.source);
        let Some(failover) = self.failover() else {
            return;
        };
        let silent = failover
            .open
            .values()
            .any(|&node| !server(&mha, node).ignore_fail);
        if silent || failover.stopping.is_some() {
            self.fail(cx);
            return;
        }
        let members: Vec<NodeId> = failover.replicas.keys().copied().collect();
        cx.event(MhaEvent::ShutOut {
            source,
            address: mha.master_ip_failover_script,
            stopped: mha.shutdown_script,
        });
        self.enter(cx, MhaPhase::Latest, Some(CONNECT));
        for node in members {
            self.put(cx, node, |id| Remote::Query { id });
        }
    }

    /// Phase 3.1 is over: on to the dead source's binlog.
    pub(in crate::manager::mha) fn positions_read(&mut self, cx: &mut ManagerContext<'_>) {
        let (mha, source) = (parameters(cx), self.source);
        let Some(failover) = self.failover() else {
            return;
        };
        let silent: NodeSet = failover.open.values().copied().collect();
        if silent.iter().any(|node| !server(&mha, node).ignore_fail) {
            self.fail(cx);
            return;
        }
        failover.replicas.retain(|&node, _| !silent.contains(node));
        let received = || {
            failover
                .replicas
                .iter()
                .map(|(&node, status)| (node, status.tip.lsn))
        };
        // The first of several with as much.
        let latest = received().min_by_key(|&(node, lsn)| (core::cmp::Reverse(lsn), node));
        let oldest = received().min_by_key(|&(node, lsn)| (lsn, node));
        let (Some(latest), Some(oldest)) = (latest, oldest) else {
            self.fail(cx);
            return;
        };
        (failover.latest, failover.oldest) = (latest, oldest);
        let ssh = failover.ssh;
        cx.event(MhaEvent::Positions {
            latest: latest.0,
            most: latest.1,
            oldest: oldest.0,
            least: oldest.1,
        });
        if by_gtid(cx) {
            self.binlog_lost(cx, BinlogKept::SkippedForGtid);
        } else if !ssh {
            self.binlog_lost(cx, BinlogKept::NoSsh);
        } else {
            self.enter(cx, MhaPhase::SaveBinlog, Some(PATIENCE));
            let after = latest.1;
            self.put(cx, source, |id| Remote::SaveLog { id, after });
        }
    }
}

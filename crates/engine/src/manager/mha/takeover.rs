//! The second half of the failover: the new source is chosen and takes writes, the others follow (R-MH-4, phases 3.3 to 4).

use super::choice::{Candidate, choose};
use super::guards::is_broken;
use super::phases::{PATIENCE, POLL};
use super::{MhaEvent, MhaManager, MhaPhase, MhaTimer, parameters, step_time};
use crate::ids::{Lsn, NodeId};
use crate::manager::{ManagerContext, ManagerEvent, Remote};
use crate::node::Role;
use crate::node::server::{Command, ServerStatus};
use crate::scenario::{Admin, Endpoint};
use crate::time::Time;

impl MhaManager {
    /// Phase 3.3: who becomes the new source.
    pub(super) fn choose_source(&mut self, cx: &mut ManagerContext<'_>) {
        let (mha, bytes) = (parameters(cx), cx.costs.record_bytes);
        let Some(failover) = self.failover() else {
            return;
        };
        let candidates: Vec<Candidate> = failover
            .replicas
            .iter()
            .filter(|(_, status)| !is_broken(status))
            .map(|(&node, status)| Candidate {
                node,
                received: status.tip.lsn,
                applied: status.positions.replay,
            })
            .collect();
        let Some((node, latest)) = choose(&candidates, &mha, bytes) else {
            self.fail(cx);
            return;
        };
        failover.chosen = node;
        cx.event(MhaEvent::Chosen { node, latest });
        self.level(cx);
    }

    /// Phase 3.5, the end: it applies what it has and takes writes.
    pub(super) fn promote(&mut self, cx: &mut ManagerContext<'_>) {
        self.enter(cx, MhaPhase::Promote, None);
        let Some(failover) = self.failover() else {
            return;
        };
        let (chosen, step) = (failover.chosen, failover.step);
        self.tell(cx, chosen, Command::Promote);
        cx.timer(step_time(cx) + POLL, MhaTimer::Poll { step });
    }

    /// Asks the new source again, unless it has been silent for too long.
    pub(super) fn on_poll(&mut self, cx: &mut ManagerContext<'_>, step: u64) {
        let Some(failover) = self.failover() else {
            return;
        };
        if failover.step != step {
            return;
        }
        let (chosen, silent) = (failover.chosen, cx.now.since(failover.heard) >= PATIENCE);
        cx.event(ManagerEvent::Timer { service: cx.me });
        if silent {
            self.fail(cx);
            return;
        }
        self.put(cx, chosen, |id| Remote::Query { id });
        cx.timer(POLL, MhaTimer::Poll { step });
    }

    /// It answered to a poll.
    pub(super) fn heard(&mut self, now: Time) {
        if let Some(failover) = self.failover() {
            failover.heard = now;
        }
    }

    /// Phase 4 begins once the new source takes writes.
    pub(super) fn on_promotion_answer(
        &mut self,
        cx: &mut ManagerContext<'_>,
        status: &ServerStatus,
    ) {
        self.heard(cx.now);
        if status.role != Role::Primary || !status.ready {
            return;
        }
        let Some(failover) = self.failover() else {
            return;
        };
        let chosen = failover.chosen;
        let others: Vec<(NodeId, Lsn)> = failover
            .replicas
            .iter()
            .filter(|&(&node, _)| node != chosen)
            .map(|(&node, status)| (node, status.tip.lsn))
            .collect();
        if parameters(cx).master_ip_failover_script {
            let holder = Some(chosen);
            cx.send(Endpoint::Clients, Remote::Address { holder });
        }
        self.enter(cx, MhaPhase::Replicas, Some(PATIENCE));
        for (node, tip) in others {
            self.level_replica(cx, node, tip);
            self.tell(cx, node, Command::Follow(Some(chosen)));
            self.tell(cx, node, Command::Admin(Admin::StartReceiver));
        }
        self.go_on(cx);
    }

    pub(super) fn on_replica_answer(
        &mut self,
        cx: &mut ManagerContext<'_>,
        node: NodeId,
        ok: bool,
    ) {
        let Some(failover) = self.failover() else {
            return;
        };
        if !ok {
            failover.left_behind = failover.left_behind.with(node);
        }
        if !failover.open.values().any(|&other| other == node)
            && !failover.left_behind.contains(node)
        {
            let source = failover.chosen;
            cx.note(MhaEvent::Repointed { node, source });
        }
        self.go_on(cx);
    }

    /// Phase 4 is over, and with it the failover. The old source is not brought back (R-MH-7).
    pub(super) fn replicas_done(&mut self, cx: &mut ManagerContext<'_>) {
        let old = self.source;
        let Some(failover) = self.failover() else {
            return;
        };
        let silent = failover.open.values().copied().collect();
        let (new, left_behind) = (failover.chosen, failover.left_behind.union(silent));
        cx.event(MhaEvent::Done {
            old,
            new,
            left_behind,
        });
        self.completed = Some(cx.now);
        self.exit(cx);
    }
}

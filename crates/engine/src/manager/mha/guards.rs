//! When a failover is not begun (R-MH-7), and how the manager finds the source when it starts.

use super::{CONNECT, Doing, GaveUp, MhaEvent, MhaManager, MhaTimer, parameters, server};
use crate::ids::NodeId;
use crate::manager::{ManagerContext, Remote};
use crate::node::server::ServerStatus;
use crate::scenario::Mha;
use crate::small_map::SmallMap;
use crate::time::{Span, Time};

/// What every server said.
#[derive(Clone, Debug, Default)]
pub(super) struct Survey {
    open: SmallMap<u64, NodeId>,
    answers: SmallMap<NodeId, ServerStatus>,
}

/// Whether the server replicates from nobody.
fn is_source(status: &ServerStatus) -> bool {
    !status.standby
}

/// Whether the server cannot go on replicating as it is.
pub(super) fn is_broken(status: &ServerStatus) -> bool {
    status.refusal.is_some_and(|why| why.is_lasting())
}

/// What is wrong with the servers besides the source. `forgiving`: whether `ignore_fail` counts, which it does at a failover
/// and does not when the manager starts.
pub(super) fn unfit(
    mha: &Mha,
    others: &[NodeId],
    answers: &SmallMap<NodeId, ServerStatus>,
    source: NodeId,
    forgiving: bool,
) -> Option<GaveUp> {
    let counts = |node: &&NodeId| !(forgiving && server(mha, **node).ignore_fail);
    let answer = |node: &NodeId| answers.get(node).filter(|status| status.ready);
    for node in others {
        let stranger = |status: &ServerStatus| is_source(status) || status.upstream != Some(source);
        if answer(node).is_some_and(stranger) {
            return Some(GaveUp::NotAReplica(*node));
        }
    }
    if let Some(&node) = others
        .iter()
        .filter(counts)
        .find(|node| answer(node).is_none())
    {
        return Some(GaveUp::OtherDead(node));
    }
    let broken = |node: &&NodeId| answer(node).is_some_and(is_broken);
    if let Some(&node) = others.iter().filter(counts).find(broken) {
        return Some(GaveUp::ReplicationBroken(node));
    }
    let fit = |node: &NodeId| answer(node).is_some_and(|status| !is_broken(status));
    (!others.iter().any(fit)).then_some(GaveUp::NoReplica)
}

impl MhaManager {
    /// What forbids a failover to the manager itself, whatever the servers say.
    pub(super) fn own_guard(&self, mha: &Mha, now: Time) -> Option<GaveUp> {
        let too_soon = Span::from_secs(60 * mha.last_failover_minute);
        if self.failed {
            return Some(GaveUp::AfterFailure);
        }
        self.completed
            .filter(|&at| now.since(at) < too_soon)
            .map(|_| GaveUp::TooSoon)
    }

    pub(super) fn give_up(&mut self, cx: &mut ManagerContext<'_>, why: GaveUp) {
        cx.event(MhaEvent::GaveUp { why });
        self.exit(cx);
    }

    /// Asks every server how it is, to find the source.
    pub(super) fn survey(&mut self, cx: &mut ManagerContext<'_>) {
        let mut survey = Survey::default();
        for node in (0..cx.nodes as u8).map(NodeId) {
            let id = self.ask();
            survey.open.insert(id, node);
            cx.send(node, Remote::Query { id });
        }
        self.doing = Doing::Starting(survey);
        cx.timer(CONNECT, MhaTimer::Started);
    }

    pub(super) fn on_survey_answer(
        &mut self,
        cx: &mut ManagerContext<'_>,
        from: NodeId,
        id: u64,
        answer: &Remote,
    ) {
        let Doing::Starting(survey) = &mut self.doing else {
            return;
        };
        if survey.open.remove(&id) != Some(from) {
            return;
        }
        if let Remote::Answer { status, .. } = *answer {
            survey.answers.insert(from, status);
        }
        if survey.open.is_empty() {
            self.on_survey_over(cx);
        }
    }

    /// Everybody has answered or had the time: the source is who replicates from nobody, or whom the replicas follow.
    pub(super) fn on_survey_over(&mut self, cx: &mut ManagerContext<'_>) {
        let Doing::Starting(survey) = &mut self.doing else {
            return;
        };
        let answers = core::mem::take(&mut survey.answers);
        let alive = || answers.iter().filter(|(_, status)| status.ready);
        let found = alive()
            .find(|(_, status)| is_source(status))
            .map(|(&node, _)| node)
            .or_else(|| alive().find_map(|(_, status)| status.upstream));
        let Some(source) = found else {
            self.give_up(cx, GaveUp::NoSource);
            return;
        };
        self.source = source;
        match unfit(&parameters(cx), &self.replicas(cx), &answers, source, false) {
            Some(why) => self.give_up(cx, why),
            None => self.watch(cx, Span::ZERO),
        }
    }
}

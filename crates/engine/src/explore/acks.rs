//! The rule of each ack, checked from outside: what had been received, flushed and applied where when a write was committed.

use std::collections::BTreeMap;

use super::{Invariant, Violation, Watched};
use crate::event::{Event, EventKind};
use crate::ids::{Lsn, NodeId, NodeSet, OpId, Timeline, Tip};
use crate::node::Node;
use crate::promises::{self, AckRule};
use crate::scenario::CommitLevel;

/// How far each node has come on a timeline, at most: a crash takes back the node's log, not what it did.
#[derive(Debug, Default)]
struct Reached {
    written: BTreeMap<NodeId, Lsn>,
    received: BTreeMap<NodeId, Lsn>,
    flushed: BTreeMap<NodeId, Lsn>,
    applied: BTreeMap<NodeId, Lsn>,
}

/// The rules of the writes that wait.
#[derive(Debug, Default)]
pub(super) struct Acks {
    waiting: BTreeMap<(NodeId, OpId), (Timeline, AckRule)>,
    /// Writes that enough replicas had in their relay logs, since the last promotion.
    in_relay_logs: Vec<(OpId, Tip)>,
    reached: BTreeMap<Timeline, Reached>,
    /// Whom each node's commits under [`AckRule::Applied`] waited for after the last step.
    sets: BTreeMap<NodeId, NodeSet>,
    /// How many acks were checked.
    pub(super) checked: u64,
}

impl Acks {
    /// Notes what a node has done, and checks what it commits.
    pub(super) fn note(&mut self, run: &Watched, event: &Event) -> Result<(), Violation> {
        let simulation = &run.simulation;
        match event.kind {
            EventKind::Inserted { node, op, lsn } => {
                let primary = simulation.node(node);
                let rule = promises::ack_rule(simulation.settings(), primary, op);
                if let Some(record) = primary.wal().get(lsn) {
                    self.waiting.insert((node, op), (record.timeline, rule));
                }
            }
            EventKind::SemiSyncFellBack { node } => self.loosen(
                |by, _| by == node,
                |rule| match rule {
                    AckRule::Received { .. } => AckRule::Local,
                    AckRule::RelayLogs { synced, .. } => AckRule::Binlog { synced },
                    rule => rule,
                },
            ),
            EventKind::Received { node, lsn } | EventKind::BackupRestored { node, lsn } => {
                self.reach(run, node, lsn, |reached| &mut reached.received);
                if matches!(event.kind, EventKind::BackupRestored { .. }) {
                    self.reach(run, node, lsn, |reached| &mut reached.applied);
                }
            }
            EventKind::BinlogWritten { node, lsn } => {
                self.reach(run, node, lsn, |reached| &mut reached.written);
            }
            EventKind::Flushed { node, lsn } => {
                self.reach(run, node, lsn, |reached| &mut reached.flushed);
            }
            // Who waits under the old list or level may be released by the new one, or by hand.
            EventKind::SettingChanged => self.loosen(
                |_, _| true,
                |rule| match rule {
                    AckRule::Binlog { .. } => AckRule::Binlog { synced: false },
                    rule => without_replicas(rule, false),
                },
            ),
            EventKind::StandbyNamesChanged { .. } => {
                self.loosen(|_, _| true, |rule| without_replicas(rule, true));
            }
            EventKind::WaitEnded { op, .. } => {
                self.loosen(
                    |_, waiting| waiting == op,
                    |rule| without_replicas(rule, true),
                );
            }
            EventKind::Replayed { node, lsn } => {
                self.reach(run, node, lsn, |reached| &mut reached.applied);
            }
            EventKind::ElectableChanged { node, set } => {
                self.sets.insert(node, set);
            }
            EventKind::Committed { node, op, lsn } => self.check(run, node, op, lsn)?,
            EventKind::Killed { node }
            | EventKind::HostLost { node }
            | EventKind::HostReset { node }
            | EventKind::ServerStopped { node }
            | EventKind::SteppedDown { node } => {
                self.waiting.retain(|key, _| key.0 != node);
            }
            _ => {}
        }
        Ok(())
    }

    /// Notes the state after a step whose events have all been noted.
    pub(super) fn after_step(&mut self, run: &Watched) {
        for node in run
            .simulation
            .nodes()
            .iter()
            .filter(|node| node.lease_until().is_some())
        {
            self.sets
                .insert(node.id(), promises::must_have_applied(node));
        }
    }

    /// Whether commits waited for this node after the last step: it has all that was acked.
    pub(super) fn is_waited_for(&self, node: NodeId) -> bool {
        self.sets.values().any(|set| set.contains(node))
    }

    /// Up to where a node has written or flushed its log of a timeline, at most: what it may have sent.
    pub(super) fn has_written(&self, node: NodeId, timeline: Timeline) -> Lsn {
        let of = |map: &BTreeMap<NodeId, Lsn>| map.get(&node).copied().unwrap_or_default();
        self.reached.get(&timeline).map_or(Lsn::ZERO, |reached| {
            of(&reached.written).max(of(&reached.flushed))
        })
    }

    /// Gives some of the writes that wait another rule.
    fn loosen(&mut self, which: impl Fn(NodeId, OpId) -> bool, to: impl Fn(AckRule) -> AckRule) {
        for (&(node, op), (_, rule)) in &mut self.waiting {
            if which(node, op) {
                *rule = to(*rule);
            }
        }
    }

    /// The writes that semi-sync replicas had acknowledged when they were acked, since this was last asked.
    pub(super) fn take_in_relay_logs(&mut self) -> Vec<(OpId, Tip)> {
        core::mem::take(&mut self.in_relay_logs)
    }

    fn reach(
        &mut self,
        run: &Watched,
        node: NodeId,
        lsn: Lsn,
        of: fn(&mut Reached) -> &mut BTreeMap<NodeId, Lsn>,
    ) {
        let history = run.simulation.node(node).wal().history();
        if let Some(timeline) = crate::node::wal::timeline_at(history, lsn) {
            let reached = of(self.reached.entry(timeline).or_default());
            let entry = reached.entry(node).or_default();
            *entry = (*entry).max(lsn);
        }
    }

    fn check(&mut self, run: &Watched, node: NodeId, op: OpId, lsn: Lsn) -> Result<(), Violation> {
        let primary = run.simulation.node(node);
        let broken = |detail: String| Err(run.broken(Invariant::AckRule, detail));
        let Some((timeline, rule)) = self.waiting.remove(&(node, op)) else {
            return broken(format!("{node} committed {op:?}, which was not waiting"));
        };
        let rule = match rule {
            AckRule::RelayLogs { synced, .. }
                if promises::is_excused(run.simulation.settings(), primary) =>
            {
                AckRule::Binlog { synced }
            }
            rule => rule,
        };
        let at = primary.positions();
        let is_there = match rule {
            AckRule::Executed => true,
            AckRule::Binlog { synced: false } | AckRule::RelayLogs { synced: false, .. } => {
                at.write >= lsn
            }
            _ => at.flush >= lsn,
        };
        if !is_there {
            return broken(format!(
                "{node} committed {op:?} at {lsn}, which is not on its disk"
            ));
        }
        self.checked += 1;
        let tip = Tip { timeline, lsn };
        let none = Reached::default();
        let reached = self.reached.get(&timeline).unwrap_or(&none);
        // A list may name standbys that do not exist.
        let known = |who: &NodeId| who.index() < run.simulation.nodes().len();
        // What a node has when it comes back, it never reported as news.
        let has = |map: &BTreeMap<NodeId, Lsn>, who: NodeId, up_to: fn(&Node) -> Lsn| {
            let node = run.simulation.node(who);
            map.get(&who).is_some_and(|&at| at >= lsn)
                || node.wal().contains(tip) && up_to(node) >= lsn
        };
        let received = |who| has(&reached.received, who, |node| node.tip().lsn);
        let applied = |who| has(&reached.applied, who, |node| node.positions().replay);
        let flushed = |who| has(&reached.flushed, who, |node| node.positions().flush);
        match rule {
            AckRule::Executed | AckRule::Local | AckRule::Binlog { .. } => Ok(()),
            AckRule::RelayLogs {
                by,
                of,
                relay_synced,
                ..
            } => {
                let has_it = |&who: &NodeId| match relay_synced {
                    true => flushed(who),
                    false => received(who),
                };
                let count = of.iter().filter(known).filter(has_it).count();
                if count < usize::from(by) {
                    return broken(format!(
                        "{node} committed {op:?} at {lsn} when {count} of {by} relay logs had it"
                    ));
                }
                self.in_relay_logs.push((op, tip));
                Ok(())
            }
            AckRule::Standbys { level, by, listed } => {
                let far_enough = |&who: &NodeId| match level {
                    CommitLevel::RemoteWrite => received(who),
                    CommitLevel::RemoteApply => applied(who),
                    _ => flushed(who),
                };
                let count = listed.iter().filter(known).filter(far_enough).count();
                if count >= usize::from(by) {
                    return Ok(());
                }
                broken(format!(
                    "{node} committed {op:?} at {lsn} at level {level:?} when {count} of {by} standbys had come so far"
                ))
            }
            AckRule::Received { by } => {
                let nodes = run
                    .simulation
                    .cluster()
                    .nodes()
                    .filter(|&other| other != node);
                let count = nodes.filter(|&other| received(other)).count();
                if count >= usize::from(by) {
                    return Ok(());
                }
                broken(format!(
                    "{node} committed {op:?} at {lsn} when {count} of {by} replicas had received it"
                ))
            }
            AckRule::Applied => {
                // The set may have changed in this very step, before the commit or after it.
                let before = self.sets.get(&node).copied().unwrap_or_default();
                let set = promises::must_have_applied(primary).intersection(before);
                match set.iter().find(|&other| !applied(other)) {
                    None => Ok(()),
                    Some(other) => broken(format!(
                        "{node} committed {op:?} at {lsn}, which {other} had not applied"
                    )),
                }
            }
        }
    }
}

/// What is left of a rule once nobody waits for replicas any more: the primary's own log, with `synced` still as it was.
fn without_replicas(rule: AckRule, still: bool) -> AckRule {
    match rule {
        AckRule::Standbys { .. } => AckRule::Local,
        AckRule::RelayLogs { synced, .. } => AckRule::Binlog {
            synced: synced && still,
        },
        rule => rule,
    }
}

#[cfg(test)]
mod tests;

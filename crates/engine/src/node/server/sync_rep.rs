//! PostgreSQL's synchronous replication: which standbys count, and when their replies release waiting commits.

use super::commit::Stage;
use super::{Context, Node, Role, SenderState, Server};
use crate::ids::{Lsn, NodeId, NodeSet};
use crate::message::Positions;
use crate::scenario::{Method, StandbyNames};
use crate::sort::sort_by_key;

/// What the standbys have, as `FIRST` or `ANY` counts it.
fn counted(
    values: impl Iterator<Item = Positions> + Clone,
    pick: impl Fn(&mut Vec<Lsn>) -> Lsn,
) -> Positions {
    let each = |of: fn(&Positions) -> Lsn| {
        let mut positions: Vec<Lsn> = values.clone().map(|value| of(&value)).collect();
        pick(&mut positions)
    };
    Positions {
        write: each(|positions| positions.write),
        flush: each(|positions| positions.flush),
        replay: each(|positions| positions.replay),
    }
}

impl Server {
    /// The standbys that count: connected, streaming, heard, and listed; best priority first (R-PG-5, R-PG-8).
    pub(super) fn eligible(&self, names: &StandbyNames) -> Vec<(usize, NodeId, Positions)> {
        let mut eligible: Vec<_> = self
            .senders
            .iter()
            .enumerate()
            .filter_map(|(index, sender)| {
                let node = NodeId(index as u8);
                let sender = sender.as_ref()?;
                let priority = names.priority(node);
                let counts = sender.state == SenderState::Streaming && sender.heard;
                (priority > 0 && counts).then_some((priority, node, sender.acked))
            })
            .collect();
        sort_by_key(&mut eligible, |&(priority, node, _)| (priority, node));
        eligible
    }

    /// The standbys whose replies can release a commit now: the k of `FIRST`, all listed ones of `ANY`; nobody while there
    /// are fewer than k.
    pub(super) fn synchronous(&self, names: &StandbyNames) -> NodeSet {
        let eligible = self.eligible(names);
        let count = usize::from(names.count());
        let take = match names.method() {
            Method::First => count,
            Method::Any => eligible.len(),
        };
        eligible
            .iter()
            .take(take)
            .map(|&(_, node, _)| node)
            .collect()
    }

    /// Up to where commits may be released: the minimum over the k of `FIRST` (R-PG-5), the k-th highest of `ANY` (R-PG-6).
    fn confirmed(&self, names: &StandbyNames) -> Option<Positions> {
        let eligible = self.eligible(names);
        let count = usize::from(names.count());
        if eligible.len() < count {
            return None;
        }
        Some(match names.method() {
            Method::First => counted(
                eligible.iter().take(count).map(|&(.., acked)| acked),
                |positions| positions.iter().min().copied().unwrap_or_default(),
            ),
            Method::Any => counted(eligible.iter().map(|&(.., acked)| acked), |positions| {
                sort_by_key(positions, |&position| core::cmp::Reverse(position));
                positions.get(count - 1).copied().unwrap_or_default()
            }),
        })
    }
}

impl Node {
    /// The list in force: a manager's, else the settings'.
    pub(super) fn standby_names(&self, cx: &Context<'_>) -> StandbyNames {
        let own = self.server.as_ref().and_then(|server| server.names.clone());
        own.or_else(|| {
            cx.postgresql()
                .map(|settings| settings.synchronous_standby_names.clone())
        })
        .unwrap_or_default()
    }

    /// A standby replied. Only the reply of one that is synchronous now wakes anybody (R-PG-9).
    pub(super) fn standby_replied(&mut self, cx: &mut Context<'_>, from: NodeId) {
        if !self.is_serving_primary() {
            return;
        }
        let names = self.standby_names(cx);
        let Some(server) = &mut self.server else {
            return;
        };
        if names.is_empty() || !server.synchronous(&names).contains(from) {
            return;
        }
        let Some(confirmed) = server.confirmed(&names) else {
            return;
        };
        let released = &mut server.commits.released;
        released.write = released.write.max(confirmed.write);
        released.flush = released.flush.max(confirmed.flush);
        released.replay = released.replay.max(confirmed.replay);
        self.finish_commits(cx);
    }

    /// The list changed. An empty one wakes everybody at once (R-PG-7); any other waits for the next reply (R-PT-8).
    pub(super) fn standby_names_reloaded(&mut self, cx: &mut Context<'_>) {
        if self.role != Role::Primary || !self.standby_names(cx).is_empty() {
            return;
        }
        if let Some(server) = &mut self.server {
            for commit in &mut server.commits.queue {
                if matches!(commit.stage, Stage::Waiting(_)) {
                    commit.stage = Stage::Flushing;
                }
            }
        }
        self.finish_commits(cx);
    }
}

//! How a node came to take over.

use super::Part;
use super::trail::Trail;
use crate::event::{Event, EventKind};
use crate::ids::{Lsn, NodeId, NodeSet};
use crate::message::MessageKind;
use crate::scenario::{Action, Manager};
use crate::time::Time;

impl Trail<'_> {
    /// Adds how a node came to take over: whom it heard last, its election, and what silenced the one before.
    pub(super) fn takeover(&mut self, promoted: Event, from: Option<NodeId>, without: Option<Lsn>) {
        let EventKind::Promoted { node, .. } = promoted.kind else {
            return;
        };
        let term = self.behind(promoted, |kind| matches!(kind, EventKind::Stood { .. }));
        let votes = match term.map(|stood| stood.kind) {
            Some(EventKind::Stood { term, .. }) => self.votes(promoted, node, term),
            _ => NodeSet::EMPTY,
        };
        self.on(promoted, node, Part::TookOver { without, votes });
        if let Some(asked) = self.asked_to_promote(promoted, node) {
            self.fault(asked);
            if let Some(primary) = from {
                let faults = self.faults_before(promoted.id);
                self.first_fault(faults.stopped(primary));
            }
            if matches!(self.run.settings().manager, Manager::Patroni(_)) {
                // A person asked Patroni, which did the rest.
                self.managed_takeover(promoted, node, from);
            }
            return;
        }
        let Some(election) = self.behind(promoted, |kind| {
            matches!(kind, EventKind::ElectionStarted { .. })
        }) else {
            self.managed_takeover(promoted, node, from);
            return;
        };
        let EventKind::ElectionStarted { node: first, .. } = election.kind else {
            return;
        };
        self.on(election, first, Part::Plain);
        let Some(primary) = from else { return };
        let heard = self.span(Time(election.at.0.saturating_sub(30_000_000)), election.at);
        let heard = heard.rev().find(|event| {
            matches!(event.kind, EventKind::Delivered { kind: MessageKind::Heartbeat, from, to, .. }
                if from == primary.into() && to == first.into())
        });
        if let Some(heard) = heard.filter(|heard| heard.id < election.id) {
            self.on(heard, first, Part::LastHeard { primary });
            self.arrow(heard);
        }
        let faults = self.faults_before(election.id);
        self.first_fault(faults.hampers(primary.into(), first.into()));
    }

    /// The action with which a person promoted the node, if that is what led to it.
    fn asked_to_promote(&self, promoted: Event, node: NodeId) -> Option<Event> {
        let action = self.behind(promoted, |kind| matches!(kind, EventKind::Action { .. }))?;
        let EventKind::Action { index } = action.kind else {
            return None;
        };
        let timed = self.run.actions().get(index as usize)?;
        let asked = matches!(timed.action, Action::Promote { node: who } if who == node);
        asked.then_some(action)
    }

    fn votes(&self, promoted: Event, candidate: NodeId, term: u32) -> NodeSet {
        let newest_first = self.run.trace().milestones().rev();
        newest_first
            .skip_while(|event| event.id >= promoted.id)
            .take(200)
            .filter_map(|event| match event.kind {
                EventKind::Voted {
                    node,
                    candidate: who,
                    term: when,
                } if (who, when) == (candidate, term) => Some(node),
                _ => None,
            })
            .filter(|&node| node != candidate)
            .collect()
    }
}

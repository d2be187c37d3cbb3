//! Why a replica was behind, beside what is broken between it and the primary: it could not follow, or does not apply.

use super::Part;
use super::trail::Trail;
use crate::event::{Event, EventKind};
use crate::ids::{EventId, NodeId};
use crate::message::Refusal;
use crate::scenario::Database;
use crate::time::{Span, Time};

impl Trail<'_> {
    /// Adds why a replica did not get the log before an event, if it says so itself: its connection is over, or it is
    /// refused (R-PG-14, R-PG-16).
    pub(super) fn not_received(&mut self, owner: NodeId, node: NodeId, before: EventId) {
        let state = self.milestone_before(before, |kind| match *kind {
            EventKind::CannotFollow { node: who, .. }
            | EventKind::UpstreamLost { node: who, .. }
            | EventKind::Following { node: who, .. } => who == node,
            _ => false,
        });
        self.add_state(state, node);
        let removed = state.is_some_and(|state| {
            let why = Refusal::LogRemoved;
            matches!(state.kind, EventKind::CannotFollow { why: is, .. } if is == why)
        });
        if removed {
            // What had kept it away until the log was gone.
            let given_up = self.milestone_before(
                before,
                |kind| matches!(*kind, EventKind::StandbyLost { standby, .. } if standby == node),
            );
            if let Some(given_up) = given_up {
                self.on(given_up, owner, Part::Plain);
                let faults = self.faults_before(given_up.id);
                self.first_fault(faults.hampers(owner.into(), node.into()));
            }
        }
    }

    /// How much later a standby applies what it has, if it is told to.
    pub(super) fn apply_delay(&self, node: NodeId) -> Option<Span> {
        match &self.run.settings().database {
            Database::Postgresql(settings)
                if settings.recovery_min_apply_delay > 0
                    && settings
                        .recovery_min_apply_delay_on
                        .is_none_or(|on| on == node) =>
            {
                Some(Span::from_millis(settings.recovery_min_apply_delay))
            }
            _ => None,
        }
    }

    /// Adds why a replica did not apply what it had before an event: replay is paused, held up by a query (R-PG-13), or
    /// stopped by an error.
    pub(super) fn not_applied(&mut self, node: NodeId, before: EventId) {
        let paused = self.milestone_before(
            before,
            |kind| matches!(*kind, EventKind::ReplayPaused { node: who, .. } if who == node),
        );
        let conflict = self.milestone_before(before, |kind| match *kind {
            EventKind::QueryConflict { node: who } | EventKind::QueryCancelled { node: who } => {
                who == node
            }
            _ => false,
        });
        let stopped = self.milestone_before(
            before,
            |kind| matches!(*kind, EventKind::ApplierStopped { node: who, .. } if who == node),
        );
        for state in [paused, conflict, stopped] {
            self.add_state(state, node);
        }
    }

    /// Adds why a node shows rows that the surviving history does not have, or lacks those that it has: it keeps errant
    /// transactions (R-LW-4), or it cannot follow and goes on answering (R-PG-16).
    pub(super) fn kept_apart(&mut self, node: NodeId, until: Time) {
        let mut newest_first = self.run.trace().milestones().rev();
        let state = newest_first.find(|event| {
            event.at <= until
                && match event.kind {
                    EventKind::ErrantKept { node: who, .. }
                    | EventKind::CannotFollow { node: who, .. }
                    | EventKind::Rewound { node: who, .. }
                    | EventKind::BackupRestored { node: who, .. }
                    | EventKind::Promoted { node: who, .. } => who == node,
                    _ => false,
                }
        });
        let apart = state.copied().filter(|state| {
            matches!(
                state.kind,
                EventKind::ErrantKept { .. } | EventKind::CannotFollow { .. }
            )
        });
        self.add_state(apart, node);
    }

    /// Adds an event that says how a replica is, unless it says that all is well.
    fn add_state(&mut self, state: Option<Event>, node: NodeId) {
        let Some(state) = state else { return };
        let well = matches!(
            state.kind,
            EventKind::Following { .. }
                | EventKind::QueryCancelled { .. }
                | EventKind::ReplayPaused { paused: false, .. }
        );
        if well {
            return;
        }
        self.on(state, node, Part::Plain);
        if let Some(asked) = self.behind(state, |kind| matches!(kind, EventKind::Action { .. }))
            && matches!(
                state.kind,
                EventKind::ReplayPaused { .. } | EventKind::QueryConflict { .. }
            )
        {
            self.add(
                asked,
                super::Lane::Node(node),
                Part::Fault { what: asked.kind },
            );
        }
    }
}

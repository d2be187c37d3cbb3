//! Where verdicts come from: every event's cause lies before it, and the chain of a verdict leads back to an action or the
//! start. The trace is bounded, so this keeps the causes of a whole run itself.

use super::{Invariant, Violation, Watched};
use crate::event::{Event, EventKind, RoutingEvent};
use crate::ids::EventId;
use crate::time::Time;

/// What kind of event a chain ends in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Root {
    /// A person acted.
    Action,
    /// Something that goes on since the start: the workload, heartbeats, health checks, timers.
    Start,
}

/// The causes of a run so far.
#[derive(Debug, Default)]
pub(super) struct Causes {
    /// Of the event at this place (id - 1): its cause, when it was, and where its chain ends.
    events: Vec<(EventId, Time, Root)>,
    /// How many verdicts were followed back.
    pub(super) verdicts: u64,
}

/// Whether an event says that something is wrong or changed for the whole.
fn is_verdict(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::ReadAnswered {
            stale_versions: 1..,
            ..
        } | EventKind::WriteAcked { .. }
            | EventKind::OpFailed { .. }
            | EventKind::WriteUnknown { .. }
            | EventKind::WriteLost { .. }
            | EventKind::WriteRegained { .. }
            | EventKind::NoPrimary
            | EventKind::OnePrimary { .. }
            | EventKind::SplitBrain { .. }
            | EventKind::SemiSyncFellBack { .. }
            | EventKind::Fenced { .. }
            | EventKind::Promoted { .. }
            | EventKind::RejoinRefused { .. }
            | EventKind::CannotFollow { .. }
            | EventKind::LogEndLost { .. }
            | EventKind::UpstreamLost { .. }
            | EventKind::StandbyLost { .. }
            | EventKind::Rewound { .. }
    )
}

/// Whether something that goes on since the start may be the first of a chain with this event: a client that asks, a
/// message or a timer (a lease or a patience that was granted at the start and ran out). Whatever else happens was made to
/// happen.
fn may_begin(event: &Event) -> bool {
    let kind = &event.kind;
    // Told not to wait without replicas, and started without enough of them.
    let at_start = event.at == Time::ZERO && matches!(kind, EventKind::SemiSyncFellBack { .. });
    at_start
        || matches!(
            kind,
            EventKind::WriteIssued { .. }
                | EventKind::ReadIssued { .. }
                | EventKind::Delivered { .. }
                | EventKind::MessageLost { .. }
                | EventKind::NobodyListened { .. }
                | EventKind::ServiceSilent { .. }
                | EventKind::Retransmitted { .. }
                | EventKind::NodeTimer { .. }
                | EventKind::Fenced { .. }
                | EventKind::ElectionStarted { .. }
                | EventKind::UpstreamLost { .. }
                | EventKind::StandbyLost { .. }
                | EventKind::MinReplicas { .. }
                | EventKind::HostReset { .. }
                | EventKind::Manager(_)
                | EventKind::Routing(RoutingEvent::CheckUnanswered { .. })
        )
}

impl Causes {
    /// Notes an event, the next of its run, and checks where it comes from.
    pub(super) fn note(&mut self, run: &Watched, event: &Event) -> Result<(), Violation> {
        let broken = |detail: String| run.broken(Invariant::VerdictsHaveCauses, detail);
        if event.id.0 != self.events.len() as u64 + 1 {
            return Err(broken(format!("{event:?} is not the next event")));
        }
        let root = match event.cause.0.checked_sub(1) {
            None if matches!(event.kind, EventKind::Action { .. }) => Root::Action,
            None if may_begin(event) => Root::Start,
            None => return Err(broken(format!("{event:?} has no cause"))),
            Some(place) => match self.events.get(place as usize) {
                Some(&(_, at, root)) if at <= event.at => root,
                Some(_) => return Err(broken(format!("{event:?} is before its cause"))),
                None => return Err(broken(format!("the cause of {event:?} is still to come"))),
            },
        };
        self.events.push((event.cause, event.at, root));
        if is_verdict(&event.kind) {
            self.verdicts += 1;
            self.explain(run, event)?;
        }
        Ok(())
    }

    /// The chain of a verdict contains what must have led to it.
    fn explain(&self, run: &Watched, event: &Event) -> Result<(), Violation> {
        let needed = match event.kind {
            EventKind::WriteLost { op } => self.chain(event).any(|id| {
                run.simulation
                    .trace()
                    .get(id)
                    .is_some_and(|event| match event.kind {
                        EventKind::Promoted { .. }
                        | EventKind::LogEndLost { .. }
                        | EventKind::BackupRestored { .. }
                        | EventKind::HostLost { .. }
                        | EventKind::Following { .. }
                        | EventKind::Rewound { .. } => true,
                        EventKind::WriteAcked { op: acked } => acked == op,
                        _ => false,
                    })
            }),
            EventKind::WriteRegained { .. } => self.chain(event).any(|id| {
                let event = run.simulation.trace().get(id);
                event.is_some_and(|event| {
                    matches!(
                        event.kind,
                        EventKind::Promoted { .. }
                            | EventKind::LogEndLost { .. }
                            | EventKind::BackupRestored { .. }
                            | EventKind::HostLost { .. }
                            | EventKind::Following { .. }
                            | EventKind::Rewound { .. }
                    )
                })
            }),
            _ => true,
        };
        run.holds(needed, Invariant::VerdictsHaveCauses, || {
            let chain: Vec<_> = self.chain(event).take(20).collect();
            format!("{event:?} does not come from what it is about: {chain:?}")
        })
    }

    /// The causes of an event, nearest first, back to the start, which is 0.
    fn chain(&self, event: &Event) -> impl Iterator<Item = EventId> {
        let cause = |id: &EventId| {
            let place = id.0.checked_sub(1)?;
            self.events.get(place as usize).map(|&(cause, ..)| cause)
        };
        core::iter::successors(Some(event.cause), cause)
    }
}

//! Why nobody, or more than one node, takes writes.

use super::trail::Trail;
use super::{Part, Verdict};
use crate::event::{Event, EventKind};
use crate::ids::{EventId, NodeId, NodeSet};
use crate::manager::ManagerEvent;
use crate::time::Span;

/// What a manager did so long before something else is not what led to it.
const LATELY: Span = Span::from_secs(60);

/// The newest split brain.
pub(super) fn split_brain(trail: &mut Trail<'_>) -> Option<Verdict> {
    let end = EventId(u64::MAX);
    let split = trail.milestone_before(end, |kind| matches!(kind, EventKind::SplitBrain { .. }))?;
    let over = newer(trail, split, |kind| {
        matches!(kind, EventKind::OnePrimary { .. } | EventKind::NoPrimary)
    });
    let cause = trail.cause(split);
    let promoted = match cause.map(|cause| cause.kind) {
        Some(EventKind::Promoted { .. }) => cause,
        _ => trail.milestone_before(split.id, |kind| matches!(kind, EventKind::Promoted { .. })),
    };
    let mut writers = NodeSet::EMPTY;
    if let Some(promoted) = promoted
        && let EventKind::Promoted { node, .. } = promoted.kind
    {
        let before = primary_before(trail, promoted);
        writers = [before, node].into_iter().collect();
        trail.takeover(promoted, Some(before), None);
        if let Some(Event {
            kind:
                EventKind::Thawed { node }
                | EventKind::Unfenced { node }
                | EventKind::Restarted { node },
            ..
        }) = cause
            && let Some(cause) = cause
        {
            trail.on(cause, node, Part::Plain);
        }
        let part = match trail.ran_on(split, before) {
            Some(why) => Part::RanOn { node: before, why },
            None => Part::Plain,
        };
        trail.on(split, before, part);
    }
    if over.is_none() {
        writers = trail.run.writers();
    }
    if let Some(over) = over {
        after(trail, over, writers.iter().next().unwrap_or(NodeId(0)));
    }
    Some(Verdict::SplitBrain {
        writers,
        over: over.is_some(),
    })
}

/// The newest outage.
pub(super) fn no_primary(trail: &mut Trail<'_>) -> Option<Verdict> {
    let end = EventId(u64::MAX);
    let none = trail.milestone_before(end, |kind| matches!(kind, EventKind::NoPrimary))?;
    outage(trail, none);
    let over = newer(trail, none, |kind| {
        matches!(
            kind,
            EventKind::OnePrimary { .. } | EventKind::SplitBrain { .. }
        )
    });
    match over {
        Some(over) => {
            let back = trail.cause(over);
            match back.map(|back| back.kind) {
                Some(EventKind::Promoted { .. }) => {
                    if let Some(promoted) = back {
                        let before = primary_before(trail, promoted);
                        trail.takeover(promoted, Some(before), None);
                    }
                }
                _ => after(trail, over, NodeId(0)),
            }
        }
        None => attempts(trail, none),
    }
    Some(Verdict::NoPrimary {
        over: over.is_some(),
    })
}

/// Adds how the last node that took writes stopped doing so.
pub(super) fn outage(trail: &mut Trail<'_>, none: Event) {
    let Some(stopped) = trail.cause(none) else {
        return;
    };
    let node = match stopped.kind {
        EventKind::Killed { node } | EventKind::HostLost { node } | EventKind::Frozen { node } => {
            trail.fault(stopped);
            trail.on(none, node, Part::Plain);
            return;
        }
        EventKind::Fenced { node }
        | EventKind::SteppedDown { node }
        | EventKind::ServerStopped { node }
        | EventKind::HostReset { node }
        | EventKind::MinReplicas { node, .. } => node,
        _ => trail
            .behind(none, |kind| matches!(kind, EventKind::SteppedDown { .. }))
            .map_or(primary_before(trail, none), |event| match event.kind {
                EventKind::SteppedDown { node } => node,
                _ => NodeId(0),
            }),
    };
    if matches!(
        stopped.kind,
        EventKind::Fenced { .. }
            | EventKind::SteppedDown { .. }
            | EventKind::ServerStopped { .. }
            | EventKind::HostReset { .. }
            | EventKind::MinReplicas { .. }
    ) {
        trail.on(stopped, node, Part::Plain);
    }
    trail.on(none, node, Part::Plain);
    if demoted(trail, none, node) {
        return;
    }
    if let EventKind::HostReset { .. } = stopped.kind {
        trail.last_renewal(stopped, node);
    }
    let asked = trail.behind(none, |kind| matches!(kind, EventKind::Action { .. }));
    match asked {
        Some(asked) if !matches!(stopped.kind, EventKind::Fenced { .. }) => trail.fault(asked),
        _ => {
            let faults = trail.faults_before(none.id);
            for fault in faults.noticed_by_manager(trail.run, node) {
                trail.fault(fault);
            }
        }
    }
}

/// Adds why a manager stopped the primary or had it step down, if it did.
fn demoted(trail: &mut Trail<'_>, none: Event, primary: NodeId) -> bool {
    let mut newest_first = trail.run.trace().milestones().rev();
    let demotes = newest_first
        .find(|event| {
            event.id < none.id
                && matches!(event.kind, EventKind::Manager(ManagerEvent::Demotes { node, .. }) if node == primary)
        })
        .filter(|event| none.at.since(event.at) < LATELY)
        .copied();
    let Some(demotes) = demotes else { return false };
    trail.by_manager(demotes);
    let led = trail.milestone_before(demotes.id, |kind| {
        matches!(*kind, EventKind::Manager(
            ManagerEvent::StoreUnreachable { node } | ManagerEvent::LeaseExpired { node }
        ) if node == primary)
    });
    if let Some(led) = led.filter(|led| demotes.at.since(led.at) < LATELY) {
        trail.by_manager(led);
    }
    let wanted = trail.milestone_before(demotes.id, |kind| {
        matches!(
            kind,
            EventKind::Manager(ManagerEvent::FailoverWanted { .. })
        )
    });
    if let Some(wanted) = wanted.filter(|wanted| demotes.at.since(wanted.at) < LATELY) {
        trail.by_manager(wanted);
        trail.fault(wanted);
    }
    let faults = trail.faults_before(demotes.id);
    let noticed = faults.noticed_by_manager(trail.run, primary);
    trail.first_fault(noticed);
    true
}

/// Adds the elections that have failed since, newest of each kind, and what managers did instead of a failover.
fn attempts(trail: &mut Trail<'_>, since: Event) {
    trail.manager_attempts(since);
    let mut seen = Vec::new();
    let events: Vec<Event> = trail
        .run
        .trace()
        .milestones()
        .rev()
        .take_while(|event| event.id > since.id)
        .copied()
        .collect();
    for event in events {
        match event.kind {
            EventKind::ElectionFailed { node, why } if !seen.contains(&Some(why)) => {
                seen.push(Some(why));
                trail.on(event, node, Part::Plain);
            }
            EventKind::ElectionStarted { node, .. } if !seen.contains(&None) => {
                seen.push(None);
                trail.on(event, node, Part::Plain);
            }
            _ => {}
        }
    }
    let faults = trail.faults_before(EventId(u64::MAX));
    let stopped: Vec<Event> = trail
        .run
        .cluster()
        .nodes()
        .filter_map(|node| faults.stopped(node))
        .collect();
    for fault in stopped {
        trail.fault(fault);
    }
}

fn newer(trail: &Trail<'_>, than: Event, is: impl Fn(&EventKind) -> bool) -> Option<Event> {
    let mut milestones = trail.run.trace().milestones();
    milestones
        .find(|event| event.id > than.id && is(&event.kind))
        .copied()
}

fn after(trail: &mut Trail<'_>, over: Event, otherwise: NodeId) {
    let node = match over.kind {
        EventKind::OnePrimary { node } => node,
        _ => otherwise,
    };
    if let Some(cause) = trail.cause(over)
        && let EventKind::Unfenced { node }
        | EventKind::SteppedDown { node }
        | EventKind::Fenced { node }
        | EventKind::Restarted { node }
        | EventKind::ServerReady { node }
        | EventKind::Thawed { node }
        | EventKind::Killed { node } = cause.kind
    {
        trail.on(cause, node, Part::Plain);
        let in_place = trail.behind(over, |kind| {
            matches!(
                kind,
                EventKind::Manager(ManagerEvent::RestartsInPlace { .. })
            )
        });
        if let Some(in_place) = in_place {
            trail.by_manager(in_place);
        }
    }
    trail.on(over, node, Part::Plain);
}

/// Who had the history's last timeline before an event.
fn primary_before(trail: &Trail<'_>, event: Event) -> NodeId {
    let before =
        trail.milestone_before(event.id, |kind| matches!(kind, EventKind::Promoted { .. }));
    match before.map(|before| before.kind) {
        Some(EventKind::Promoted { node, .. }) => node,
        _ => NodeId(0),
    }
}

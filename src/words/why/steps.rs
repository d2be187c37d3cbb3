//! One event of an explanation in a sentence or two, by the part that it plays.

use replicascope_engine::Simulation;
use replicascope_engine::event::{EventKind, Failure, RoutingEvent};
use replicascope_engine::ids::{Lsn, NodeId, OpId};
use replicascope_engine::manager::ManagerEvent;
use replicascope_engine::message::{MessageKind, WaitResult};
use replicascope_engine::oracle::OpKind;
use replicascope_engine::scenario::{Action, KillKind};
use replicascope_engine::why::{Lane, LostBy, Part, RanOn, Routed, Step, Waited, Whereabouts};

use crate::words::{client, endpoint, events, key, list, span};

/// One event in a sentence or two, by the part that it plays.
pub(crate) fn step(run: &Simulation, step: &Step) -> String {
    match step.part {
        Part::Fault { what } => fault(run, &step.event.kind, &what),
        Part::Committed { waited } => committed(&step.event.kind, waited),
        Part::Copied { lsn, late } => {
            let node = node_of(step);
            let late = if late { ", too late for this read" } else { "" };
            format!("Entry {lsn} reached {node}{late}.")
        }
        Part::Applied { lsn, late } => {
            let node = node_of(step);
            let late = if late {
                " Only from now on did it show there."
            } else {
                ""
            };
            format!("{node} applied entry {lsn}.{late}")
        }
        Part::RecordLost { lsn, by } => record_lost(&step.event.kind, lsn, by),
        Part::Lost { by } => message_lost(&step.event.kind, by),
        Part::LastHeard { primary } => {
            format!("{} heard {primary} for the last time.", node_of(step))
        }
        Part::TookOver { without, votes } => {
            let votes = if votes.is_empty() {
                String::new()
            } else {
                format!(", with the votes of {}", list(votes.iter()))
            };
            took_over(&step.event.kind, without, &votes)
        }
        Part::LastRenewed { ttl } => match step.event.kind {
            EventKind::Manager(ManagerEvent::LockRenewed { node }) => format!(
                "{node}'s agent renewed its lease for the last time. It held for {} more.",
                span(ttl)
            ),
            _ => String::new(),
        },
        Part::RanOn { node, why } => ran_on(node, why),
        Part::Routed { node, why } => routed(node, why),
        Part::Shown { lsn } => format!(
            "{} committed entry {lsn} before any replica had it. Others could read it from here on.",
            node_of(step)
        ),
        Part::Answered {
            node,
            version,
            lacks,
        } => answered(node, version, lacks),
        Part::Plain | Part::Before => plain(run, &step.event.kind),
    }
}

fn node_of(step: &Step) -> NodeId {
    match step.lane {
        Lane::Node(node) => node,
        _ => NodeId(0),
    }
}

fn committed(kind: &EventKind, waited: Waited) -> String {
    let EventKind::Committed { node, lsn, .. } = *kind else {
        return String::new();
    };
    match waited {
        Waited::Nobody => {
            format!("{node} had entry {lsn} on disk and answered OK. It waited for no replica.")
        }
        Waited::For(replica) => format!(
            "{replica} said that it has entry {lsn}. It was the last ack needed: {node} answered OK."
        ),
        Waited::GaveUp => format!(
            "The acks for entry {lsn} did not come in time. {node} fell back to async and answered OK."
        ),
        Waited::Cancelled => format!(
            "The wait of entry {lsn} was ended by hand. {node} had committed it, perhaps alone, and said so."
        ),
        Waited::ListChanged => format!(
            "The list of standbys to wait for changed. {node} no longer waited with entry {lsn} and answered OK."
        ),
        Waited::NotEvenDisk => format!(
            "{node} answered OK for entry {lsn} before it was on any disk: synchronous_commit is off."
        ),
        Waited::Written => format!(
            "{node} had entry {lsn} in its binlog, which its operating system had yet to write to disk, and answered OK. It waited for no replica."
        ),
        Waited::Other => format!("{node} answered OK for entry {lsn}."),
    }
}

fn ran_on(node: NodeId, why: RanOn) -> String {
    match why {
        RanOn::NoAgent => format!(
            "{node} went on taking writes: its agent could not stop it, and no watchdog did. From here on two nodes took them."
        ),
        RanOn::NotShutOut => format!(
            "{node} went on taking writes: MHA did not stop it. From here on two nodes took them."
        ),
        RanOn::NeverShutOut => format!(
            "{node} went on taking writes: Sentinel stops nobody. From here on two nodes took them."
        ),
        RanOn::ByHand => format!(
            "{node} took writes too: nobody had stopped it. From here on two nodes took them."
        ),
    }
}

fn routed(node: NodeId, why: Routed) -> String {
    match why {
        Routed::PinExpired { ago, delay } => format!(
            "The read went to {node}: the last write was {} ago, and the pin to the primary holds for {}.",
            span(ago),
            span(delay)
        ),
        Routed::NotPinned => format!(
            "The read went to {node}: its session had written nothing, and only the session that writes is pinned."
        ),
        Routed::NoPosition => format!(
            "The read went to {node}: its session has no position of that write, which was another's."
        ),
        Routed::Believed {
            behind,
            unapplied,
            age,
        } => {
            let said = match (behind, unapplied) {
                (Some(behind), _) => format!("it had said that it was {} behind", span(behind)),
                (None, 0) => "it had said nothing against it".to_owned(),
                (None, 1) => "it had 1 entry to apply".to_owned(),
                (None, more) => format!("it had {more} entries to apply"),
            };
            format!(
                "The router chose {node}: when last asked, {} before, {said}.",
                span(age)
            )
        }
        Routed::Sticky => {
            format!("The read went to {node}: the session keeps to its replica, however far it is.")
        }
        Routed::Unasked => {
            format!("The read went to {node}. Nobody asked how far it was.")
        }
    }
}

fn record_lost(kind: &EventKind, lsn: Lsn, by: LostBy) -> String {
    let EventKind::MessageLost { from, to, .. } = *kind else {
        return String::new();
    };
    let (from, to) = (endpoint(from), endpoint(to));
    match by {
        LostBy::Power => {
            format!("Entry {lsn} was still on its way to {to}. It was lost with {from}.")
        }
        LostBy::Cut => format!("Entry {lsn} did not get through to {to}: the link was cut."),
        LostBy::Hand => format!("Entry {lsn}, on its way to {to}, was dropped by hand."),
    }
}

fn message_lost(kind: &EventKind, by: LostBy) -> String {
    let EventKind::MessageLost { kind, from, to, .. } = *kind else {
        return String::new();
    };
    let what = match kind {
        MessageKind::WriteAck => "The OK",
        MessageKind::ReadReply => "The answer",
        _ => "The request",
    };
    let way = format!(
        "{what} was lost between {} and {}",
        endpoint(from),
        endpoint(to)
    );
    match by {
        LostBy::Power => format!("{way}: the sender lost power."),
        LostBy::Cut => format!("{way}: the link was cut."),
        LostBy::Hand => format!("{way}: it was dropped by hand."),
    }
}

fn took_over(kind: &EventKind, without: Option<Lsn>, votes: &str) -> String {
    let EventKind::Promoted { node, fork, .. } = *kind else {
        return String::new();
    };
    match without {
        Some(lsn) => format!(
            "{node} took over{votes}. It continues after entry {fork}: entry {lsn} of the old history is not in its own."
        ),
        None => format!("{node} took over{votes}. It continues after entry {fork}."),
    }
}

fn answered(node: NodeId, version: u32, lacks: Option<(Lsn, Whereabouts)>) -> String {
    let what = match version {
        0 => format!("{node} answered that there is nothing yet."),
        version => format!("{node} answered with version {version}."),
    };
    match lacks {
        None => what,
        Some((lsn, Whereabouts::NotThere)) => format!("{what} Entry {lsn} had not reached it."),
        Some((lsn, Whereabouts::Received)) => {
            format!("{what} It had received entry {lsn} and not applied it yet.")
        }
        Some((lsn, Whereabouts::HeldBack(by))) => format!(
            "{what} It had entry {lsn} on disk and applies everything {} late: recovery_min_apply_delay.",
            span(by)
        ),
        Some((lsn, Whereabouts::OtherHistory)) => {
            format!("{what} Entry {lsn} is not in the history that it followed.")
        }
        Some((lsn, Whereabouts::Flushed)) => {
            format!("{what} It had entry {lsn} on disk and had not applied it yet.")
        }
    }
}

/// What a person did that matters here.
fn fault(run: &Simulation, event: &EventKind, what: &EventKind) -> String {
    let action = match *event {
        EventKind::Action { index } => run.actions().get(index as usize).map(|timed| &timed.action),
        _ => None,
    };
    match action {
        Some(Action::Kill {
            node,
            how: KillKind::PowerOff,
        }) => format!("{node} was killed: its power failed."),
        Some(Action::Kill { node, .. }) => format!("The database process of {node} was killed."),
        Some(Action::Isolate { node }) => {
            format!("{node} was cut off from all other nodes. Apps could still reach it.")
        }
        Some(Action::CutLink { from, to }) => {
            format!(
                "The link from {} to {} was cut.",
                endpoint(*from),
                endpoint(*to)
            )
        }
        Some(Action::SetLink { from, to, link }) => format!(
            "The link from {} to {} was set to {} of delay.",
            endpoint(*from),
            endpoint(*to),
            span(replicascope_engine::time::Span(link.delay_us))
        ),
        Some(Action::HoldMessage { .. }) => "Its entry was held on its way, by hand.".to_owned(),
        Some(Action::DelayMessage { by_us, .. }) => format!(
            "Its entry was delayed by {}, by hand.",
            span(replicascope_engine::time::Span(*by_us))
        ),
        Some(Action::DropMessage { .. }) => "Its entry was dropped, by hand.".to_owned(),
        _ => events::sentence(run, what)
            .or_else(|| events::sentence(run, event))
            .map_or_else(String::new, |(_, text)| text),
    }
}

fn plain(run: &Simulation, kind: &EventKind) -> String {
    match *kind {
        EventKind::WriteIssued {
            op,
            client: who,
            key: what,
        } => {
            let value = run.oracle().op(op).and_then(|op| match op.kind {
                OpKind::Write { value } => Some(value),
                OpKind::Read => None,
            });
            let value = value.map_or_else(String::new, |value| format!(" ← {value}"));
            format!("{} wrote {}{value}.", client(run, who), key(what))
        }
        EventKind::ReadIssued {
            client: who,
            key: what,
            ..
        } => {
            format!("{} asked for {}.", client(run, who), key(what))
        }
        EventKind::OpWaits { .. } => "The router knew no primary, so it waited.".to_owned(),
        EventKind::OpRefused { node, .. } => format!("{node} did not take it."),
        EventKind::WriteAcked { op } => format!("{} was told OK.", client_of(run, op)),
        EventKind::WriteUnknown { op } => {
            let patience = run
                .oracle()
                .op(op)
                .and_then(|op| Some(op.done_at?.since(op.issued_at)));
            let after =
                patience.map_or_else(String::new, |after| format!(" after {}", span(after)));
            format!(
                "{} had no answer{after} and does not know.",
                client_of(run, op)
            )
        }
        EventKind::OpFailed { op, why } => {
            let why = match why {
                Failure::NoPrimary => "nobody takes writes",
                Failure::Refused => "it was refused",
                Failure::TimedOut => "no answer in time",
                Failure::Overloaded => "the node had no room for it",
            };
            format!("{} gave up: {why}.", client_of(run, op))
        }
        EventKind::Routing(RoutingEvent::ReadPinned { .. }) => {
            "Its session had just written, so it went to the primary.".to_owned()
        }
        EventKind::Routing(RoutingEvent::ReadWaitEnded {
            node,
            result: WaitResult::Success,
            ..
        }) => format!("{node} had applied what the read waited for."),
        EventKind::NobodyListened { node, .. } => {
            format!("The request reached {node}, where nobody listened.")
        }
        EventKind::Flushed { node, lsn } => {
            format!("{node} had its log on disk up to entry {lsn}.")
        }
        _ => events::sentence(run, kind).map_or_else(String::new, |(_, text)| text),
    }
}

fn client_of(run: &Simulation, op: OpId) -> String {
    run.oracle()
        .op(op)
        .map_or_else(|| "The app".to_owned(), |op| client(run, op.client))
}

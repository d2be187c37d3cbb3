//! Explanations in words: each event by the part that it plays, and what follows from all of them.

use replicascope_engine::Simulation;
use replicascope_engine::event::{EventKind, Failure};
use replicascope_engine::ids::OpId;
use replicascope_engine::message::MessageKind;
use replicascope_engine::oracle::Op;
use replicascope_engine::why::{Arrow, Explanation, Lane, Part, Question, Routed, Verdict, Waited};

mod steps;
#[cfg(test)]
pub(crate) mod tests;

use super::{at, client, count, list, span};

pub(crate) use steps::step;

/// What a line of the diagram is called.
pub(crate) fn lane(run: &Simulation, lane: Lane) -> String {
    match lane {
        Lane::Client(id) => client(run, id),
        Lane::Node(node) => node.to_string(),
        Lane::Agent(node) => format!("{node}'s agent"),
        Lane::Store(index) => format!("s{}", index + 1),
        Lane::Monitor(index) => format!("m{}", index + 1),
    }
}

/// The operation as the ledger writes it.
fn title_of(run: &Simulation, id: OpId) -> String {
    run.oracle().op(id).map_or_else(
        || format!("#{}", id.0),
        |op| super::verdicts::row(run, op).title,
    )
}

/// The question as a heading.
pub(crate) fn title(run: &Simulation, why: &Explanation) -> String {
    let what = match why.question {
        Question::Op(id) => title_of(run, id),
        Question::SplitBrain | Question::NoPrimary => String::new(),
    };
    match why.verdict {
        Verdict::Lost { .. } => format!("Why is {what} lost?"),
        Verdict::Survived => format!("Why did {what} survive?"),
        Verdict::Stale { .. } => format!("Why is {what} old?"),
        Verdict::Phantom { .. } => format!("Why was {what} read, and is gone?"),
        Verdict::Unknown { .. } => format!("Why is {what} unknown?"),
        Verdict::Failed(_) => format!("Why did {what} fail?"),
        Verdict::Durable { .. } => format!("Why is {what} durable?"),
        Verdict::Exposed { .. } => format!("How safe is {what}?"),
        Verdict::Fresh { .. } => format!("Why is {what} fresh?"),
        Verdict::Open => format!("What does {what} wait for?"),
        Verdict::SplitBrain { over: false, .. } => "Why do two nodes take writes?".to_owned(),
        Verdict::SplitBrain { over: true, .. } => "Why did two nodes take writes?".to_owned(),
        Verdict::NoPrimary { over: false } => "Why does nobody take writes?".to_owned(),
        Verdict::NoPrimary { over: true } => "Why did nobody take writes?".to_owned(),
    }
}

/// The answer in short.
pub(crate) fn short(run: &Simulation, why: &Explanation) -> String {
    let op = match why.question {
        Question::Op(id) => run.oracle().op(id),
        _ => None,
    };
    let who = op.map_or_else(String::new, |op| client(run, op.client));
    match why.verdict {
        Verdict::Lost { .. } => lost(why, &who),
        Verdict::Survived => format!(
            "{who} had no answer, but the entry was in a log, and the history that survived has it."
        ),
        Verdict::Stale { .. } => op.map_or_else(String::new, |op| stale(run, why, op)),
        Verdict::Phantom { node } => format!(
            "{node} showed an entry that later did not survive. {who} has seen a value that officially never was."
        ),
        Verdict::Unknown { survives } => unknown(survives),
        Verdict::Failed(Failure::NoPrimary) => {
            format!("It was never sent: nobody took writes while {who} waited.")
        }
        Verdict::Failed(Failure::Refused) => {
            "The node that was asked takes no such operation. It was not executed, for certain."
                .to_owned()
        }
        Verdict::Failed(Failure::Overloaded) => {
            "The node had no room for it and turned it away. It was not executed, for certain."
                .to_owned()
        }
        Verdict::Failed(Failure::TimedOut) => format!("No answer reached {who} in time."),
        Verdict::Durable { nodes, of } => format!(
            "{} of {of} nodes have it on disk: a majority, so no election can lose it.",
            nodes.len()
        ),
        Verdict::Exposed { nodes, of } => format!(
            "{who} was told OK, and so far {} of {of} nodes have it on disk. Until a majority has, a failover can lose it.",
            nodes.len()
        ),
        Verdict::Fresh { node } => {
            format!("{node} had applied everything that was acked when {who} asked.")
        }
        Verdict::Open => "There is no answer yet.".to_owned(),
        Verdict::SplitBrain { writers, over } => split_brain(&list(writers.iter()), over),
        Verdict::NoPrimary { over: false } => {
            "Writes wait until a node takes over or the old primary is back.".to_owned()
        }
        Verdict::NoPrimary { over: true } => {
            "Writes waited, or failed, until somebody took them again.".to_owned()
        }
    }
}

fn lost(why: &Explanation, who: &str) -> String {
    let Verdict::Lost {
        owner,
        survivor,
        after_takeover,
        erased_from,
        ..
    } = why.verdict
    else {
        return String::new();
    };
    let waited_for_nobody = why.steps.iter().any(|step| {
        matches!(
            step.part,
            Part::Committed {
                waited: Waited::Nobody | Waited::Written | Waited::NotEvenDisk,
            }
        )
    });
    let mut said = if after_takeover {
        format!(
            "{owner} told {who} OK when {survivor} had already taken over: it did not know, and nothing stopped it."
        )
    } else if waited_for_nobody {
        format!(
            "{owner} told {who} OK without waiting for a replica, and no node that went on had the entry."
        )
    } else {
        format!(
            "{owner} told {who} OK, but the nodes that had the entry were not the ones that went on."
        )
    };
    said.push_str(&if erased_from.is_empty() {
        format!(" Nobody follows that history. Rewinding {owner} will erase the write.")
    } else {
        format!(
            " To follow {survivor}, {} was rewound. That erased the write.",
            list(erased_from.iter())
        )
    });
    said
}

fn stale(run: &Simulation, why: &Explanation, op: &Op) -> String {
    let Verdict::Stale {
        verdict,
        node,
        fault,
    } = why.verdict
    else {
        return String::new();
    };
    let who = client(run, op.client);
    let mut said = match verdict.stale {
        Some(stale) => format!(
            "{node} answered with a value that is {} and {} behind what had been acked when {who} asked.",
            count(u64::from(stale.versions), "version"),
            span(stale.span)
        ),
        None => format!("{node} answered with a value that is older than what {who} had seen."),
    };
    if verdict.broke_read_your_writes {
        said.push_str(" The missing write was its own.");
    } else if verdict.broke_monotonic_reads {
        said.push_str(" It had read a newer one before, from another node.");
    }
    if !fault && !has_reason(why) {
        said.push_str(" Nothing is broken: a replica is always a little behind, and this read came in between.");
    }
    said
}

/// Whether a step says what made the read old, though nothing is broken.
fn has_reason(why: &Explanation) -> bool {
    why.steps.iter().any(|step| match step.part {
        Part::Routed { why, .. } => why != Routed::Unasked,
        Part::TookOver { .. } => true,
        _ => matches!(
            step.event.kind,
            EventKind::CannotFollow { .. }
                | EventKind::UpstreamLost { .. }
                | EventKind::ReplayPaused { .. }
                | EventKind::QueryConflict { .. }
                | EventKind::ApplierStopped { .. }
        ),
    })
}

fn unknown(survives: Option<bool>) -> String {
    match survives {
        None => "The write reached no log, but its app cannot know that.",
        Some(true) => "The write is in the history that survived, but its app cannot know that.",
        Some(false) => {
            "The write is not in the history that survived. Its app was never told OK, so no promise was broken."
        }
    }
    .to_owned()
}

fn split_brain(writers: &str, over: bool) -> String {
    if over {
        format!(
            "For a while {writers} took writes, each into a history of its own. One of them had to be given up."
        )
    } else {
        format!(
            "{writers} take writes, each into a history of its own. What only one of them has will be lost when they meet."
        )
    }
}

/// A message of the diagram.
pub(crate) fn arrow(run: &Simulation, arrow: &Arrow) -> String {
    let fate = if arrow.lost.is_some() {
        "lost"
    } else {
        "there"
    };
    format!(
        "{} from {} to {}, sent {}, {fate} {}",
        message(arrow.kind),
        lane(run, arrow.from),
        lane(run, arrow.to),
        at(arrow.sent_at),
        at(arrow.ends_at)
    )
}

/// What a message is called.
pub(crate) fn message(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::WriteRequest => "write",
        MessageKind::ReadRequest => "read",
        MessageKind::WriteAck => "OK",
        MessageKind::ReadReply => "answer",
        MessageKind::Refusal => "refusal",
        MessageKind::Probe => "health check",
        MessageKind::ProbeReply => "health answer",
        MessageKind::Heartbeat => "heartbeat",
        MessageKind::HeartbeatAck => "heartbeat answer",
        MessageKind::HeartbeatRefused => "heartbeat refused",
        MessageKind::Wal => "log entries",
        MessageKind::WalAck => "ack",
        MessageKind::Follow => "request to follow",
        MessageKind::Stream => "leave to follow",
        MessageKind::FollowRefused => "following refused",
        MessageKind::Backup => "full copy",
        MessageKind::Poll => "poll",
        MessageKind::PollReply => "poll answer",
        MessageKind::VoteRequest => "request for a vote",
        MessageKind::VoteReply => "vote",
        MessageKind::Stand => "call to stand",
        MessageKind::ConnectionClosed => "end of the connection",
        MessageKind::CopyRequest => "request for a copy",
        MessageKind::StoreRequest => "request to the store",
        MessageKind::StoreReply => "answer of the store",
        MessageKind::StoreConsensus => "talk in the store",
        MessageKind::AgentRequest => "question to an agent",
        MessageKind::AgentReply => "answer of an agent",
        MessageKind::Ping => "ping",
        MessageKind::PingReply => "ping answer",
        MessageKind::MonitorTalk => "talk of monitors",
        MessageKind::Command => "command",
        MessageKind::CommandReply => "answer to a command",
    }
}

/// The diagram for those who do not see it: its lines and its messages.
pub(crate) fn diagram(run: &Simulation, why: &Explanation) -> String {
    let lanes = list(why.lanes.iter().map(|&this| lane(run, this)));
    let arrows: Vec<String> = why.arrows.iter().map(|this| arrow(run, this)).collect();
    format!(
        "Space-time diagram, time downwards. Lines: {lanes}. Messages: {}.",
        if arrows.is_empty() {
            "none".to_owned()
        } else {
            arrows.join("; ")
        }
    )
}

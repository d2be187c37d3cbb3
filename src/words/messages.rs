//! Messages in words.

use replicascope_engine::Simulation;
use replicascope_engine::event::EventKind;
use replicascope_engine::message::Message;
use replicascope_engine::scenario::Endpoint;
use replicascope_engine::world::InFlight;

use super::{span, why};

/// What a message is and where it goes: `Entry 57, n1 → n2`.
pub(crate) fn title(message: &InFlight) -> String {
    let what = match &message.message {
        Message::Request(request) => {
            format!(
                "{} #{}",
                capital(why::message(message.message.kind())),
                request.op.0
            )
        }
        Message::Reply { op, .. } => {
            format!(
                "{} to #{}",
                capital(why::message(message.message.kind())),
                op.0
            )
        }
        Message::Wal { records, .. } => match records.as_slice() {
            [] => "Log, nothing new".to_owned(),
            [one] => format!("Entry {}", one.lsn),
            [first, .., last] => format!("Entries {} to {}", first.lsn, last.lsn),
        },
        Message::WalAck { positions, .. } => format!("Ack up to {}", positions.write),
        other => capital(why::message(other.kind())),
    };
    let end = |end: Endpoint| match end {
        Endpoint::Clients => "apps".to_owned(),
        other => other.to_string(),
    };
    format!("{what}, {} → {}", end(message.from), end(message.to))
}

/// When it arrives.
pub(crate) fn state(run: &Simulation, message: &InFlight) -> String {
    if message.held {
        return "held".to_owned();
    }
    format!("arrives in {}", span(message.arrives_at.since(run.now())))
}

/// The arrival of a message: `Log entries reached n3`.
pub(crate) fn arrival(kind: &EventKind) -> Option<String> {
    let (what, to) = match *kind {
        EventKind::Delivered { kind, to, .. } => (kind, super::endpoint(to)),
        EventKind::NobodyListened { kind, node, .. } => (kind, format!("{node}, which is down")),
        _ => return None,
    };
    Some(format!("{} reached {to}", capital(why::message(what))))
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    // All of them begin with letters that ASCII has; the rest of Unicode is a table of 12 KB.
    letters.next().map_or_else(String::new, |first| {
        first.to_ascii_uppercase().to_string() + letters.as_str()
    })
}

//! How a run is written down in a golden script.

use replicascope_engine::Simulation;
use replicascope_engine::event::{Event, EventKind};
use replicascope_engine::ids::{NodeSet, Timeline};
use replicascope_engine::oracle::{Op, OpKind};
use replicascope_engine::time::{Span, Time};

/// An event with its instant; an action as a scenario file has it.
pub(crate) fn event(simulation: &Simulation, event: &Event) -> String {
    let action = match event.kind {
        EventKind::Action { index } => simulation.actions().get(index as usize),
        _ => None,
    };
    let what = match action.map(|timed| serde_json::to_string(&timed.action)) {
        Some(Ok(json)) => format!("Action {json}"),
        _ => kind(&event.kind),
    };
    format!("{}  {what}", time(event.at))
}

/// The name of an event's kind; of one of a manager or a router, the name of what it did.
pub(crate) fn name(event: &Event) -> String {
    let text = inner(&format!("{:?}", event.kind)).1.to_owned();
    text.split([' ', '(']).next().unwrap_or_default().to_owned()
}

/// Whose event it is, where it is not a node's or the world's, and what it says.
fn inner(text: &str) -> (&'static str, &str) {
    for (shell, whose) in [
        ("Manager(Mha(", "mha: "),
        ("Manager(Sentinel(", "sentinel: "),
        ("Manager(", "patroni: "),
        ("Routing(", "router: "),
    ] {
        if let Some(rest) = text.strip_prefix(shell) {
            let closed = rest.strip_suffix(")".repeat(shell.matches('(').count()).as_str());
            return (whose, closed.unwrap_or(rest));
        }
    }
    ("", text)
}

/// What happened, in one line.
pub(crate) fn kind(kind: &EventKind) -> String {
    let text = format!("{kind:?}");
    let (whose, what) = inner(&text);
    format!("{whose}{}", tidy(what))
}

pub(crate) fn time(at: Time) -> String {
    format!("{:>10.3} ms", at.0 as f64 / 1e3)
}

pub(crate) fn millis(span: Span) -> String {
    format!("{:.1} ms", span.as_millis_f64())
}

/// `Timeline(131073)` as `tl 2 of n2`, `Lsn(5)` as `5`, `OpId(3)` as `op 3`, `NodeSet(5)` as `{n1 n3}`.
pub(crate) fn tidy(text: &str) -> String {
    let mut tidy = String::new();
    let mut rest = text;
    while let Some(open) = rest.find('(') {
        let (before, inside) = (&rest[..open], &rest[open + 1..]);
        let start = before
            .rfind(|letter: char| !letter.is_alphanumeric())
            .map_or(0, |at| at + 1);
        let word = &before[start..];
        let number = inside
            .split_once(')')
            .and_then(|(digits, after)| digits.parse::<u64>().ok().map(|number| (number, after)));
        match (word, number) {
            (
                "Timeline" | "Lsn" | "OpId" | "NodeSet" | "ClientId" | "Key" | "MessageId" | "Span"
                | "Time" | "Some",
                Some((number, after)),
            ) => {
                tidy += &before[..start];
                tidy += &match word {
                    "Timeline" => timeline(Timeline(number as _)),
                    "OpId" => format!("op {number}"),
                    "NodeSet" => set(NodeSet(number)),
                    "Key" => format!("k{number}"),
                    "Span" => millis(Span(number)),
                    "Time" => time(Time(number)).trim().to_owned(),
                    "ClientId" => format!("client {number}"),
                    "MessageId" => format!("message {number}"),
                    _ => number.to_string(),
                };
                rest = after;
            }
            _ => {
                tidy += &rest[..=open];
                rest = inside;
            }
        }
    }
    tidy + rest
}

pub(crate) fn timeline(timeline: Timeline) -> String {
    format!("tl {} of {}", timeline.term(), timeline.owner())
}

pub(crate) fn set(set: NodeSet) -> String {
    let names: Vec<String> = set.iter().map(|node| node.to_string()).collect();
    format!("{{{}}}", names.join(" "))
}

/// One line a node.
pub(crate) fn nodes(simulation: &Simulation) -> String {
    let mut lines = String::new();
    for node in simulation.nodes() {
        let (tip, at) = (node.tip(), node.positions());
        let diverged = if simulation.has_diverged(node.id()) {
            ", diverged"
        } else {
            ""
        };
        let upstream = match (node.upstream(), node.streaming_from()) {
            (None, _) => String::new(),
            (Some(upstream), Some(_)) => format!(", from {upstream}"),
            (Some(upstream), None) => format!(", not connected to {upstream}"),
        };
        lines += &format!(
            "{}  {:?}, {:?}{upstream}; log to {} on {}, flushed {}, replayed {}{diverged}\n",
            node.id(),
            simulation.health(node.id()),
            node.role(),
            tip.lsn,
            timeline(tip.timeline),
            at.flush,
            at.replay,
        );
    }
    lines
}

/// One line an operation, oldest first.
pub(crate) fn ledger(simulation: &Simulation, wanted: fn(&Op) -> bool, last: usize) -> String {
    let oracle = simulation.oracle();
    let mut ops: Vec<&Op> = oracle.ops().filter(|op| wanted(op)).collect();
    ops.drain(..ops.len().saturating_sub(last));
    ops.into_iter()
        .map(|op| {
            let client = &simulation.cluster().clients[op.client.index()];
            let what = match (op.kind, op.returned) {
                (OpKind::Write { value }, _) => format!("k{} := {value}", op.key.0),
                (OpKind::Read, Some(row)) => format!("k{} is {}", op.key.0, row.value),
                (OpKind::Read, None) => format!("k{} ?", op.key.0),
            };
            let took = op.done_at.map_or(String::new(), |at| {
                format!(" after {}", millis(at.since(op.issued_at)))
            });
            let node = op.node.map_or(String::new(), |node| format!(" at {node}"));
            let mut line = format!(
                "op {} {client}{node}: {what}, {:?}{took}",
                op.id.0, op.status
            );
            if op.lost {
                line += ", LOST";
            }
            if oracle.is_ghost(op) {
                line += ", survived all the same";
            }
            if !op.erased_from.is_empty() {
                line += &format!(", erased from {}", set(op.erased_from));
            }
            if let Some(stale) = op.verdict.stale {
                line += &format!(", stale by {} and {}", stale.versions, millis(stale.span));
            }
            for (is, word) in [
                (op.verdict.broke_read_your_writes, "broke read-your-writes"),
                (op.verdict.broke_monotonic_reads, "broke monotonic reads"),
                (op.verdict.phantom, "phantom"),
            ] {
                if is {
                    line += &format!(", {word}");
                }
            }
            line + "\n"
        })
        .collect()
}

/// Totals and what is wrong with the whole.
pub(crate) fn report(simulation: &Simulation) -> String {
    let totals = simulation.oracle().totals();
    let outages = simulation.outages();
    let whole = simulation.cluster_verdict();
    let mut report = format!(
        "at {}: writers {}\n\
         writes: {} sent, {} acked, {} failed, {} unknown; {} acked and lost\n\
         reads: {} sent, {} fresh, {} stale, {} failed; {} broke read-your-writes, {} broke monotonic reads, {} phantom\n\
         nobody took writes for {}, more than one for {}\n",
        time(simulation.now()).trim(),
        set(simulation.writers()),
        totals.writes_issued,
        totals.writes_acked,
        totals.writes_failed,
        totals.writes_unknown,
        totals.lost_acked,
        totals.reads_issued,
        totals.fresh_reads,
        totals.stale_reads,
        totals.reads_failed,
        totals.broke_read_your_writes,
        totals.broke_monotonic_reads,
        totals.phantom_reads,
        millis(outages.no_primary),
        millis(outages.split_brain),
    );
    for (is, word) in [
        (whole.no_primary_since.is_some(), "no primary"),
        (whole.split_brain_since.is_some(), "split brain"),
        (!whole.diverged.is_empty(), "nodes have diverged"),
        (whole.semi_sync_fell_back, "semi-sync fell back"),
        (whole.sync_without_standby, "sync without a standby"),
    ] {
        if is {
            report += &format!("now: {word}\n");
        }
    }
    report
}

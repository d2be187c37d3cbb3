//! The sentence above the stage: what happened last, and what is wrong now.

use replicascope_engine::Simulation;
use replicascope_engine::ids::NodeId;
use replicascope_engine::node::{Node, Role};
use replicascope_engine::time::{Span, Time};
use replicascope_engine::world::Health;

use super::events::Mark;
use super::{count, list, span, story};

/// From which lag on a replica is worth a word.
const LAG_WORTH_A_WORD: Span = Span::from_millis(250);
/// How long an event counts as what happened last.
const FRESH: Span = Span::from_secs(3);

/// What happened last, in plain words, and the instant it is said at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Narration {
    /// The present.
    pub(crate) at: Time,
    /// The sentences.
    pub(crate) text: String,
}

/// What is worth saying now.
pub(crate) fn now(simulation: &Simulation) -> Narration {
    let at = simulation.now();
    let event = story::newest(simulation, 12)
        .into_iter()
        .rev()
        .find(|entry| !matches!(entry.mark, Mark::Seat | Mark::Follow));
    let mut sentences = Vec::new();
    if let Some(entry) = event.filter(|entry| at.since(entry.at) < FRESH) {
        sentences.push(entry.text);
    }
    sentences.push(seat(simulation));
    sentences.extend(laggard(simulation));
    Narration {
        at,
        text: sentences.join(" "),
    }
}

/// Who takes writes.
fn seat(simulation: &Simulation) -> String {
    let writers = simulation.writers();
    let waiting = match simulation.waiting_ops() {
        0 => String::new(),
        waiting => format!(", {} in the router", count(waiting as u64, "operation")),
    };
    match writers.len() {
        0 => format!(
            "Nobody takes writes for {}{waiting}.",
            span(simulation.now().since(simulation.outages().since))
        ),
        1 => {
            let primary = writers.iter().next().unwrap_or(NodeId(0));
            match simulation.node(primary).waiting_commits() {
                0 => format!("{primary} takes writes."),
                held => format!("{primary} takes writes, {} acks.", waits(held)),
            }
        }
        _ => format!("Split brain: {} take writes.", list(writers.iter())),
    }
}

fn waits(held: usize) -> String {
    if held == 1 {
        "1 waits for".to_owned()
    } else {
        format!("{held} wait for")
    }
}

/// The running replica that is furthest behind, if that is far.
fn laggard(simulation: &Simulation) -> Option<String> {
    let node = simulation
        .nodes()
        .iter()
        .filter(|node| node.role() == Role::Replica)
        .map(Node::id)
        .filter(|&node| {
            simulation.health(node) == Health::Up && !simulation.writers().contains(node)
        })
        .max_by_key(|&node| simulation.lag(node).1)?;
    let (records, behind) = simulation.lag(node);
    let entries = if records == 1 { "entry" } else { "entries" };
    (behind >= LAG_WORTH_A_WORD).then(|| {
        format!(
            "{node} is {records} {entries} behind, {}, and its reads are that old.",
            span(behind)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use replicascope_engine::Scenario;
    use replicascope_engine::scenario::{Action, KillKind};

    #[test]
    fn it_says_who_takes_writes_and_what_happened() {
        let mut simulation = Simulation::new(&Scenario::default()).expect("valid");
        simulation.advance_to(Time::from_secs(1));
        assert!(
            now(&simulation).text.contains("n1 takes writes"),
            "{:?}",
            now(&simulation)
        );
        let kill = Action::Kill {
            node: NodeId(0),
            how: KillKind::PowerOff,
        };
        simulation.act(kill).expect("valid");
        simulation.advance_to(Time::from_millis(1_200));
        let text = now(&simulation).text;
        assert!(
            text.starts_with("n1 was killed. Nobody takes writes for 200 ms"),
            "{text}"
        );
    }
}

//! The one line of an embedded page: what is wrong now, else what happens.

use replicascope_engine::Simulation;
use replicascope_engine::oracle::Op;

use super::verdicts::{Chip, Tone, chips, row};
use super::{at, client, key};

/// What became of an operation with which something is wrong: its verdict, and a sentence.
pub(crate) fn broken(simulation: &Simulation, op: &Op) -> (Option<Chip>, String) {
    let chip = chips(simulation, op).into_iter().next();
    (chip, sentence(simulation, op))
}

fn sentence(simulation: &Simulation, op: &Op) -> String {
    let (who, name) = (client(simulation, op.client), key(op.key));
    let when = at(op.done_at.unwrap_or(op.issued_at));
    if op.lost {
        let number = op.id.0;
        let told = row(simulation, op).title;
        return format!("{who} was told OK at {when} for write {number}, {told}. It is gone.");
    }
    let Some((node, read)) = op.node.zip(op.returned) else {
        let words = row(simulation, op);
        return format!("{who}: {}, {}.", words.title, words.fate);
    };
    let value = read.value;
    let read = format!("{who} read {value} for {name} from {node} at {when}");
    match (
        op.verdict.broke_read_your_writes,
        op.verdict.broke_monotonic_reads,
    ) {
        _ if op.verdict.phantom => format!("{read}: a value that is lost."),
        (true, _) => format!("{read}, behind its own write."),
        (_, true) => format!("{read}, behind what it had read before."),
        _ => format!("{read}, an old value."),
    }
}

/// Whether a verdict is one of lost writes, or of old answers.
pub(crate) fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Lost => "is-lost",
        Tone::Stale => "is-stale",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use replicascope_engine::time::Time;

    fn told(preset: usize, seconds: u64, is: fn(&Op) -> bool) -> (String, String) {
        let (scenario, _) = (crate::scenarios::ALL[preset].make)();
        let mut simulation = Simulation::new(&scenario).expect("valid");
        simulation.advance_to(Time::from_secs(seconds));
        let op = simulation.oracle().ops().find(|op| is(op)).expect("one");
        let (chip, text) = broken(&simulation, op);
        (chip.expect("a verdict").text, text)
    }

    #[test]
    fn each_verdict_has_its_sentence() {
        let (chip, text) = told(0, 6, |op| op.lost);
        assert_eq!(chip, "LOST though acked");
        assert!(
            text.contains(" was told OK at ") && text.ends_with("It is gone."),
            "{text}"
        );
        let (chip, text) = told(1, 6, |op| {
            op.verdict.stale.is_some()
                && !op.verdict.broke_read_your_writes
                && !op.verdict.broke_monotonic_reads
        });
        assert!(chip.starts_with("stale by"), "{chip}");
        assert!(
            text.contains(" from n") && text.ends_with(", an old value."),
            "{text}"
        );
        let (_, text) = told(1, 20, |op| op.verdict.broke_read_your_writes);
        assert!(text.ends_with(", behind its own write."), "{text}");
    }
}

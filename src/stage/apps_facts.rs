//! What the apps were told, as they know it: their last write and their last read.

use replicascope_engine::Simulation;
use replicascope_engine::oracle::{Op, OpKind, Status};
use replicascope_engine::scenario::ReadPolicy;

use crate::words;

/// How far back to look for an app's last operations.
const LOOK_BACK: usize = 600;

/// How loud a sentence is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tone {
    /// As it should be.
    #[default]
    Plain,
    /// An old answer.
    Stale,
    /// Told OK, and gone.
    Lost,
    /// No answer.
    Unknown,
}

impl Tone {
    /// As a class name.
    #[must_use]
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Stale => "is-stale",
            Self::Lost => "is-lost",
            Self::Unknown => "is-unknown",
        }
    }
}

/// What an app was told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// "read cart:12 38".
    pub(crate) words: String,
    /// What is wrong with it: "2 old".
    pub(crate) but: String,
    /// All of it where there is little room: "read 2 old".
    pub(crate) short: String,
    /// How loud it is.
    pub(crate) tone: Tone,
}

impl Told {
    fn plain(words: String) -> Self {
        Self {
            short: words.clone(),
            words,
            ..Self::default()
        }
    }

    fn but(words: String, but: impl Into<String>, tone: Tone) -> Self {
        let but = but.into();
        let verb = words.split(' ').next().unwrap_or_default();
        Self {
            short: format!("{verb} {but}"),
            words,
            but,
            tone,
        }
    }
}

/// What an app was told last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AppFact {
    /// Its name.
    pub(crate) name: String,
    /// Its last write that is over: "wrote cart:12 41".
    pub(crate) wrote: Option<Told>,
    /// Its last read that is over: "read cart:12 38", "2 old".
    pub(crate) read: Option<Told>,
}

impl AppFact {
    /// Every app.
    #[must_use]
    pub(crate) fn all(simulation: &Simulation) -> Vec<Self> {
        let mut facts: Vec<Self> = simulation
            .cluster()
            .clients
            .iter()
            .map(|name| Self {
                name: name.clone(),
                ..Self::default()
            })
            .collect();
        let mut missing = facts.len() * 2;
        for op in simulation.oracle().ops().rev().take(LOOK_BACK) {
            let Some(fact) = facts.get_mut(op.client.index()) else {
                continue;
            };
            let told = if op.is_write() {
                &mut fact.wrote
            } else {
                &mut fact.read
            };
            if told.is_none()
                && let Some(sentence) = sentence(op)
            {
                *told = Some(sentence);
                missing -= 1;
                if missing == 0 {
                    break;
                }
            }
        }
        facts
    }

    /// The loudest of its tones.
    #[must_use]
    pub(crate) fn tone(&self) -> Tone {
        let tones = [&self.wrote, &self.read].map(|told| told.as_ref().map(|told| told.tone));
        [Tone::Lost, Tone::Stale]
            .into_iter()
            .find(|&tone| tones.contains(&Some(tone)))
            .unwrap_or_default()
    }
}

/// What an operation's app knows of it once it is over.
fn sentence(op: &Op) -> Option<Told> {
    let key = words::key(op.key);
    Some(match (op.kind, op.status) {
        (_, Status::Open) => return None,
        (OpKind::Write { value }, Status::Acked) => {
            let words = format!("wrote {key} {value}");
            if op.lost {
                Told::but(words, "lost", Tone::Lost)
            } else {
                Told::plain(words)
            }
        }
        (OpKind::Write { .. }, Status::Unknown) => {
            Told::but(format!("wrote {key}"), "no answer", Tone::Unknown)
        }
        (OpKind::Write { .. }, _) => Told::but(format!("wrote {key}"), "failed", Tone::Plain),
        (OpKind::Read, Status::Answered) => read_sentence(op, &key),
        (OpKind::Read, _) => Told::but(format!("read {key}"), "failed", Tone::Plain),
    })
}

fn read_sentence(op: &Op, key: &str) -> Told {
    let words = match op.returned {
        Some(row) if row.version > 0 => format!("read {key} {}", row.value),
        _ => format!("read {key}"),
    };
    let verdict = op.verdict;
    match verdict.stale {
        Some(stale) => Told::but(words, format!("{} old", stale.versions), Tone::Stale),
        None if verdict.broke_read_your_writes || verdict.broke_monotonic_reads => {
            Told::but(words, "went back", Tone::Stale)
        }
        None if op.version == 0 => Told::but(words, "empty", Tone::Plain),
        None => Told::plain(words),
    }
}

/// The router's policy in words.
#[must_use]
pub(crate) const fn policy_words(policy: ReadPolicy) -> &'static str {
    match policy {
        ReadPolicy::PrimaryOnly => "primary only",
        ReadPolicy::RoundRobin => "round-robin",
        ReadPolicy::Random => "random copy",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use replicascope_engine::time::Time;

    #[test]
    fn apps_say_what_they_were_told_and_stale_reads_are_loud() {
        let (scenario, _) = crate::scenarios::opening();
        let mut simulation = Simulation::new(&scenario).expect("the opening is valid");
        let (mut stale, mut lost) = (false, false);
        for tick in 1..60 {
            simulation.advance_to(Time::from_millis(tick * 50));
            for fact in AppFact::all(&simulation) {
                let read = fact.read.clone().unwrap_or_default();
                assert_eq!(
                    read.tone == Tone::Stale,
                    ["old", "went back"]
                        .iter()
                        .any(|end| read.but.ends_with(end))
                );
                stale |= read.tone == Tone::Stale;
                lost |= fact.tone() == Tone::Lost;
            }
        }
        assert!(stale, "the far replica answers old values");
        assert!(lost, "an app was told OK and its write is gone");
    }
}

//! Everything the page says in English: times, events, verdicts, settings. The engine knows no sentences; this is where
//! they are made, so that they can be read, and tested, in one place.
//!
//! Who did what, when. No blame, no exclamation marks.

pub(crate) mod compare;
pub(crate) mod embed;
pub(crate) mod events;
pub(crate) mod goals;
pub(crate) mod lessons;
pub(crate) mod messages;
mod monitors;
mod mysql;
pub(crate) mod narration;
pub(crate) mod outlook;
mod patroni;
pub(crate) mod routing;
pub(crate) mod servers;
pub(crate) mod settings;
pub(crate) mod share;
pub(crate) mod story;
pub(crate) mod verdicts;
pub(crate) mod why;

pub(crate) use events::Mark;
use replicascope_engine::Simulation;
use replicascope_engine::ids::{ClientId, Key, NodeId};
use replicascope_engine::scenario::Endpoint;
use replicascope_engine::time::{Span, Time};

/// Keys as the shop of the scenarios would call them.
const KEYS: [&str; 12] = [
    "stock:mug",
    "order:91",
    "cart:12",
    "price:mug",
    "stock:pen",
    "cart:40",
    "user:7",
    "order:92",
    "price:pen",
    "stock:cap",
    "user:19",
    "cart:5",
];

/// What a key is called.
pub(crate) fn key(key: Key) -> String {
    match KEYS.get(key.0 as usize) {
        Some(name) => (*name).to_owned(),
        None => format!("key:{}", key.0 + 1),
    }
}

/// What a client is called.
pub(crate) fn client(simulation: &Simulation, client: ClientId) -> String {
    simulation
        .cluster()
        .clients
        .get(client.index())
        .cloned()
        .unwrap_or_else(|| format!("app {}", client.0 + 1))
}

/// What an end of a link is called.
pub(crate) fn endpoint(end: Endpoint) -> String {
    match end {
        Endpoint::Node(node) => node.to_string(),
        Endpoint::Clients => "the apps".to_owned(),
        Endpoint::Store(index) => format!("store member s{}", u32::from(index) + 1),
        Endpoint::Monitor(index) => format!("monitor m{}", u32::from(index) + 1),
    }
}

/// An instant, to the millisecond: `1.300 s`.
pub(crate) fn at(time: Time) -> String {
    let millis = time.0 / 1_000;
    format!("{}.{:03} s", millis / 1_000, millis % 1_000)
}

/// A length of time, to three digits or so: `4.2 ms`, `140 ms`, `1.26 s`, `2 min 5 s`.
pub(crate) fn span(span: Span) -> String {
    let micros = span.0;
    match micros {
        0..10_000 => {
            let tenths = (micros + 50) / 100;
            if tenths.is_multiple_of(10) {
                format!("{} ms", tenths / 10)
            } else {
                format!("{}.{} ms", tenths / 10, tenths % 10)
            }
        }
        10_000..1_000_000 => format!("{} ms", micros / 1_000),
        1_000_000..10_000_000 => {
            let hundredths = micros / 10_000;
            format!("{}.{:02} s", hundredths / 100, hundredths % 100)
        }
        10_000_000..60_000_000 => {
            let tenths = micros / 100_000;
            format!("{}.{} s", tenths / 10, tenths % 10)
        }
        _ => {
            let seconds = micros / 1_000_000;
            match (seconds / 60, seconds % 60) {
                (minutes, 0) => format!("{minutes} min"),
                (minutes, seconds) => format!("{minutes} min {seconds} s"),
            }
        }
    }
}

/// `1 write`, `3 writes`.
pub(crate) fn count(number: u64, one: &str) -> String {
    if number == 1 {
        format!("1 {one}")
    } else {
        format!("{number} {one}s")
    }
}

/// `100,000`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut words = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            words.push(',');
        }
        words.push(digit);
    }
    words
}

/// `n1`, `n1 and n2`, `n1, n2 and n3`.
pub(crate) fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    match items.split_last() {
        None => "nothing".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

/// Some numbers, but not a screenful of them: `45, 46, 47 and 12 more`.
pub(crate) fn few(numbers: &[u32]) -> String {
    const SHOWN: usize = 6;
    if numbers.len() <= SHOWN + 1 {
        return list(numbers);
    }
    let shown: Vec<String> = numbers[..SHOWN].iter().map(u32::to_string).collect();
    format!("{} and {} more", shown.join(", "), numbers.len() - SHOWN)
}

/// The node that a person means by "the primary": the one that takes writes, or else the one whose history counts.
pub(crate) fn primary_of(simulation: &Simulation) -> Option<NodeId> {
    simulation
        .writers()
        .iter()
        .next()
        .or_else(|| simulation.leader())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_three_digits_or_so() {
        let words = [0, 400, 4_230, 140_900, 1_264_000, 12_340_000, 125_000_000].map(Span);
        assert_eq!(
            words.map(span),
            [
                "0 ms",
                "0.4 ms",
                "4.2 ms",
                "140 ms",
                "1.26 s",
                "12.3 s",
                "2 min 5 s"
            ]
        );
    }

    #[test]
    fn instants_are_to_the_millisecond() {
        assert_eq!(at(Time(1_300_999)), "1.300 s");
        assert_eq!(at(Time(61_004_000)), "61.004 s");
    }

    #[test]
    fn long_numbers_are_grouped() {
        let words = [0, 999, 1_000, 100_000, 12_345_678].map(grouped);
        assert_eq!(words, ["0", "999", "1,000", "100,000", "12,345,678"]);
    }

    #[test]
    fn lists_read_like_a_sentence() {
        assert_eq!(list([NodeId(0)]), "n1");
        assert_eq!(list([NodeId(0), NodeId(2), NodeId(3)]), "n1, n3 and n4");
        assert_eq!(
            few(&(1..=20).collect::<Vec<_>>()),
            "1, 2, 3, 4, 5, 6 and 14 more"
        );
    }

    #[test]
    fn every_key_has_a_name() {
        assert_eq!(key(Key(0)), "stock:mug");
        assert_eq!(key(Key(12)), "key:13");
    }
}

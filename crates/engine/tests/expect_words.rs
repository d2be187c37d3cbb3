//! Expectations in words, from arbitrary text: nothing panics, and what is read is written the same again.

use replicascope_engine::expect::{Expectation, parse_time, written_time};
use replicascope_engine::random::{Purpose, below, draw};

/// Parts of expectations, and parts that are none.
const PARTS: [&str; 48] = [
    "never",
    "promoted",
    "split_brain",
    "killed",
    "n2",
    "n64",
    "n65",
    "n2.role",
    "n1.health",
    "n2.replay_lsn",
    "n3.lag_ms",
    "n2.diverged",
    "writes.acked",
    "reads.stale",
    "failovers",
    "failovers[0].promoted_ms",
    "failovers[00].timeline",
    "failovers[1000].timeline",
    "failovers[].x",
    "==",
    "=",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "=>",
    "in",
    "to",
    "times",
    "between",
    "and",
    "from",
    "until",
    "at",
    "0",
    "12",
    "3.125",
    "3.1255",
    "1.",
    ".5",
    "-1",
    "9s",
    "22.6",
    "ms",
    "99999999999999999999h",
    "µs",
    "primary",
];

#[test]
fn any_row_of_parts_is_read_or_refused() {
    let mut read = 0;
    for case in 0..30_000 {
        let lot = |place| draw(case, Purpose::Scenario, place, 0);
        let count = 1 + below(lot(0), 9);
        let words: Vec<&str> = (1..=count)
            .map(|place| PARTS[below(lot(place), PARTS.len() as u64) as usize])
            .collect();
        let text = words.join(if case % 3 == 0 { "" } else { " " });
        let Ok(expectation) = text.parse::<Expectation>() else {
            continue;
        };
        read += 1;
        let again = expectation.to_string();
        assert_eq!(
            again.parse::<Expectation>().as_ref(),
            Ok(&expectation),
            "{text}"
        );
        let json = serde_json::to_string(&expectation).expect("plain data");
        let from_json: Expectation = serde_json::from_str(&json).expect("its own JSON");
        assert_eq!(from_json, expectation, "{text}");
    }
    assert!(read > 200, "{read}");
}

#[test]
fn times_are_exact_or_refused() {
    for (text, micros) in [
        ("0s", 0),
        ("22.6s", 22_600_000),
        ("22.6 s", 22_600_000),
        ("0.000001s", 1),
        ("1.5ms", 1_500),
        ("2min", 120_000_000),
        ("0.5h", 1_800_000_000),
        ("7us", 7),
        ("7µs", 7),
    ] {
        let time = parse_time(text).expect(text);
        assert_eq!(time.0, micros, "{text}");
        assert_eq!(parse_time(&written_time(time)), Ok(time));
    }
    for text in [
        "",
        "s",
        "5",
        "5 parsecs",
        "1.2.3s",
        ".5s",
        "5.s",
        "-1s",
        "0.5us",
        "99999999999999999999s",
        "18446744073709551615h",
    ] {
        assert!(parse_time(text).is_err(), "{text}");
    }
}

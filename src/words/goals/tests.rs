use replicascope_engine::event::EventName;
use replicascope_engine::expect::Metric;
use replicascope_lessons::Lesson;

use super::*;

fn atom(text: &str) -> Atom {
    text.parse()
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn words(told: &Told) -> String {
    told.iter().map(|(_, text)| text.as_str()).collect()
}

fn asked(text: &str) -> String {
    words(&sentence(&atom(text)))
}

/// What a person should not have to read: a name with `_`, a path with dots, an operator. Real names of parameters, which stand
/// as code, are another matter.
fn raw(told: &Told) -> Option<String> {
    let plain = told.iter().filter(|(style, _)| *style == Style::Plain);
    let mut all = plain.flat_map(|(_, text)| text.split_whitespace());
    let wrong = all.find(|word| {
        let dots = word.trim_end_matches(['.', ',', ':']).split('.').count() > 1;
        let number = word.starts_with(|c: char| c.is_ascii_digit());
        word.contains(['_', '=', '<', '>', '[', '{', '*']) || dots && !number
    });
    wrong.map(str::to_owned)
}

#[test]
fn a_goal_is_a_sentence() {
    for (goal, sentence) in [
        ("writes.acked >= 10", "At least 10 writes are acked"),
        (
            "newly reads.stale >= 1",
            "At least 1 read is stale in this step",
        ),
        ("writes.lost_acked == 0", "No acked write is lost"),
        ("writes.lost_acked == 1", "Exactly 1 acked write is lost"),
        (
            "newly failovers >= 1",
            "At least 1 failover happens in this step",
        ),
        (
            "newly at_ms >= 2500",
            "At least 2.5 s have passed in this step",
        ),
        (
            "failovers[0].writable_ms > 0",
            "In the first failover a write is acked again",
        ),
        (
            "failovers[0].writable_ms < 1000",
            "In the first failover a write is acked again after less than 1 s",
        ),
        (
            "unavailable_ms < 5000",
            "Without anybody who takes writes: less than 5 s in all",
        ),
        (
            "staleness_ms.max >= 1000",
            "A read is stale by at least 1 s",
        ),
        ("n2.lag_records < 20", "n2 is fewer than 20 records behind"),
        (
            "count.op_routed.n2 >= 20",
            "A read or write is routed to n2: at least 20 times",
        ),
        (
            "capacity.cluster <= 550",
            "This cluster can take at most 550 a second",
        ),
        ("running == 1", "Exactly 1 node runs"),
        ("writers >= 2", "At least 2 nodes take writes"),
        ("newly killed n1", "n1 is killed"),
        ("newly promoted", "A node is promoted to primary"),
        (
            "never split_brain",
            "Never: two nodes take writes, a split brain",
        ),
        ("n1.role == primary", "n1 is primary"),
        ("n4.health == down", "n4 is down"),
        ("settings.mode == semi_sync", "The mode is semi-synchronous"),
        (
            "settings.reads == primary_only",
            "Reads go to the primary only",
        ),
        (
            "workload.operations_per_second == 300",
            "The workload asks for 300 a second",
        ),
        (
            "settings.database.postgresql.wal_keep_size >= 64",
            "wal_keep_size is at least 64",
        ),
        (
            "settings.manager.patroni.failsafe_mode == true",
            "failsafe_mode is on",
        ),
    ] {
        assert_eq!(asked(goal), sentence, "{goal}");
    }
}

#[test]
fn what_there_is_stands_beside_it() {
    let answered = |text: &str, holds: bool, found: Seen| Answered {
        atom: atom(text),
        holds,
        found,
    };
    let whole = |number| Seen::Amount(Amount::whole(number));
    let is = |one: Answered| Part {
        kind: PartKind::Is,
        holds: one.holds,
        atoms: vec![one],
    };
    for (one, stands) in [
        (answered("writes.acked >= 10", false, whole(3)), "now 3"),
        (answered("writes.acked >= 10", true, whole(12)), "now 12"),
        (
            answered("staleness_ms.max >= 1000", false, whole(900)),
            "now 900 ms",
        ),
        (
            answered("staleness_ms.max >= 1000", false, Seen::Nothing),
            "not yet",
        ),
        (answered("newly killed n1", false, whole(0)), "not yet"),
        (answered("newly killed n1", true, whole(1)), ""),
        (
            answered("n1.role == replica", false, Seen::Role(Role::Primary)),
            "now primary",
        ),
        (
            answered("n1.role == replica", true, Seen::Role(Role::Replica)),
            "",
        ),
        (
            answered(
                "settings.mode == sync",
                false,
                Seen::Setting("semi_sync".to_owned()),
            ),
            "now semi-synchronous",
        ),
    ] {
        assert_eq!(part(&is(one)).1, stands);
    }
    let either = Part {
        kind: PartKind::Any,
        holds: false,
        atoms: vec![
            answered("newly writes.failed >= 1", false, whole(0)),
            answered("newly writes.unknown >= 1", false, whole(0)),
        ],
    };
    let (told, stands) = part(&either);
    assert_eq!(
        words(&told),
        "At least 1 write fails in this step, or: at least 1 write stays without an answer in this step"
    );
    assert_eq!(stands, "now 0");
}

#[test]
fn whatever_can_be_asked_has_words() {
    let mut all: Vec<String> = Metric::paths()
        .flat_map(|path| [0, 1, 2, 7].map(|n| path.replace('N', &n.to_string())))
        .flat_map(|path| [format!("{path} >= 3"), format!("newly {path} in 1 to 2")])
        .collect();
    for event in EventName::ALL {
        let nodes: &[&str] = if event.has_node() {
            &["", ".n2"]
        } else {
            &[""]
        };
        for node in nodes {
            all.push(format!("{event}{}", node.replace('.', " ")));
            all.push(format!("never {event}{}", node.replace('.', " ")));
            all.push(format!("count.{event}{node} != 4"));
            all.push(format!("time.{event}{node} > 0"));
        }
    }
    for number in [
        "insert_lsn",
        "write_lsn",
        "flush_lsn",
        "replay_lsn",
        "lag_records",
        "lag_ms",
        "timeline",
    ] {
        all.push(format!("n2.{number} >= 2"));
    }
    for number in [
        "single",
        "cluster",
        "writes",
        "offered",
        "primary",
        "primary_formula",
        "replicas",
        "replicas_formula",
    ] {
        all.push(format!("capacity.{number} <= 20"));
    }
    for state in [
        "role == fenced",
        "role == promoting",
        "role == candidate",
        "role == demoted",
        "health == up",
        "health == frozen",
        "health == lost",
        "takes_writes == true",
        "takes_writes == false",
        "diverged == true",
        "diverged == false",
    ] {
        all.push(format!("n2.{state}"));
    }
    all.extend(
        [
            "read_latency_ms.p50 < 2",
            "read_latency_ms.p99 < 2",
            "read_latency_ms.max < 2",
            "writers == 0",
            "running > 1",
        ]
        .map(str::to_owned),
    );
    for parameter in crate::cluster::parameters() {
        let path = parameter.path();
        if !path.contains('[') {
            all.push(format!("{path} == some_word"));
            all.push(format!("{path} == 4"));
        }
    }
    for text in all {
        let told = sentence(&atom(&text));
        let shown = words(&told);
        assert!(
            raw(&told).is_none_or(|word| word == "some_word"),
            "{text}: {shown}"
        );
        assert!(shown.split_whitespace().count() >= 2, "{text}: {shown}");
    }
}

/// Every goal of the course, in the words in which it is shown.
#[test]
fn no_goal_of_a_lesson_shows_a_raw_name() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/www/lessons");
    let mut goals = 0;
    for file in std::fs::read_dir(folder).expect("the course is there") {
        let path = file.expect("readable").path();
        if path.ends_with("index.json") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("readable");
        let lesson = Lesson::read(&text).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        for step in &lesson.steps {
            step.goal.each(&mut |atom| {
                let told = sentence(atom);
                assert_eq!(
                    raw(&told),
                    None,
                    "{}, {}: {}",
                    lesson.id,
                    step.id,
                    words(&told)
                );
                assert!(
                    told.iter().all(|(style, _)| *style == Style::Plain),
                    "{atom}"
                );
                goals += 1;
            });
        }
    }
    assert!(goals > 80, "{goals}");
}

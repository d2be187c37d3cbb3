//! Messages of the page, to the letter.

use replicascope_embed::{
    Id, Lesson, LessonState, Message, Node, Reads, Score, State, Writes, events,
};
use replicascope_engine::time::Time;
use replicascope_engine::{Scenario, Simulation};

fn state() -> State {
    State {
        at_ms: 1_234.567,
        end_ms: 6_000.0,
        playing: true,
        speed: 0.05,
        mode: Some("semi_sync"),
        primary: None,
        nodes: vec![
            Node {
                id: "n1".to_owned(),
                role: "old_primary",
                health: "down",
                lag_ms: None,
            },
            Node {
                id: "n2".to_owned(),
                role: "replica",
                health: "slow",
                lag_ms: Some(12.5),
            },
        ],
        writes: Writes {
            sent: 9,
            acked: 7,
            failed: 1,
            unknown: 0,
            lost: 2,
        },
        reads: Reads { fresh: 5, stale: 3 },
        lesson: None,
    }
}

#[test]
fn messages_are_written_as_the_interface_says() {
    let ready = |lesson: Option<&str>, scenario| Message::Ready {
        build: "0.1.0".to_owned(),
        lesson: lesson.map(str::to_owned),
        scenario,
    };
    let in_lesson = State {
        nodes: Vec::new(),
        mode: None,
        primary: Some("n2".to_owned()),
        lesson: Some(LessonState {
            id: "failover".to_owned(),
            step: 2,
            steps: 5,
        }),
        ..state()
    };
    let lesson = Lesson {
        id: "failover".to_owned(),
        finished: false,
        step: 2,
        steps: 5,
        score: Score {
            done: 1,
            steps: 5,
            right: 1,
            questions: 2,
            accepted: 0,
            tasks: 1,
        },
    };
    let re = Id::Text("a\"b".to_owned());
    let wanted = [
        (
            ready(None, Some("quiet")),
            r#"{"replicascope":1,"type":"ready","name":"ReplicaScope","build":"0.1.0","scenario":"quiet"}"#,
        ),
        (
            ready(Some("failover"), None),
            r#"{"replicascope":1,"type":"ready","name":"ReplicaScope","build":"0.1.0","lesson":"failover"}"#,
        ),
        (
            Message::Resize { height: 480 },
            r#"{"replicascope":1,"type":"resize","height":480}"#,
        ),
        (
            Message::State(state()),
            r#"{"replicascope":1,"type":"state","at_ms":1234.567,"end_ms":6000.0,"playing":true,"speed":0.05,"mode":"semi_sync","primary":null,"nodes":[{"id":"n1","role":"old_primary","health":"down"},{"id":"n2","role":"replica","health":"slow","lag_ms":12.5}],"writes":{"sent":9,"acked":7,"failed":1,"unknown":0,"lost":2},"reads":{"fresh":5,"stale":3}}"#,
        ),
        (
            Message::State(in_lesson),
            r#"{"replicascope":1,"type":"state","at_ms":1234.567,"end_ms":6000.0,"playing":true,"speed":0.05,"mode":null,"primary":"n2","nodes":[],"writes":{"sent":9,"acked":7,"failed":1,"unknown":0,"lost":2},"reads":{"fresh":5,"stale":3},"lesson":{"id":"failover","step":2,"steps":5}}"#,
        ),
        (
            Message::Lesson(lesson),
            r#"{"replicascope":1,"type":"lesson","id":"failover","finished":false,"step":2,"steps":5,"score":{"done":1,"steps":5,"right":1,"questions":2,"accepted":0,"tasks":1}}"#,
        ),
        (
            Message::Done {
                re: Id::Number(7.0),
            },
            r#"{"replicascope":1,"type":"done","re":7.0}"#,
        ),
        (
            Message::Refused {
                re,
                field: "lesson".to_owned(),
                value: "x".to_owned(),
                reason: "There is no such lesson.".to_owned(),
            },
            r#"{"replicascope":1,"type":"refused","re":"a\"b","field":"lesson","value":"x","reason":"There is no such lesson."}"#,
        ),
    ];
    for (message, text) in wanted {
        assert_eq!(message.written(), text);
        let anyone = text.contains("\"ready\"") || text.contains("\"resize\"");
        assert_eq!(message.is_for_anyone(), anyone, "{text}");
    }
}

#[test]
fn events_are_the_lines_of_the_trace_and_a_jump_comes_first() {
    let mut run = Simulation::new(&Scenario::default()).expect("valid");
    run.advance_to(Time::from_millis(200));
    let all: Vec<_> = run.trace().events().collect();
    assert!(all.len() > 2);
    let mut lines = String::new();
    for event in &all {
        event.write_line(&mut lines).expect("plain data");
    }
    let joined = lines.trim_end().replace('\n', ",");
    assert_eq!(
        events(None, all.iter().copied()),
        format!(r#"{{"replicascope":1,"type":"event","events":[{joined}]}}"#)
    );
    assert_eq!(
        events(Some(Time(1_500)), core::iter::empty()),
        r#"{"replicascope":1,"type":"event","events":[{"sought":1.5}]}"#
    );
}

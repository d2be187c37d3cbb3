//! Commands: what is read, and every reason for which one is not.

use replicascope_embed::{Command, Given, Id, Problem, Received, Theme};
use replicascope_engine::time::Time;

/// A message of this kind with these fields, as JSON.
fn message(kind: &str, fields: &str) -> String {
    let comma = if fields.is_empty() { "" } else { "," };
    format!(r#"{{"replicascope":1,"type":"{kind}"{comma}{fields}}}"#)
}

fn good(kind: &str, fields: &str) -> Command {
    let received = Received::read(&message(kind, fields));
    received.command.unwrap_or_else(|error| panic!("{error}"))
}

/// The field, its value, and what is said.
fn bad(json: &str) -> (String, String, String) {
    let Err(error) = Received::read(json).command else {
        panic!("{json} is read");
    };
    (error.field.clone(), error.value.clone(), error.to_string())
}

#[test]
fn every_command_is_read() {
    let at = Time::from_millis(1_234);
    let wanted = [
        ("hello", "", Command::Hello),
        ("play", "", Command::Play { speed_milli: None }),
        (
            "play",
            r#""speed":0.05"#,
            Command::Play {
                speed_milli: Some(50),
            },
        ),
        (
            "play",
            r#""speed":100"#,
            Command::Play {
                speed_milli: Some(100_000),
            },
        ),
        ("pause", "", Command::Pause),
        ("seek", r#""at_ms":1234"#, Command::Seek { at }),
        ("seek", r#""at_ms":0.0015"#, Command::Seek { at: Time(2) }),
        (
            "seek",
            r#""at_ms":3600000"#,
            Command::Seek {
                at: Time::from_secs(3_600),
            },
        ),
        ("step", "", Command::Step { back: false }),
        ("step", r#""back":true"#, Command::Step { back: true }),
        (
            "set_scenario",
            r#""scenario":"quiet""#,
            Command::SetScenario(Given::Named("quiet".to_owned())),
        ),
        (
            "set_scenario",
            r##""scenario":"#run=1.2.3.x""##,
            Command::SetScenario(Given::Link("run=1.2.3.x".to_owned())),
        ),
        (
            "set_scenario",
            r#""scenario":{"version":2,"seed":7,"actions":[null,true,-1,1.5,"a\"b"]}"#,
            Command::SetScenario(Given::Json(
                r#"{"version":2,"seed":7,"actions":[null,true,-1,1.5,"a\"b"]}"#.to_owned(),
            )),
        ),
        (
            "open_lesson",
            r#""lesson":"write-path""#,
            Command::OpenLesson {
                lesson: "write-path".to_owned(),
            },
        ),
        (
            "set_theme",
            r#""theme":"dark""#,
            Command::SetTheme(Theme::Dark),
        ),
        (
            "set_theme",
            r#""theme":"auto""#,
            Command::SetTheme(Theme::Auto),
        ),
        (
            "subscribe",
            r#""events":false"#,
            Command::Subscribe { events: false },
        ),
    ];
    for (kind, fields, command) in wanted {
        assert_eq!(good(kind, fields), command, "{kind} {fields}");
    }
}

#[test]
fn a_message_is_named_by_a_text_or_a_number_and_keeps_its_name_when_it_is_refused() {
    let id = |json: &str| Received::read(json).id;
    assert_eq!(id(&message("hello", "")), None);
    assert_eq!(id(&message("hello", r#""id":7"#)), Some(Id::Number(7.0)));
    let text = Some(Id::Text("a".to_owned()));
    assert_eq!(id(&message("hello", r#""id":"a""#)), text);
    assert_eq!(id(&message("no", r#""id":"a""#)), text);
    assert_eq!(id(&message("seek", r#""id":"a","at_ms":-1"#)), text);
    for wrong in ["true", "null", "[1]", "{}"] {
        let json = message("hello", &format!(r#""id":{wrong}"#));
        assert_eq!(id(&json), None);
        assert_eq!(bad(&json).0, "id");
    }
    let long = message("hello", &format!(r#""id":"{}""#, "a".repeat(201)));
    assert_eq!((id(&long), bad(&long).0.as_str()), (None, "id"));
}

#[test]
fn each_wrong_field_is_named_with_its_value() {
    let wrong = [
        ("play", r#""speed":0"#, "speed", "0", "0.001 to 100"),
        ("play", r#""speed":100.1"#, "speed", "100.1", "0.001 to 100"),
        (
            "play",
            r#""speed":"fast""#,
            "speed",
            "\"fast\"",
            "a number, not a text",
        ),
        (
            "play",
            r#""speed":null"#,
            "speed",
            "null",
            "a number, not null",
        ),
        (
            "play",
            r#""at_ms":1"#,
            "at_ms",
            "1",
            "play has no such field",
        ),
        (
            "hello",
            r#""events":true"#,
            "events",
            "true",
            "hello has no such field",
        ),
        (
            "pause",
            r#""a":{"b":[1]}"#,
            "a",
            "{\"b\":[1]}",
            "no such field",
        ),
        ("seek", "", "at_ms", "", "missing"),
        (
            "seek",
            r#""at_ms":-0.001"#,
            "at_ms",
            "-0.001",
            "0 to 3600000",
        ),
        (
            "seek",
            r#""at_ms":3600000.001"#,
            "at_ms",
            "3600000.001",
            "0 to 3600000",
        ),
        (
            "seek",
            r#""at_ms":1e9"#,
            "at_ms",
            "1000000000.0",
            "0 to 3600000",
        ),
        (
            "seek",
            r#""at_ms":"0""#,
            "at_ms",
            "\"0\"",
            "a number, not a text",
        ),
        (
            "step",
            r#""back":1"#,
            "back",
            "1",
            "a boolean, not a whole number",
        ),
        ("set_scenario", "", "scenario", "", "missing"),
        (
            "set_scenario",
            r#""scenario":7"#,
            "scenario",
            "7",
            "not a whole number",
        ),
        (
            "set_scenario",
            r#""scenario":[]"#,
            "scenario",
            "[]",
            "not a list",
        ),
        ("open_lesson", "", "lesson", "", "missing"),
        (
            "open_lesson",
            r#""lesson":"../x""#,
            "lesson",
            "\"../x\"",
            "an id of small letters",
        ),
        ("open_lesson", r#""lesson":1"#, "lesson", "1", "a text"),
        ("set_theme", "", "theme", "", "missing"),
        (
            "set_theme",
            r#""theme":"blue""#,
            "theme",
            "\"blue\"",
            "auto, light, dark",
        ),
        (
            "set_theme",
            r#""theme":true"#,
            "theme",
            "true",
            "a text, not a boolean",
        ),
        ("subscribe", "", "events", "", "missing"),
        (
            "subscribe",
            r#""events":"yes""#,
            "events",
            "\"yes\"",
            "a boolean, not a text",
        ),
        ("rewind", "", "type", "\"rewind\"", "one of hello, play,"),
        ("ready", "", "type", "\"ready\"", "one of hello, play,"),
    ];
    for (kind, fields, field, value, part) in wrong {
        let (named, found, said) = bad(&message(kind, fields));
        assert_eq!((named.as_str(), found.as_str()), (field, value), "{said}");
        assert!(said.starts_with(&format!("{field}: ")), "{said}");
        assert!(said.contains(part), "{kind} {fields}: {said}");
    }
}

#[test]
fn a_message_of_another_form_or_version_is_said_to_be_one() {
    let wrong = [
        ("7", "message", "an object, not a whole number"),
        ("[]", "message", "an object, not a list"),
        ("{", "message", "cannot be read"),
        ("", "message", "cannot be read"),
        ("{}", "replicascope", "missing"),
        (
            r#"{"replicascope":2,"type":"hello","new":1}"#,
            "replicascope",
            "speaks version 1; it is 2",
        ),
        (
            r#"{"replicascope":"1","type":"hello"}"#,
            "replicascope",
            "a whole number, not a text",
        ),
        (
            r#"{"replicascope":1.5,"type":"hello"}"#,
            "replicascope",
            "not a number",
        ),
        (r#"{"replicascope":1}"#, "type", "missing"),
        (
            r#"{"replicascope":1,"type":7}"#,
            "type",
            "a text, not a whole number",
        ),
        (
            r#"{"replicascope":1,"type":"hello","type":"pause"}"#,
            "type",
            "twice",
        ),
    ];
    for (json, field, part) in wrong {
        let (named, _, said) = bad(json);
        assert_eq!(named, field, "{json}: {said}");
        assert!(said.contains(part), "{json}: {said}");
    }
}

#[test]
fn what_is_too_long_or_too_deep_is_refused_and_long_values_are_shortened() {
    let long = message(
        "set_scenario",
        &format!(r#""scenario":"{}""#, "x".repeat(5 << 20)),
    );
    let error = Received::read(&long).command.expect_err("too long");
    assert!(matches!(error.problem, Problem::TooLong { .. }), "{error}");
    let deep = message(
        "set_scenario",
        &format!(r#""scenario":{}"#, "[".repeat(1_000)),
    );
    let (_, _, said) = bad(&deep);
    assert!(said.contains("too deep"), "{said}");
    let (_, value, _) = bad(&message(
        "set_theme",
        &format!(r#""theme":"{}""#, "ä".repeat(500)),
    ));
    assert!(value.chars().count() <= 61, "{value}");
}

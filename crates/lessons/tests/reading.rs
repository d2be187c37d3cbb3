//! Lessons that are wrong are refused, with the field and the value; the example of docs/lessons.md is a lesson and comes true.

#[path = "../../../tests/lessons/mod.rs"]
#[expect(dead_code, reason = "only the replaying is used here")]
mod lessons;

use replicascope_lessons::{Index, Lesson, Progress};

const DOCUMENT: &str = include_str!("../../../docs/lessons.md");

/// The n-th block of JSON in the document.
fn block(number: usize) -> &'static str {
    let mut blocks = DOCUMENT.split("```json\n").skip(1);
    let block = blocks.nth(number).and_then(|rest| rest.split("```").next());
    block.expect("the document has it")
}

#[test]
fn the_documents_example_comes_true() {
    let replayed = lessons::replay::replay(block(0), block(1));
    assert_eq!(replayed.wrong, Vec::<String>::new());
}

#[test]
fn what_is_wrong_is_named() {
    let example = block(0);
    assert!(Lesson::read(example).is_ok());
    for (from, to, error) in [
        (
            "\"version\": 1",
            "\"version\": 7",
            "version: version 7 is not 1, the one that is read",
        ),
        (
            "\"one-lost\"",
            "\"One lost\"",
            "id: \"One lost\" is not a name of small letters, digits and -",
        ),
        (
            "\"station\": 4",
            "\"station\": 40",
            "station: 40 is not in 1 to 14",
        ),
        (
            "\"replicas\": 2",
            "\"replicas\": 0",
            "runs[0].scenario.cluster.replicas: 0 is not in 1 to 63",
        ),
        (
            "\"id\": \"lose\"",
            "\"id\": \"ok\"",
            "steps[1].id: \"ok\" is there already",
        ),
        (
            "\"run\": \"quiet\",\n      \"text\": [\"Now",
            "\"run\": \"loud\",\n      \"text\": [\"Now",
            "steps[1].run: there is no run \"loud\"",
        ),
        (
            "\"run\": \"quiet\",\n      \"play",
            "\"play",
            "steps[0].run: the first step starts a run",
        ),
        (
            "count.received.n2 == 0",
            "count.received.n9 == 0",
            "steps[0].predict.options[0].when: there is no node \"n9\"",
        ),
        (
            "writes.lost_acked == 1",
            "writes.lost == 1",
            "\"writes.lost\" is not a number of the report",
        ),
        (
            "writes.lost_acked == 1",
            "n2.role == primary at 9s",
            "a lesson asks how a node is now",
        ),
        (
            "{commit_latency_ms.max}",
            "{kept.before_ms}",
            "steps[0].after[0]: there is no kept number \"before_ms\"",
        ),
        (
            "[R-LW-1]",
            "[S3]",
            "steps[0].after[0]: there is no source \"S3\"",
        ),
        ("[R-LW-1]", "[R-lw-1]", "is not a rule such as [R-PG-4]"),
        (
            "\"controls\": [\"send\"",
            "\"controls\": [\"sned\"",
            "steps[1].controls[0]: unknown variant `sned`",
        ),
        (
            "\"ask\": \"Lose",
            "\"asks\": \"Lose",
            "unknown field `asks`",
        ),
        (
            "\"ask\": \"Lose exactly one write that was answered OK.\",",
            "",
            "steps[1].ask: a step asks, unless its prediction or decision does",
        ),
        (
            "\"client\": 0",
            "\"client\": 30",
            "steps[0].script.actions[0].action.write.client: there is no client 30",
        ),
        (
            "\"stays\": \"settings.mode == async\"",
            "\"stays\": \"writes.acked == 1\"",
            "\"writes.acked == 1\" is not about a setting",
        ),
    ] {
        let text = example.replacen(from, to, 1);
        assert_ne!(text, example, "{from} is not in the example");
        let wrong = Lesson::read(&text).expect_err(error).to_string();
        assert!(wrong.contains(error), "{from} -> {to}: {wrong}");
    }
}

#[test]
fn lists_and_progress_are_checked_too() {
    let twice = r#"{"version":1,"lessons":[
        {"station":1,"id":"a","title":"A","minutes":5,"line":"l"},
        {"station":2,"id":"a","title":"B","minutes":5,"line":"l"}]}"#;
    let error = Index::read(twice).expect_err("twice").to_string();
    assert_eq!(error, "lessons[1].id: \"a\" is there already");
    let error = Index::read(&twice.replacen("\"minutes\":5", "\"minutes\":90", 1));
    assert_eq!(
        error.expect_err("too long").to_string(),
        "lessons[0].minutes: 90 is not in 1 to 60"
    );
    let error = Progress::read(r#"{"version":2}"#)
        .expect_err("newer")
        .to_string();
    assert_eq!(error, "version: version 2 is not 1, the one that is read");
    let error = Progress::read(r#"{"version":1,"lessons":[{"lessn":"a"}]}"#);
    assert!(
        error
            .expect_err("unknown")
            .to_string()
            .starts_with("lessons[0]")
    );
    assert_eq!(Progress::read(r#"{"version":1}"#), Ok(Progress::default()));
}

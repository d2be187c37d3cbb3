//! Lessons that are wrong are refused, with the field and the value; the example of docs/lessons.md is a lesson and comes true.

#[path = "../../../tests/lessons/mod.rs"]
#[expect(dead_code, reason = "only the replaying is used here")]
mod lessons;

use replicascope_lessons::{Index, Lesson, LessonProgress, LessonState, Progress, StepState};

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
    for (text, wrong) in [
        (
            r#"{"version":3}"#,
            "version: version 3 is not 1 or 2, those that are read",
        ),
        (r#"{"lessons":[]}"#, "progress: missing field `version`"),
        (r#"{"version":1,"lessons":[{"lessn":"a"}]}"#, "lessons[0]"),
        (r#"{"version":2,"lessons":[{"lessn":"a"}]}"#, "lessons[0]"),
        (
            r#"{"version":2,"lessons":[{"lesson":"a"},{"lesson":"a"}]}"#,
            "lessons[1].lesson: \"a\" is there already",
        ),
        (
            r#"{"version":2,"lessons":[{"lesson":"a","steps":[{"step":"b"},{"step":"b"}]}]}"#,
            "lessons[0].steps[1].step: \"b\" is there already",
        ),
        (
            r#"{"version":2,"lessons":[{"lesson":"a","steps":[{"step":"b","state":"skipped"}],"state":"finished"}]}"#,
            "lessons[0].state: finished, and a step of it is not done",
        ),
        (
            r#"{"version":2,"lessons":[{"lesson":"a","steps":[{"step":"b","done":true}]}]}"#,
            "unknown field `done`",
        ),
    ] {
        let error = Progress::read(text).expect_err(wrong).to_string();
        assert!(error.contains(wrong), "{text}: {error}");
    }
    for version in [1, 2] {
        let text = format!(r#"{{"version":{version}}}"#);
        assert_eq!(Progress::read(&text), Ok(Progress::default()));
    }
}

const FIRST: &str = r#"{"version":1,"lessons":[
    {"lesson":"gone","steps":[{"step":"a","done":true,"right":true,"choice":1},{"step":"b"},{"step":"c"}],"finished":true},
    {"lesson":"done","steps":[{"step":"a","done":true}],"finished":true},
    {"lesson":"begun","steps":[{"step":"a"},{"step":"b","done":true},{"step":"c"}],"kept":[{"name":"x_ms","amount":4.2}]}]}"#;

#[test]
fn progress_of_version_1_is_read_and_tells_what_was_skipped() {
    let progress = Progress::read(FIRST).expect("the first version");
    let of = |id: &str| {
        let lesson = progress.lesson(id).expect("it was begun");
        let steps: Vec<StepState> = lesson.steps.iter().map(|step| step.state).collect();
        (lesson.state, steps)
    };
    use StepState::{Begun, Done, Skipped};
    assert_eq!(
        of("gone"),
        (LessonState::GoneThrough, vec![Done, Skipped, Skipped])
    );
    assert_eq!(of("done"), (LessonState::Finished, vec![Done]));
    assert_eq!(
        of("begun"),
        (LessonState::Begun, vec![Skipped, Done, Begun])
    );
    let answered = progress.lesson("gone").and_then(|gone| gone.step("a"));
    let answered = answered.expect("it was done");
    assert_eq!((answered.choice, answered.right), (Some(1), Some(true)));
    assert_eq!(
        progress.lesson("begun").map(|begun| begun.kept.len()),
        Some(1)
    );
    let written = progress.write();
    assert!(written.contains(r#""version":2"#), "{written}");
    assert_eq!(Progress::read(&written), Ok(progress));
}

#[test]
fn a_lesson_with_a_skipped_step_is_gone_through_until_that_is_done() {
    let mut progress = Progress::default();
    let lesson = progress.lesson_mut("small");
    lesson.finish_step("a");
    lesson.skip_step("a");
    lesson.step_mut("b").start = None;
    lesson.skip_step("b");
    assert_eq!(lesson.state, LessonState::Begun);
    lesson.reach_end();
    assert_eq!(lesson.state, LessonState::GoneThrough);
    let count = |lesson: &LessonProgress| {
        (
            lesson.count(StepState::Done),
            lesson.count(StepState::Skipped),
        )
    };
    assert_eq!(
        count(lesson),
        (1, 1),
        "what is done is not skipped any more"
    );
    lesson.finish_step("b");
    assert_eq!(lesson.state, LessonState::Finished);
    assert_eq!(count(lesson), (2, 0));
    let written = progress.write();
    assert!(written.contains(r#""state":"finished""#), "{written}");
    // A lesson that has grown since has an end that was not reached.
    let lesson = progress.lesson_mut("small");
    lesson.step_mut("new").choice = None;
    assert_eq!(lesson.state, LessonState::Begun);
    assert_eq!(Progress::read(&progress.write()), Ok(progress));
}

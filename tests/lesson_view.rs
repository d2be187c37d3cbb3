//! A lesson in a browser, found by role and accessible name: its goal, its question, what became of it, and that one's own run waits.
#![cfg(target_arch = "wasm32")]

mod opened;

use opened::{Opened, settle};
use replicascope_engine::time::Time;
use replicascope_web::scenarios;
use replicascope_web::session::Session;
use wasm_bindgen::JsCast as _;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::HtmlElement;

wasm_bindgen_test_configure!(run_in_browser);

const LESSON: &str = r#"{
  "version": 1, "id": "small", "station": 1, "title": "A small lesson",
  "opening": ["There are {running} nodes."],
  "runs": [{ "name": "a", "scenario": { "version": 2, "seed": 1, "cluster": { "replicas": 2 }, "workload": { "operations_per_second": 50, "read_percent": 0 } } }],
  "steps": [
    { "id": "play", "title": "Play", "run": "a", "text": ["Look at `n1`."], "ask": "Play until ten writes are acked.", "hint": "Press play.",
      "goal": "writes.acked >= 10", "keep": [{ "name": "acked", "number": "writes.acked" }], "after": ["{writes.acked} were acked."] },
    { "id": "guess", "title": "Guess", "text": ["{kept.acked} by now."],
      "predict": { "question": "n1 loses power. Who takes writes then?", "options": [
        { "text": "n1 still", "when": "n1.health == up", "if_wrong": "It has no power." },
        { "text": "not n1", "when": "n1.health == down" } ] },
      "script": { "actions": [{ "after_us": 100000, "action": { "kill": { "node": "n1" } } }], "for_us": 1000000 },
      "goal": "newly killed n1", "after": ["So it is."] },
    { "id": "task", "title": "Build", "run": "a", "text": ["Now you."], "ask": "Two nodes run, and nothing was killed.",
      "task": { "limits": [{ "without": ["kill"] }] }, "goal": "running == 2" }
  ],
  "takeaway": ["Power matters."]
}"#;

/// From now on the network gives out the list and the lesson, or nothing at all.
fn network(answers: bool) {
    let files = if answers {
        format!(
            r#"{{ "lessons/index.json": {index:?}, "lessons/small.json": {LESSON:?} }}"#,
            index = r#"{"version":1,"lessons":[{"station":1,"id":"small","title":"A small lesson","minutes":2,"line":"In short."}]}"#,
        )
    } else {
        "{}".to_owned()
    };
    let script = format!(
        "const files = {files}; window.fetch = (url) => Promise.resolve(new Response(files[url] ?? '', {{ status: url in files ? 200 : 503 }}));"
    );
    web_sys::js_sys::eval(&script).expect("a script");
}

/// A paused page.
async fn open() -> Opened {
    opened::open(|| {
        let (scenario, _) = scenarios::opening();
        Session::new(scenario, Time::from_millis(400)).expect("valid")
    })
    .await
}

async fn open_lesson(page: &Opened) {
    page.click_soon("Lessons").await;
    page.click_soon("A small lesson").await;
    page.says(".p-do", "Play until ten writes are acked.").await;
}

#[wasm_bindgen_test]
async fn a_lesson_is_taken_from_start_to_end_and_ones_own_run_waits() {
    network(true);
    let page = open().await;
    open_lesson(&page).await;
    assert_eq!(page.now(), Time::ZERO);
    assert_eq!(page.text(".prose h1"), "A small lesson");
    assert!(page.text(".p-read").contains("There are 3 nodes."));
    assert!(
        page.text(".p-do")
            .contains("Play until ten writes are acked.")
    );
    assert_eq!(page.text(".les-nav .skip"), "Begin again");

    let goal = page.text(".goals");
    assert_eq!(goal, "At least 10 writes are ackednow 0");
    page.seek(Time::from_millis(900)).await;
    let acked = page
        .session
        .peek(|run| run.simulation().oracle().totals().writes_acked);
    assert!(acked >= 10, "{acked}");
    let told = page.text(".past");
    assert!(told.contains(&format!("{acked} were acked.")), "{told}");
    assert!(told.contains("Numbers as of 0.900 s."), "{told}");
    page.click_soon("Next").await;

    assert!(page.text(".p-read").contains(&format!("{acked} by now.")));
    let radios = page.all(".quiz input");
    let first: &HtmlElement = radios[0].unchecked_ref();
    first.click();
    settle().await;
    page.click_soon("Lock in and run").await;
    assert!(page.text(".todo").contains("Runs to 1.900 s"));
    page.click_soon("Skip to the end").await;
    let told = page.text(".past");
    for part in [
        "You said: n1 still",
        "Not this time.",
        "It has no power.",
        "What happened: not n1",
        "So it is.",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    page.click_soon("Back").await;
    assert_eq!(page.now(), Time::ZERO, "where the first step began");
    page.click_soon("Next").await;
    assert_eq!(page.now(), Time::from_millis(900), "where the second began");
    page.click_soon("Next").await;

    let kill = replicascope_engine::scenario::Action::Kill {
        node: replicascope_engine::ids::NodeId(1),
        how: replicascope_engine::scenario::KillKind::PowerOff,
    };
    page.session.act(kill);
    settle().await;
    let refused = page.text(".refused");
    assert!(
        refused.contains("Not allowed in this task: Kill n2 at 0.000 s."),
        "{refused}"
    );
    page.session.undo();
    settle().await;
    assert_eq!(page.text(".refused"), "");
    page.click_soon("Skip step").await;
    assert!(page.text(".p-read").contains("Power matters."));
    assert_eq!(
        page.text(".small"),
        "2 of 3 steps done, 1 skipped, 0 of 1 answer right, 0 of 1 task accepted."
    );
    assert_eq!(
        page.labels(".prog"),
        ["After the last of 3 steps, 1 skipped"]
    );
    page.click_soon("Do step 3: Build").await;
    assert!(page.text(".p-read").contains("You skipped this step."));
    assert_eq!(page.now(), Time::ZERO, "where it began");
    page.click_soon("Skip step").await;
    page.click_soon("Back to the playground").await;
    assert_eq!(page.now(), Time::from_millis(400));
    assert!(page.all(".prose").is_empty());
}

#[wasm_bindgen_test]
async fn a_lesson_that_does_not_come_is_told_and_asked_for_again() {
    network(false);
    let page = open().await;
    page.click_soon("Lessons").await;
    page.says(".course [role=status]", "status 503").await;
    network(true);
    page.click_soon("Try again").await;
    page.click_soon("A small lesson").await;
    page.says(".prose h1", "A small lesson").await;
    page.click_soon("Leave").await;
    assert_eq!(page.now(), Time::from_millis(400));
}

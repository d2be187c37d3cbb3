//! A lesson in a browser, found by role and accessible name: its goal, its question, what became of it, and that one's own run waits.
#![cfg(target_arch = "wasm32")]

use std::cell::Cell;
use std::rc::Rc;

use leptos::mount::{UnmountHandle, mount_to};
use leptos::prelude::*;
use leptos::tachys::view::any_view::AnyViewState;
use replicascope_engine::time::Time;
use replicascope_web::session::Session;
use replicascope_web::{Page, scenarios};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Element, HtmlElement};

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

struct Opened {
    session: Session,
    root: HtmlElement,
    _mounted: UnmountHandle<AnyViewState>,
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.root.remove();
    }
}

async fn open() -> Opened {
    let root: HtmlElement = document()
        .create_element("div")
        .expect("an element")
        .unchecked_into();
    let body = document().body().expect("a body");
    body.append_child(&root).expect("room for it");
    let made = Rc::new(Cell::new(None));
    let make = Rc::clone(&made);
    let mounted = mount_to(root.clone(), move || {
        let (scenario, _) = scenarios::opening();
        let session = Session::new(scenario, Time::from_millis(400)).expect("valid");
        make.set(Some(session));
        view! { <Page session=session /> }.into_any()
    });
    let opened = Opened {
        session: made.take().expect("mounted"),
        root,
        _mounted: mounted,
    };
    settle().await;
    opened
}

/// Effects run after the task that set them off.
async fn settle() {
    for _ in 0..6 {
        leptos::task::tick().await;
    }
}

/// Lets the browser do what it has to do, such as handing out what was fetched.
async fn turn() {
    let turn = web_sys::js_sys::Promise::new(&mut |done, _| {
        window()
            .set_timeout_with_callback(&done)
            .expect("a timer of the browser");
    });
    let done = wasm_bindgen_futures::JsFuture::from(turn).await;
    done.expect("it comes to its turn");
    settle().await;
}

impl Opened {
    fn all(&self, selector: &str) -> Vec<Element> {
        let found = self.root.query_selector_all(selector).expect("a selector");
        (0..found.length())
            .filter_map(|index| found.item(index)?.dyn_into().ok())
            .collect()
    }

    fn text(&self, selector: &str) -> String {
        let found = self.all(selector);
        let found = found
            .first()
            .unwrap_or_else(|| panic!("there is no {selector}"));
        found.text_content().unwrap_or_default()
    }

    /// Waits until an element says this.
    async fn says(&self, selector: &str, text: &str) {
        for _ in 0..1_000 {
            let found = self.all(selector).into_iter();
            let mut texts = found.filter_map(|element| element.text_content());
            if texts.any(|found| found.contains(text)) {
                return;
            }
            turn().await;
        }
        panic!("no {selector} says \"{text}\"");
    }

    /// Presses a button as soon as it is there.
    async fn click(&self, name: &str) {
        for _ in 0..1_000 {
            let buttons = self.all("button").into_iter();
            let mut named = buttons.filter(|button| {
                let label = button.get_attribute("aria-label");
                let name_of = label.or_else(|| button.text_content()).unwrap_or_default();
                name_of.trim() == name || name_of.contains(&format!(". {name}"))
            });
            if let Some(button) = named.next() {
                let button: HtmlElement = button.unchecked_into();
                button.click();
                settle().await;
                return;
            }
            turn().await;
        }
        panic!("there is no button \"{name}\"");
    }

    async fn open_lesson(&self) {
        self.click("Lessons").await;
        self.click("A small lesson").await;
        self.says(".p-do", "Play until ten writes are acked.").await;
    }

    fn now(&self) -> Time {
        self.session.peek(|run| run.simulation().now())
    }
}

#[wasm_bindgen_test]
async fn a_lesson_is_taken_from_start_to_end_and_ones_own_run_waits() {
    network(true);
    let page = open().await;
    page.open_lesson().await;
    assert_eq!(page.now(), Time::ZERO);
    assert_eq!(page.text(".prose h1"), "A small lesson");
    assert!(page.text(".p-read").contains("There are 3 nodes."));
    assert!(
        page.text(".p-do")
            .contains("Play until ten writes are acked.")
    );
    assert_eq!(page.text(".les-nav .skip"), "Begin again");

    page.session.seek(Time::from_millis(900));
    settle().await;
    let acked = page
        .session
        .peek(|run| run.simulation().oracle().totals().writes_acked);
    assert!(acked >= 10, "{acked}");
    assert!(page.text(".past").contains(&format!("{acked} were acked.")));
    page.click("Next").await;

    assert!(page.text(".p-read").contains(&format!("{acked} by now.")));
    let radios = page.all(".quiz input");
    let first: &HtmlElement = radios[0].unchecked_ref();
    first.click();
    settle().await;
    page.click("Lock in and run").await;
    assert!(page.text(".todo").contains("Runs to 1.900 s"));
    page.click("Skip to the end").await;
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
    page.click("Back").await;
    assert_eq!(page.now(), Time::ZERO, "where the first step began");
    page.click("Next").await;
    assert_eq!(page.now(), Time::from_millis(900), "where the second began");
    page.click("Next").await;

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
    page.click("Skip step").await;
    assert!(page.text(".p-read").contains("Power matters."));
    assert_eq!(
        page.text(".small"),
        "2 of 3 steps done, 0 of 1 answer right, 0 of 1 task accepted."
    );
    page.click("Back to the playground").await;
    assert_eq!(page.now(), Time::from_millis(400));
    assert!(page.all(".prose").is_empty());
}

#[wasm_bindgen_test]
async fn a_lesson_that_does_not_come_is_told_and_asked_for_again() {
    network(false);
    let page = open().await;
    page.click("Lessons").await;
    page.says(".course [role=status]", "status 503").await;
    network(true);
    page.click("Try again").await;
    page.click("A small lesson").await;
    page.says(".prose h1", "A small lesson").await;
    page.click("Leave").await;
    assert_eq!(page.now(), Time::from_millis(400));
}

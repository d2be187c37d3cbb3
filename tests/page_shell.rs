//! The page in a browser: what a person presses does what it says, found by role and accessible name.
#![cfg(target_arch = "wasm32")]

use std::cell::Cell;
use std::rc::Rc;

use leptos::mount::{UnmountHandle, mount_to};
use leptos::prelude::*;
use leptos::tachys::view::any_view::AnyViewState;
use replicascope_engine::Scenario;
use replicascope_engine::ids::NodeId;
use replicascope_engine::scenario::{Mode, Workload};
use replicascope_engine::time::Time;
use replicascope_engine::world::Health;
use replicascope_web::Page;
use replicascope_web::session::Session;
use wasm_bindgen::JsCast as _;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Element, Event, EventInit, HtmlElement, KeyboardEvent, KeyboardEventInit};

wasm_bindgen_test_configure!(run_in_browser);

/// A page of its own on a quiet cluster, paused. Gone when it is dropped.
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
    let root = document()
        .create_element("div")
        .expect("an element")
        .dyn_into::<HtmlElement>()
        .expect("of HTML");
    let body = document().body().expect("a body");
    body.append_child(&root).expect("room for it");
    let made = Rc::new(Cell::new(None));
    let make = Rc::clone(&made);
    let mounted = mount_to(root.clone(), move || {
        let workload = Workload {
            operations_per_second: 0,
            ..Workload::default()
        };
        let scenario = Scenario {
            workload,
            ..Scenario::default()
        };
        let session = Session::new(scenario, Time::from_millis(100)).expect("valid");
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
    for _ in 0..4 {
        leptos::task::tick().await;
    }
}

/// The text of an element without what is hidden from those who hear it.
fn spoken(element: &Element) -> String {
    let copy: Element = element
        .clone_node_with_deep(true)
        .expect("a copy")
        .unchecked_into();
    let hidden = copy
        .query_selector_all("[aria-hidden=true]")
        .expect("a selector");
    for index in 0..hidden.length() {
        if let Some(node) = hidden.item(index) {
            node.unchecked_into::<Element>().remove();
        }
    }
    copy.text_content().unwrap_or_default()
}

impl Opened {
    fn all(&self, selector: &str) -> Vec<Element> {
        let found = self.root.query_selector_all(selector).expect("a selector");
        (0..found.length())
            .filter_map(|index| found.item(index)?.dyn_into().ok())
            .collect()
    }

    fn named(&self, selector: &str, name: &str) -> HtmlElement {
        let mut found = self.all(selector).into_iter().filter(|element| {
            let label = element.get_attribute("aria-label");
            label.unwrap_or_else(|| spoken(element)).trim() == name
        });
        let first = found.next();
        first
            .unwrap_or_else(|| panic!("there is no {selector} named \"{name}\""))
            .dyn_into()
            .expect("of HTML")
    }

    async fn click(&self, name: &str) {
        self.named("button", name).click();
        settle().await;
    }

    async fn press(&self, key: &str) {
        let init = KeyboardEventInit::new();
        init.set_key(key);
        init.set_bubbles(true);
        init.set_cancelable(true);
        let event =
            KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &init).expect("an event");
        document()
            .body()
            .expect("a body")
            .dispatch_event(&event)
            .expect("it goes out");
        settle().await;
    }

    async fn move_slider(&self, name: &str, value: &str) {
        let slider = self
            .named("input[type=range]", name)
            .dyn_into::<web_sys::HtmlInputElement>()
            .expect("an input");
        slider.set_value(value);
        let init = EventInit::new();
        init.set_bubbles(true);
        for kind in ["input", "change"] {
            let event = Event::new_with_event_init_dict(kind, &init).expect("an event");
            slider.dispatch_event(&event).expect("it goes out");
        }
        settle().await;
    }

    fn text(&self, selector: &str) -> String {
        let found = self.all(selector);
        let found = found
            .first()
            .unwrap_or_else(|| panic!("there is no {selector}"));
        found.text_content().unwrap_or_default()
    }

    fn hash(&self) -> u64 {
        self.session.peek(|run| run.simulation().trace().hash())
    }

    fn mode(&self) -> Mode {
        self.session.peek(|run| run.simulation().settings().mode)
    }
}

#[wasm_bindgen_test]
async fn the_mode_switch_sets_the_mode() {
    let page = open().await;
    let group = page.named("[role=radiogroup]", "Replication mode");
    for (name, mode) in [
        ("Semi-sync", Mode::SemiSync),
        ("Sync", Mode::Sync),
        ("Async", Mode::Async),
    ] {
        page.click(name).await;
        assert_eq!(page.mode(), mode);
        let checked = group
            .query_selector("[aria-checked=true]")
            .expect("a selector")
            .expect("one is checked");
        assert_eq!(checked.text_content().as_deref(), Some(name));
    }
}

#[wasm_bindgen_test]
async fn one_button_pauses_and_plays() {
    let page = open().await;
    page.click("Play").await;
    assert!(page.session.playing().get_untracked());
    page.click("Pause").await;
    assert!(!page.session.playing().get_untracked());
    page.named("button", "Play");
}

#[wasm_bindgen_test]
async fn step_and_step_back_come_back_to_the_same_state() {
    let page = open().await;
    page.click("Write").await;
    page.click("Step").await;
    page.click("Step back").await;
    let before = page.hash();
    page.click("Step").await;
    let after = page.hash();
    assert_ne!(before, after);
    page.click("Step back").await;
    assert_eq!(page.hash(), before);
    page.click("Step").await;
    assert_eq!(page.hash(), after);
}

#[wasm_bindgen_test]
async fn a_write_by_hand_appears_in_the_ledger() {
    let page = open().await;
    page.click("All").await;
    page.click("Write").await;
    let row = page.text("[data-op='1']");
    assert!(row.contains("write") && row.contains("#1"), "{row}");
    assert!(row.contains("stock:mug ← 1"), "{row}");
    page.session.seek(Time::from_secs(2));
    settle().await;
    let row = page.text("[data-op='1']");
    assert!(row.contains("durable"), "{row}");
    assert!(page.text(".ledger").contains("1 write: 1 kept"));
}

#[wasm_bindgen_test]
async fn a_lost_write_is_listed_as_broken_with_its_number() {
    let page = open().await;
    page.click("Write").await;
    page.session.seek(Time::from_millis(108));
    page.click("Kill the primary").await;
    page.session.seek(Time::from_secs(5));
    settle().await;
    let row = page.text("[data-op='1']");
    assert!(
        row.contains("LOST though acked") && row.contains("#1"),
        "{row}"
    );
    assert!(page.text(".verdict").starts_with("1 acked write is gone"));
    let log = page.text("[role=log]");
    assert!(log.contains("n1 was killed."), "{log}");
    assert!(
        log.contains("Write 1 is lost, though its app was told OK."),
        "{log}"
    );
}

#[wasm_bindgen_test]
async fn the_timeline_goes_to_any_instant() {
    let page = open().await;
    page.move_slider("Timeline", "3210").await;
    let now = page.session.peek(|run| run.simulation().now());
    assert_eq!(now, Time::from_millis(3_210));
    let slider = page.named("input", "Timeline");
    assert_eq!(
        slider.get_attribute("aria-valuetext").as_deref(),
        Some("3.210 seconds")
    );
}

#[wasm_bindgen_test]
async fn keys_do_what_the_list_says() {
    let page = open().await;
    page.press(" ").await;
    assert!(page.session.playing().get_untracked());
    page.press(" ").await;
    assert!(!page.session.playing().get_untracked());
    page.press("y").await;
    assert_eq!(page.mode(), Mode::Sync);
    page.press("2").await;
    page.press("k").await;
    let health = page.session.peek(|run| run.simulation().health(NodeId(1)));
    assert_eq!(health, Health::Down);
    page.press("Escape").await;
    page.press("k").await;
    let health = page.session.peek(|run| run.simulation().health(NodeId(0)));
    assert_eq!(health, Health::Down);
}

#[wasm_bindgen_test]
async fn the_workload_is_exactly_what_was_chosen() {
    let page = open().await;
    let rate = || {
        page.session
            .peek(|run| run.simulation().workload().operations_per_second)
    };
    page.move_slider("Operations", "9").await;
    assert_eq!(rate(), 50);
    assert!(
        page.text("[role=log]")
            .contains("Workload: 50 operations a second")
    );
}

#[wasm_bindgen_test]
async fn acting_in_the_past_keeps_both_futures() {
    let page = open().await;
    page.session.seek(Time::from_secs(1));
    page.click("Kill the primary").await;
    page.session.seek(Time::from_secs(2));
    page.click("Rewind").await;
    page.click("Sync").await;
    let branches = page.named("[role=group]", "Branches");
    let names = branches.text_content().unwrap_or_default();
    assert!(
        names.contains("Run") && names.contains("Sync at 0.000 s"),
        "{names}"
    );
    page.click("Run").await;
    assert_eq!(page.mode(), Mode::Async);
}

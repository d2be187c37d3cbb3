//! The comparison and the list of branches in a browser, found by role and accessible name.
#![cfg(target_arch = "wasm32")]

use std::cell::Cell;
use std::rc::Rc;

use leptos::mount::{UnmountHandle, mount_to};
use leptos::prelude::*;
use leptos::tachys::view::any_view::AnyViewState;
use replicascope_engine::ids::NodeId;
use replicascope_engine::scenario::{Action, KillKind};
use replicascope_engine::time::Time;
use replicascope_web::session::Session;
use replicascope_web::{Page, scenarios};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Element, Event, EventInit, HtmlElement, HtmlSelectElement};

wasm_bindgen_test_configure!(run_in_browser);

/// A page of its own on the opening scenario, paused after its primary has died. Gone when it is dropped.
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
        let session = Session::new(scenario, Time::from_secs(3)).expect("valid");
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

fn send(target: &Element, kind: &str) {
    let init = EventInit::new();
    init.set_bubbles(true);
    let event = Event::new_with_event_init_dict(kind, &init).expect("an event");
    target.dispatch_event(&event).expect("it goes out");
}

impl Opened {
    fn all(&self, selector: &str) -> Vec<Element> {
        let found = self.root.query_selector_all(selector).expect("a selector");
        (0..found.length())
            .filter_map(|index| found.item(index)?.dyn_into().ok())
            .collect()
    }

    fn labels(&self, selector: &str) -> Vec<String> {
        let found = self.all(selector).into_iter();
        found
            .filter_map(|element| element.get_attribute("aria-label"))
            .collect()
    }

    fn named<T: wasm_bindgen::JsCast>(&self, selector: &str, name: &str) -> T {
        let mut found = self.all(selector).into_iter().filter(|element| {
            let label = element.get_attribute("aria-label");
            label
                .or_else(|| element.text_content())
                .is_some_and(|label| label.trim() == name)
        });
        let first = found.next();
        first
            .unwrap_or_else(|| panic!("there is no {selector} named \"{name}\""))
            .unchecked_into()
    }

    async fn click(&self, name: &str) {
        self.named::<HtmlElement>("button", name).click();
        settle().await;
    }

    async fn choose(&self, name: &str, option: &str) {
        let select: HtmlSelectElement = self.named("select", name);
        let options = select.query_selector_all("option").expect("a selector");
        let wanted = (0..options.length())
            .filter_map(|index| options.item(index)?.dyn_into::<web_sys::Element>().ok())
            .find(|other| other.text_content().as_deref() == Some(option))
            .unwrap_or_else(|| panic!("there is no option \"{option}\""));
        select.set_value(&wanted.get_attribute("value").expect("a value"));
        send(&select, "change");
        settle().await;
    }

    /// The lost writes of each column.
    fn lost(&self) -> Vec<String> {
        let outcomes = self.all(".outcome b").into_iter();
        outcomes
            .filter_map(|outcome| outcome.text_content())
            .collect()
    }
}

#[wasm_bindgen_test]
async fn three_modes_are_compared_and_the_columns_follow_clock_and_actions() {
    let page = open().await;
    page.click("Compare").await;
    assert_eq!(page.labels(".cmp"), ["Async", "Semi-sync", "Sync"]);
    assert_eq!(page.lost(), ["3", "0", "0"]);
    page.session.seek(Time::from_millis(1_000));
    settle().await;
    assert_eq!(page.lost(), ["0", "0", "0"]);
    page.session.seek(Time::from_secs(5));
    page.session.act(Action::Kill {
        node: NodeId(0),
        how: KillKind::PowerOff,
    });
    settle().await;
    assert_eq!(page.lost(), ["3", "0", "0"], "made anew with the action");
    page.click("Back to one run").await;
    assert!(page.all(".cmp").is_empty());
}

#[wasm_bindgen_test]
async fn a_column_changes_what_is_chosen_and_takes_a_second_change() {
    let page = open().await;
    page.click("Compare").await;
    page.choose("Column 2 shows", "As it ran").await;
    assert_eq!(page.lost(), ["3", "3", "0"]);
    page.choose("Column 2 shows", "a person promotes").await;
    assert_eq!(page.labels(".cmp")[1], "a person promotes");
    page.choose("Column 2 also changes", "fencing off").await;
    assert_eq!(page.labels(".cmp")[1], "a person promotes, fencing off");
    page.click("Remove Async").await;
    assert_eq!(
        page.labels(".cmp"),
        ["a person promotes, fencing off", "Sync"]
    );
}

#[wasm_bindgen_test]
async fn a_branch_is_named_and_compared() {
    let page = open().await;
    page.click("Branch here").await;
    let name: web_sys::HtmlInputElement = page.named("input", "Name of Branch at 3.000 s");
    name.set_value("What if");
    send(&name, "change");
    settle().await;
    page.named::<HtmlElement>("button", "Delete What if");
    page.click("Compare branches").await;
    assert_eq!(page.labels(".cmp"), ["Run", "What if"]);
    page.session.remove(1);
    settle().await;
    assert_eq!(
        page.labels(".cmp"),
        ["Async", "Semi-sync", "Sync"],
        "a branch that is gone"
    );
}

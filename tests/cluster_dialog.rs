//! The cluster dialog in a browser: parameters by name, what is refused, and a run that starts anew.
#![cfg(target_arch = "wasm32")]

use std::cell::Cell;
use std::rc::Rc;

use leptos::mount::{UnmountHandle, mount_to};
use leptos::prelude::*;
use leptos::tachys::view::any_view::AnyViewState;
use replicascope_engine::Scenario;
use replicascope_engine::scenario::{Database, Manager};
use replicascope_engine::time::Time;
use replicascope_web::Page;
use replicascope_web::session::Session;
use wasm_bindgen::JsCast as _;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Element, Event, EventInit, HtmlElement, HtmlInputElement, HtmlSelectElement};

wasm_bindgen_test_configure!(run_in_browser);

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

async fn settle() {
    for _ in 0..4 {
        leptos::task::tick().await;
    }
}

/// A page with a paused run under these settings, and the dialog open.
async fn open(settings: &str) -> Opened {
    let root = document().create_element("div").expect("an element");
    let root = root.dyn_into::<HtmlElement>().expect("of HTML");
    document()
        .body()
        .expect("a body")
        .append_child(&root)
        .expect("room for it");
    let made = Rc::new(Cell::new(None));
    let make = Rc::clone(&made);
    let text = format!(
        r#"{{"version":2,"workload":{{"operations_per_second":0}},"settings":{settings}}}"#
    );
    let mounted = mount_to(root.clone(), move || {
        let scenario = Scenario::from_json(&text).expect("valid");
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
    opened.element(".cl-sec button").click();
    settle().await;
    opened
}

fn tell(element: &Element, kind: &str) {
    let init = EventInit::new();
    init.set_bubbles(true);
    let event = Event::new_with_event_init_dict(kind, &init).expect("an event");
    element.dispatch_event(&event).expect("it goes out");
}

impl Opened {
    fn element(&self, selector: &str) -> HtmlElement {
        let found = self.root.query_selector(selector).expect("a selector");
        let found = found.unwrap_or_else(|| panic!("there is no {selector}"));
        found.dyn_into().expect("of HTML")
    }

    async fn type_into(&self, selector: &str, value: &str) {
        let field: HtmlInputElement = self.element(selector).dyn_into().expect("an input");
        field.set_value(value);
        tell(&field, "input");
        tell(&field, "change");
        settle().await;
    }

    async fn choose(&self, selector: &str, value: &str) {
        let field: HtmlSelectElement = self.element(selector).dyn_into().expect("a select");
        field.set_value(value);
        tell(&field, "change");
        settle().await;
    }

    fn names(&self) -> Vec<String> {
        let found = self
            .root
            .query_selector_all(".cl-name")
            .expect("a selector");
        (0..found.length())
            .filter_map(|index| found.item(index)?.text_content())
            .collect()
    }

    fn ttl(&self) -> Option<u64> {
        self.session
            .peek(|run| match &run.simulation().settings().manager {
                Manager::Patroni(patroni) => Some(patroni.ttl),
                _ => None,
            })
    }
}

const PATRONI: &str = r#"{"database":{"postgresql":{}},"manager":{"patroni":{}}}"#;
const TTL: &str = "#p-settings-manager-patroni-ttl";

#[wasm_bindgen_test]
async fn a_parameter_is_found_by_name_and_changes_the_run() {
    let page = open(PATRONI).await;
    page.type_into(".cl-find input[type=search]", "ttl").await;
    assert!(
        page.names().contains(&"ttl".to_owned()),
        "{:?}",
        page.names()
    );
    assert!(!page.names().contains(&"wal_keep_size".to_owned()));
    page.type_into(TTL, "60").await;
    assert_eq!(page.ttl(), Some(60));
    assert!(
        page.element(".cl-row.is-changed")
            .text_content()
            .is_some_and(|text| text.contains("Default 30 s"))
    );
    page.element(".cl-reset").click();
    settle().await;
    assert_eq!(page.ttl(), Some(30));
}

#[wasm_bindgen_test]
async fn what_is_refused_changes_nothing() {
    let page = open(PATRONI).await;
    let before = page.session.peek(|run| run.simulation().trace().hash());
    page.type_into(TTL, "10").await;
    assert_eq!(page.ttl(), Some(30));
    let error = page.element(&format!("{TTL}-error"));
    assert_eq!(
        error.text_content().as_deref(),
        Some("10 is not in 20 to 3600 s. Nothing was changed.")
    );
    let field = page.element(TTL);
    assert_eq!(field.get_attribute("aria-invalid").as_deref(), Some("true"));
    assert_eq!(
        page.session.peek(|run| run.simulation().trace().hash()),
        before
    );
}

#[wasm_bindgen_test]
async fn another_database_starts_the_run_anew_and_undo_brings_it_back() {
    let page = open(PATRONI).await;
    page.choose("#cl-database", "mysql").await;
    let is_mysql = || {
        page.session
            .peek(|run| matches!(run.simulation().settings().database, Database::Mysql(_)))
    };
    assert!(is_mysql());
    assert_eq!(page.session.peek(|run| run.simulation().now()), Time::ZERO);
    assert_eq!(page.ttl(), None, "Patroni is not for MySQL");
    page.session.undo();
    settle().await;
    assert!(!is_mysql());
    assert_eq!(page.ttl(), Some(30));
    assert_eq!(
        page.session.peek(|run| run.simulation().now()),
        Time::from_millis(100)
    );
}

//! The cluster dialog in a browser: parameters by name, what is refused, and a run that starts anew.
#![cfg(target_arch = "wasm32")]

mod opened;

use leptos::prelude::document;
use opened::{Opened, settle, text};
use replicascope_engine::Scenario;
use replicascope_engine::ids::NodeId;
use replicascope_engine::scenario::{Action, Database, Manager};
use replicascope_engine::time::Time;
use replicascope_web::session::Session;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{HtmlElement, HtmlSelectElement};

wasm_bindgen_test_configure!(run_in_browser);

/// A page with a paused run under these settings, and the dialog open.
async fn open(settings: &str) -> Opened {
    let text = format!(
        r#"{{"version":2,"workload":{{"operations_per_second":0}},"settings":{settings}}}"#
    );
    let page = opened::open(move || {
        let scenario = Scenario::from_json(&text).expect("valid");
        Session::new(scenario, Time::from_millis(100)).expect("valid")
    })
    .await;
    page.press(".cl-sec button").await;
    page
}

fn names(page: &Opened) -> Vec<String> {
    page.all(".cl-name").iter().map(text).collect()
}

fn ttl(page: &Opened) -> Option<u64> {
    page.run(|run| match &run.settings().manager {
        Manager::Patroni(patroni) => Some(patroni.ttl),
        _ => None,
    })
}

const PATRONI: &str = r#"{"database":{"postgresql":{}},"manager":{"patroni":{}}}"#;
const TTL: &str = "#p-settings-manager-patroni-ttl";

#[wasm_bindgen_test]
async fn a_parameter_is_found_by_name_and_changes_the_run() {
    let page = open(PATRONI).await;
    page.type_into(&page.the(".cl-find input[type=search]"), "ttl")
        .await;
    assert!(
        names(&page).contains(&"ttl".to_owned()),
        "{:?}",
        names(&page)
    );
    assert!(!names(&page).contains(&"wal_keep_size".to_owned()));
    page.type_into(&page.the(TTL), "60").await;
    assert_eq!(ttl(&page), Some(60));
    assert!(page.text(".cl-row.is-changed").contains("Default 30 s"));
    page.press(".cl-reset").await;
    assert_eq!(ttl(&page), Some(30));
}

#[wasm_bindgen_test]
async fn what_is_refused_changes_nothing() {
    let page = open(PATRONI).await;
    let before = page.hash();
    page.type_into(&page.the(TTL), "10").await;
    assert_eq!(ttl(&page), Some(30));
    assert_eq!(
        page.text(&format!("{TTL}-error")),
        "10 is not in 20 to 3600 s. Nothing was changed."
    );
    let field: HtmlElement = page.the(TTL);
    assert_eq!(field.get_attribute("aria-invalid").as_deref(), Some("true"));
    assert_eq!(page.hash(), before);
}

#[wasm_bindgen_test]
async fn another_database_starts_the_run_anew_and_undo_brings_it_back() {
    let page = open(PATRONI).await;
    page.choose(&page.the("#cl-database"), "mysql").await;
    let is_mysql = || page.run(|run| matches!(run.settings().database, Database::Mysql(_)));
    assert!(is_mysql());
    assert_eq!(page.now(), Time::ZERO);
    assert_eq!(ttl(&page), None, "Patroni is not for MySQL");
    page.session.undo();
    settle().await;
    assert!(!is_mysql());
    assert_eq!(ttl(&page), Some(30));
    assert_eq!(page.now(), Time::from_millis(100));
}

#[wasm_bindgen_test]
async fn whom_a_replica_follows_is_chosen_without_losing_the_focus() {
    let page = open(r#"{"database":{"postgresql":{}}}"#).await;
    let select: HtmlSelectElement = page.named("select", "n3 follows");
    select.focus().expect("it can be focused");
    page.choose(&select, "n2").await;
    page.seek(Time::from_secs(2)).await;
    assert_eq!(page.run(|run| run.nodes()[2].upstream()), Some(NodeId(1)));
    assert_eq!(document().active_element().as_ref(), Some(select.as_ref()));
    assert_eq!(select.value(), "n2");
}

#[wasm_bindgen_test]
async fn any_replica_can_be_taken_out_once_it_is_said_what_that_means() {
    let page = open("{}").await;
    page.session.act(Action::Freeze { node: NodeId(3) });
    page.session.act(Action::Freeze { node: NodeId(2) });
    page.click("Take n3 out").await;
    let told = page.text(".cl-ask:not([hidden])");
    assert!(told.contains("n4 to n5 become n3 to n4"), "{told}");
    assert_eq!(page.run(|run| run.nodes().len()), 5, "nothing yet");
    page.click("Remove n3").await;
    assert_eq!(page.run(|run| run.nodes().len()), 4);
    assert_eq!(page.now(), Time::ZERO);
    let actions = page.run(|run| {
        run.actions()
            .iter()
            .map(|timed| timed.action.clone())
            .collect::<Vec<_>>()
    });
    assert_eq!(
        actions,
        [Action::Freeze { node: NodeId(2) }],
        "n4's is n3's now"
    );
    page.session.undo();
    settle().await;
    assert_eq!(page.run(|run| run.nodes().len()), 5);
}

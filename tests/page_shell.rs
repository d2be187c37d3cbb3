//! The page in a browser: what a person presses does what it says, found by role and accessible name.
#![cfg(target_arch = "wasm32")]

mod opened;

use leptos::prelude::*;
use opened::{Opened, settle, text};
use replicascope_engine::Scenario;
use replicascope_engine::ids::NodeId;
use replicascope_engine::scenario::{Action, KillKind, Mode, Workload};
use replicascope_engine::time::Time;
use replicascope_engine::world::Health;
use replicascope_web::session::Session;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Element, HtmlElement, HtmlInputElement};

wasm_bindgen_test_configure!(run_in_browser);

/// A page on a quiet cluster, paused.
async fn open() -> Opened {
    opened::open(|| {
        let workload = Workload {
            operations_per_second: 0,
            ..Workload::default()
        };
        let scenario = Scenario {
            workload,
            ..Scenario::default()
        };
        Session::new(scenario, Time::from_millis(100)).expect("valid")
    })
    .await
}

fn mode(page: &Opened) -> Mode {
    page.run(|run| run.settings().mode)
}

fn health(page: &Opened, node: u8) -> Health {
    page.run(|run| run.health(NodeId(node)))
}

async fn move_slider(page: &Opened, name: &str, value: &str) {
    let slider: HtmlInputElement = page.named("input[type=range]", name);
    page.type_into(&slider, value).await;
}

#[wasm_bindgen_test]
async fn the_mode_switch_sets_the_mode() {
    let page = open().await;
    let group: Element = page.named("[role=radiogroup]", "Replication mode");
    for (name, wanted) in [
        ("Semi-sync", Mode::SemiSync),
        ("Sync", Mode::Sync),
        ("Async", Mode::Async),
    ] {
        page.click(name).await;
        assert_eq!(mode(&page), wanted);
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
    page.named::<HtmlElement>("button", "Play");
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
    page.seek(Time::from_secs(2)).await;
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
    page.seek(Time::from_secs(5)).await;
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
    move_slider(&page, "Timeline", "3210").await;
    assert_eq!(page.now(), Time::from_millis(3_210));
    let slider: Element = page.named("input", "Timeline");
    assert_eq!(
        slider.get_attribute("aria-valuetext").as_deref(),
        Some("3.210 seconds")
    );
}

#[wasm_bindgen_test]
async fn keys_do_what_the_list_says() {
    let page = open().await;
    page.key(" ").await;
    assert!(page.session.playing().get_untracked());
    page.key(" ").await;
    assert!(!page.session.playing().get_untracked());
    page.key("y").await;
    assert_eq!(mode(&page), Mode::Sync);
    page.key("2").await;
    page.key("k").await;
    assert_eq!(health(&page, 1), Health::Down);
    page.key("Escape").await;
    page.key("k").await;
    assert_eq!(health(&page, 0), Health::Down);
}

#[wasm_bindgen_test]
async fn the_workload_is_exactly_what_was_chosen() {
    let page = open().await;
    let rate = || page.run(|run| run.workload().operations_per_second);
    move_slider(&page, "Operations", "9").await;
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
    let names = text(&page.named::<Element>("[role=group]", "Branches"));
    assert!(
        names.contains("Run") && names.contains("Sync at 0.000 s"),
        "{names}"
    );
    page.click("Run").await;
    assert_eq!(mode(&page), Mode::Async);
}

#[wasm_bindgen_test]
async fn the_button_of_an_operation_in_progress_keeps_the_focus() {
    let page = open().await;
    page.click("All").await;
    page.click("Write").await;
    let why: HtmlElement = page.the("[data-op='1'] .why");
    assert_eq!(
        why.get_attribute("aria-label").as_deref(),
        Some("Why? write 1, in progress")
    );
    why.focus().expect("it can be focused");
    let before = page.text("[data-op='1']");
    // On its way, answered, durable: each time the row says something else.
    for millis in [103, 108, 2_000] {
        page.seek(Time::from_millis(millis)).await;
        assert_eq!(
            document().active_element().as_ref(),
            Some(why.as_ref()),
            "{millis} ms"
        );
    }
    assert_ne!(page.text("[data-op='1']"), before);
    assert_eq!(
        why.get_attribute("aria-label").as_deref(),
        Some("Why? write 1, durable")
    );
    // Taken back and done otherwise: another operation of that number.
    page.seek(Time::from_millis(100)).await;
    page.session.undo();
    settle().await;
    page.click("Read").await;
    let row = page.text("[data-op='1']");
    assert!(row.starts_with("read"), "{row}");
}

#[wasm_bindgen_test]
async fn an_event_keeps_the_focus_while_others_come() {
    let page = open().await;
    page.session.act(Action::Freeze { node: NodeId(1) });
    settle().await;
    let event: HtmlElement = page.the("[role=log] .ev");
    event.focus().expect("it can be focused");
    page.session.act(Action::Freeze { node: NodeId(2) });
    page.seek(Time::from_secs(1)).await;
    assert!(page.all("[role=log] .ev").len() >= 2);
    assert_eq!(document().active_element().as_ref(), Some(event.as_ref()));
}

/// What has the focus, by its name.
fn focused() -> String {
    document()
        .active_element()
        .map_or_else(String::new, |element| opened::name_of(&element))
}

#[wasm_bindgen_test]
async fn the_focus_stays_with_undo_when_there_is_nothing_more_to_undo_or_do_again() {
    let page = open().await;
    page.session.act(Action::Kill {
        node: NodeId(2),
        how: KillKind::PowerOff,
    });
    settle().await;
    let undo: HtmlElement = page.named("button", "Undo");
    assert_eq!(
        undo.get_attribute("aria-disabled").as_deref(),
        Some("false")
    );
    undo.focus().expect("it is in the document");
    page.click("Undo").await;
    assert_eq!(health(&page, 2), Health::Up);
    assert_eq!(undo.get_attribute("aria-disabled").as_deref(), Some("true"));
    assert_eq!(focused(), "Undo");
    let hash = page.hash();
    page.click("Undo").await;
    assert_eq!(page.hash(), hash, "a button that is off does nothing");
    let again: HtmlElement = page.named("button", "Do again");
    again.focus().expect("it is in the document");
    page.click("Do again").await;
    assert_eq!(health(&page, 2), Health::Down);
    assert!(page.find("[aria-label=\"Do again\"]").is_none());
    assert_eq!(focused(), "Undo");
}

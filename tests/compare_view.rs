//! The comparison and the list of branches in a browser, found by role and accessible name.
#![cfg(target_arch = "wasm32")]

mod opened;

use opened::{Opened, settle, text};
use replicascope_engine::ids::NodeId;
use replicascope_engine::scenario::{Action, KillKind};
use replicascope_engine::time::Time;
use replicascope_web::scenarios;
use replicascope_web::session::Session;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{HtmlElement, HtmlInputElement, HtmlSelectElement};

wasm_bindgen_test_configure!(run_in_browser);

/// A page on the opening scenario, paused after its primary has died.
async fn open() -> Opened {
    opened::open(|| {
        let (scenario, _) = scenarios::opening();
        Session::new(scenario, Time::from_secs(3)).expect("valid")
    })
    .await
}

/// Chooses an option by what it says.
async fn choose(page: &Opened, name: &str, option: &str) {
    let select: HtmlSelectElement = page.named("select", name);
    let mut options = page.all("option").into_iter();
    let wanted = options
        .find(|other| select.contains(Some(other)) && text(other) == option)
        .unwrap_or_else(|| panic!("there is no option \"{option}\""));
    let value = wanted.get_attribute("value").expect("a value");
    page.choose(&select, &value).await;
}

/// The lost writes of each column.
fn lost(page: &Opened) -> Vec<String> {
    page.all(".outcome b").iter().map(text).collect()
}

#[wasm_bindgen_test]
async fn three_modes_are_compared_and_the_columns_follow_clock_and_actions() {
    let page = open().await;
    page.click("Compare").await;
    assert_eq!(page.labels(".cmp"), ["Async", "Semi-sync", "Sync"]);
    assert_eq!(lost(&page), ["3", "0", "0"]);
    page.seek(Time::from_millis(1_000)).await;
    assert_eq!(lost(&page), ["0", "0", "0"]);
    page.session.seek(Time::from_secs(5));
    page.session.act(Action::Kill {
        node: NodeId(0),
        how: KillKind::PowerOff,
    });
    settle().await;
    assert_eq!(lost(&page), ["3", "0", "0"], "made anew with the action");
    page.click("Back to one run").await;
    assert!(page.all(".cmp").is_empty());
}

#[wasm_bindgen_test]
async fn a_column_changes_what_is_chosen_and_takes_a_second_change() {
    let page = open().await;
    page.click("Compare").await;
    choose(&page, "Column 2 shows", "As it ran").await;
    assert_eq!(lost(&page), ["3", "3", "0"]);
    choose(&page, "Column 2 shows", "a person promotes").await;
    assert_eq!(page.labels(".cmp")[1], "a person promotes");
    choose(&page, "Column 2 also changes", "fencing off").await;
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
    page.click("Name and compare branches").await;
    page.click("Branch here").await;
    let name: HtmlInputElement = page.named("input", "Name of Branch at 3.000 s");
    page.type_into(&name, "What if").await;
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

#[wasm_bindgen_test]
async fn a_deleted_branch_is_brought_back_by_undo() {
    let page = open().await;
    page.click("Name and compare branches").await;
    page.click("Branch here").await;
    page.session.rename(1, "What if");
    page.seek(Time::from_secs(4)).await;
    page.click("Delete What if").await;
    let rows = || page.labels(".branches input");
    assert_eq!(rows(), ["Name of Run"]);
    page.session.undo();
    settle().await;
    assert_eq!(rows(), ["Name of Run", "Name of What if"]);
    assert_eq!(
        page.now(),
        Time::from_secs(4),
        "it is played again, where it was"
    );
    // Something else was done since: then that is what undo takes back.
    page.click("Delete Run").await;
    page.session.act(Action::Slow {
        node: NodeId(1),
        factor: 3,
    });
    page.session.undo();
    settle().await;
    assert_eq!(rows(), ["Name of What if"]);
}

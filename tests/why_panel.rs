//! Why? in a browser: the panel, its diagram, and what becomes of it when the run is taken back or changed.
#![cfg(target_arch = "wasm32")]

mod opened;

use opened::{Opened, settle};
use replicascope_engine::Simulation;
use replicascope_engine::ids::NodeId;
use replicascope_engine::scenario::Action;
use replicascope_engine::time::Time;
use replicascope_web::scenarios;
use replicascope_web::session::Session;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// A page on the opening scenario, paused after its writes were lost.
async fn open() -> Opened {
    opened::open(|| {
        let (scenario, _) = scenarios::opening();
        Session::new(scenario, Time::from_secs(4)).expect("valid")
    })
    .await
}

#[wasm_bindgen_test]
async fn the_diagram_has_a_point_for_each_sentence() {
    let page = open().await;
    assert!(page.find(".whyp").is_none());
    page.press(".op.is-lost .why").await;
    let title = page.text("#why-title");
    assert!(
        title.starts_with("Why is ") && title.ends_with(" lost?"),
        "{title}"
    );
    let sentences = page.all(".wbody li").len();
    assert!(sentences >= 6, "{sentences}");
    assert_eq!(page.all(".st-hit").len(), sentences);
    assert_eq!(page.all(".st-x--lost").len(), 1, "the record that was lost");
    page.press(".whyp header .ib").await;
    assert!(page.find(".whyp").is_none());
}

#[wasm_bindgen_test]
async fn an_explanation_stays_when_the_run_is_taken_back_and_goes_with_its_future() {
    let page = open().await;
    page.press(".op.is-lost .why").await;
    let before = page.all(".wbody li").len();
    page.press(".wbody li:first-child .wl").await;
    assert!(page.now() < Time::from_secs(2));
    assert_eq!(page.all(".wbody li").len(), before);
    assert!(
        page.find(".is-ahead").is_some(),
        "what is still to come is marked"
    );
    page.session.act(Action::Slow {
        node: NodeId(1),
        factor: 3,
    });
    settle().await;
    assert!(
        page.find(".whyp").is_none(),
        "another future: the loss has not happened in it"
    );
}

#[wasm_bindgen_test]
async fn undo_gives_the_run_back_and_can_be_pressed_only_when_there_is_something() {
    let page = open().await;
    let taken = || page.run(Simulation::actions_taken);
    let before = taken();
    page.session.act(Action::Slow {
        node: NodeId(1),
        factor: 3,
    });
    settle().await;
    page.press("[aria-label=Undo]").await;
    assert_eq!(taken(), before);
    assert_eq!(page.now(), Time::from_secs(4));
    page.session.rewind();
    settle().await;
    let undo = page.find("[aria-label=Undo]").expect("a button");
    assert_eq!(undo.get_attribute("aria-disabled").as_deref(), Some("true"));
}

#[wasm_bindgen_test]
async fn a_message_of_the_list_can_be_held_and_let_go() {
    let page = open().await;
    let held = || {
        page.run(|run| {
            let messages = run.network().in_flight();
            messages.filter(|message| message.held).count()
        })
    };
    // The list comes when it is unfolded.
    page.press(".msgs summary").await;
    page.comes(".msgs .msg").await;
    page.press(".msgs .msg").await;
    let first = ".msgs .msg-do button";
    assert_eq!(page.text(first), "Hold");
    page.press(first).await;
    assert_eq!(held(), 1);
    assert_eq!(page.text(first), "Release");
    page.press(first).await;
    assert_eq!(held(), 0);
}

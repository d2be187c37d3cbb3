//! Why? in a browser: the panel, its diagram, and what becomes of it when the run is taken back or changed.
#![cfg(target_arch = "wasm32")]

use std::cell::Cell;
use std::rc::Rc;

use leptos::mount::{UnmountHandle, mount_to};
use leptos::prelude::*;
use leptos::tachys::view::any_view::AnyViewState;
use replicascope_engine::ids::NodeId;
use replicascope_engine::scenario::Action;
use replicascope_engine::time::Time;
use replicascope_web::session::Session;
use replicascope_web::{Page, scenarios};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Element, HtmlElement};

wasm_bindgen_test_configure!(run_in_browser);

/// A page of its own on the opening scenario, paused after its writes were lost. Gone when it is dropped.
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

impl Opened {
    fn find(&self, selector: &str) -> Option<HtmlElement> {
        let found = self.root.query_selector(selector).expect("a selector");
        found.map(leptos::wasm_bindgen::JsCast::unchecked_into)
    }

    fn count(&self, selector: &str) -> u32 {
        self.root
            .query_selector_all(selector)
            .expect("a selector")
            .length()
    }

    async fn press(&self, selector: &str) {
        self.find(selector).expect(selector).click();
        settle().await;
    }

    fn now(&self) -> Time {
        self.session.peek(|run| run.simulation().now())
    }
}

async fn open() -> Opened {
    let root: HtmlElement = document()
        .create_element("div")
        .expect("an element")
        .unchecked_into();
    document()
        .body()
        .expect("a body")
        .append_child(&root)
        .expect("room for it");
    let made = Rc::new(Cell::new(None));
    let make = Rc::clone(&made);
    let mounted = mount_to(root.clone(), move || {
        let (scenario, _) = scenarios::opening();
        let session = Session::new(scenario, Time::from_secs(4)).expect("valid");
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

fn text(element: &Element) -> String {
    element.text_content().unwrap_or_default()
}

#[wasm_bindgen_test]
async fn the_diagram_has_a_point_for_each_sentence() {
    let page = open().await;
    assert!(page.find(".whyp").is_none());
    page.press(".op.is-lost .why").await;
    let title = text(&page.find("#why-title").expect("a heading"));
    assert!(
        title.starts_with("Why is ") && title.ends_with(" lost?"),
        "{title}"
    );
    let sentences = page.count(".wbody li");
    assert!(sentences >= 6, "{sentences}");
    assert_eq!(page.count(".st-hit"), sentences);
    assert_eq!(page.count(".st-x--lost"), 1, "the record that was lost");
    page.press(".whyp header .ib").await;
    assert!(page.find(".whyp").is_none());
}

#[wasm_bindgen_test]
async fn an_explanation_stays_when_the_run_is_taken_back_and_goes_with_its_future() {
    let page = open().await;
    page.press(".op.is-lost .why").await;
    let before = page.count(".wbody li");
    page.press(".wbody li:first-child .wl").await;
    assert!(page.now() < Time::from_secs(2));
    assert_eq!(page.count(".wbody li"), before);
    assert!(
        page.count(".is-ahead") > 0,
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
    let taken = || page.session.peek(|run| run.simulation().actions_taken());
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
    assert!(undo.has_attribute("disabled"));
}

#[wasm_bindgen_test]
async fn a_message_of_the_list_can_be_held_and_let_go() {
    let page = open().await;
    let held = || {
        page.session.peek(|run| {
            run.simulation()
                .network()
                .in_flight()
                .filter(|message| message.held)
                .count()
        })
    };
    page.press(".msgs .msg").await;
    let first = ".msgs .msg-do button";
    assert_eq!(text(&page.find(first).expect("buttons")), "Hold");
    page.press(first).await;
    assert_eq!(held(), 1);
    assert_eq!(text(&page.find(first).expect("the same")), "Release");
    page.press(first).await;
    assert_eq!(held(), 0);
}

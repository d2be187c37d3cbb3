//! What the browser tests share: a page of its own for each, paused, whose parts are found as a person finds them, by role and
//! accessible name, and where these do not tell, by selector.
#![allow(dead_code, reason = "each test binary uses what it needs of it")]

use std::cell::Cell;
use std::rc::Rc;

use leptos::mount::{UnmountHandle, mount_to};
use leptos::prelude::*;
use leptos::tachys::view::any_view::AnyViewState;
use replicascope_engine::Simulation;
use replicascope_engine::time::Time;
use replicascope_web::Page;
use replicascope_web::session::Session;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, EventInit, HtmlElement, KeyboardEvent, KeyboardEventInit};

/// A page in the document. Gone when it is dropped.
pub(crate) struct Opened {
    pub(crate) session: Session,
    root: HtmlElement,
    _mounted: UnmountHandle<AnyViewState>,
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.root.remove();
    }
}

/// A page on this session.
pub(crate) async fn open(session: impl FnOnce() -> Session + 'static) -> Opened {
    let root: HtmlElement = document()
        .create_element("div")
        .expect("an element")
        .unchecked_into();
    let body = document().body().expect("a body");
    body.append_child(&root).expect("room for it");
    let made = Rc::new(Cell::new(None));
    let make = Rc::clone(&made);
    let mounted = mount_to(root.clone(), move || {
        let session = session();
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

/// Effects run after the task that set them off, and may set off others.
pub(crate) async fn settle() {
    for _ in 0..6 {
        leptos::task::tick().await;
    }
}

/// Lets the browser do what it has to do, such as handing out what was fetched.
pub(crate) async fn turn() {
    let turn = web_sys::js_sys::Promise::new(&mut |done, _| {
        window()
            .set_timeout_with_callback(&done)
            .expect("a timer of the browser");
    });
    let done = wasm_bindgen_futures::JsFuture::from(turn).await;
    done.expect("it comes to its turn");
    settle().await;
}

/// How many turns of the browser something may take to come.
const PATIENCE: usize = 1_000;

/// Tells an element of something that a person did to it.
pub(crate) fn tell(target: &Element, kind: &str) {
    let init = EventInit::new();
    init.set_bubbles(true);
    let event = Event::new_with_event_init_dict(kind, &init).expect("an event");
    target.dispatch_event(&event).expect("it goes out");
}

/// The text of an element.
pub(crate) fn text(element: &Element) -> String {
    element.text_content().unwrap_or_default()
}

/// What an element is called: its label, or its text without what is hidden from those who hear it.
pub(crate) fn name_of(element: &Element) -> String {
    if let Some(label) = element.get_attribute("aria-label") {
        return label.trim().to_owned();
    }
    let copy: Element = element
        .clone_node_with_deep(true)
        .expect("a copy")
        .unchecked_into();
    for hidden in elements(&copy, "[aria-hidden=true]") {
        hidden.remove();
    }
    text(&copy).trim().to_owned()
}

fn elements(within: &Element, selector: &str) -> Vec<Element> {
    let found = within.query_selector_all(selector).expect("a selector");
    (0..found.length())
        .filter_map(|index| found.item(index)?.dyn_into().ok())
        .collect()
}

impl Opened {
    pub(crate) fn all(&self, selector: &str) -> Vec<Element> {
        elements(&self.root, selector)
    }

    /// The first element, if there is one.
    pub(crate) fn find(&self, selector: &str) -> Option<HtmlElement> {
        let found = self.root.query_selector(selector).expect("a selector");
        found.map(JsCast::unchecked_into)
    }

    /// The first element.
    pub(crate) fn the<T: JsCast>(&self, selector: &str) -> T {
        let found = self.find(selector);
        let found = found.unwrap_or_else(|| panic!("there is no {selector}"));
        found.dyn_into().expect("of this kind")
    }

    /// The first element of this name.
    pub(crate) fn named<T: JsCast>(&self, selector: &str, name: &str) -> T {
        let mut all = self.all(selector).into_iter();
        let found = all.find(|element| name_of(element) == name);
        let found = found.unwrap_or_else(|| panic!("there is no {selector} named \"{name}\""));
        found.dyn_into().expect("of this kind")
    }

    /// The labels of elements.
    pub(crate) fn labels(&self, selector: &str) -> Vec<String> {
        let all = self.all(selector).into_iter();
        all.filter_map(|element| element.get_attribute("aria-label"))
            .collect()
    }

    /// The text of the first element.
    pub(crate) fn text(&self, selector: &str) -> String {
        text(&self.the::<Element>(selector))
    }

    /// Presses a button by its name.
    pub(crate) async fn click(&self, name: &str) {
        self.named::<HtmlElement>("button", name).click();
        settle().await;
    }

    /// Waits until there is such an element.
    pub(crate) async fn comes(&self, selector: &str) {
        for _ in 0..PATIENCE {
            if self.find(selector).is_some() {
                return;
            }
            turn().await;
        }
        panic!("no {selector} comes");
    }

    /// Waits until an element says this.
    pub(crate) async fn says(&self, selector: &str, wanted: &str) {
        for _ in 0..PATIENCE {
            if self
                .all(selector)
                .iter()
                .any(|it| text(it).contains(wanted))
            {
                return;
            }
            turn().await;
        }
        panic!("no {selector} says \"{wanted}\"");
    }

    /// Presses a button by its name, or an entry of a numbered list by what follows its number, as soon as it is there.
    pub(crate) async fn click_soon(&self, name: &str) {
        let entry = format!(". {name}");
        for _ in 0..PATIENCE {
            let mut buttons = self.all("button").into_iter();
            let named = buttons.find(|button| {
                let found = name_of(button);
                found == name || found.contains(&entry)
            });
            if let Some(button) = named {
                button.unchecked_into::<HtmlElement>().click();
                settle().await;
                return;
            }
            turn().await;
        }
        panic!("there is no button \"{name}\"");
    }

    /// Presses the first element.
    pub(crate) async fn press(&self, selector: &str) {
        self.the::<HtmlElement>(selector).click();
        settle().await;
    }

    /// A key, pressed on the page.
    pub(crate) async fn key(&self, key: &str) {
        let init = KeyboardEventInit::new();
        init.set_key(key);
        init.set_bubbles(true);
        init.set_cancelable(true);
        let event =
            KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &init).expect("an event");
        let body = document().body().expect("a body");
        body.dispatch_event(&event).expect("it goes out");
        settle().await;
    }

    /// Types into a field.
    pub(crate) async fn type_into(&self, field: &web_sys::HtmlInputElement, value: &str) {
        field.set_value(value);
        tell(field, "input");
        tell(field, "change");
        settle().await;
    }

    /// Chooses an option by its value.
    pub(crate) async fn choose(&self, select: &web_sys::HtmlSelectElement, value: &str) {
        select.set_value(value);
        tell(select, "change");
        settle().await;
    }

    /// Goes to an instant.
    pub(crate) async fn seek(&self, at: Time) {
        self.session.seek(at);
        settle().await;
    }

    /// Looks at the run.
    pub(crate) fn run<T>(&self, look: impl FnOnce(&Simulation) -> T) -> T {
        self.session.peek(|run| look(run.simulation()))
    }

    /// The present instant.
    pub(crate) fn now(&self) -> Time {
        self.run(Simulation::now)
    }

    /// The hash of the run so far.
    pub(crate) fn hash(&self) -> u64 {
        self.run(|run| run.trace().hash())
    }
}

//! Handing the focus on when what had it goes away.

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement};

/// Lets an element have the focus once the page shows what it is about to show; with `only_lost`, unless something else has it.
pub(crate) fn hand_focus(only_lost: bool, to: impl FnOnce() -> Option<Element> + 'static) {
    leptos::task::spawn_local(async move {
        leptos::task::tick().await;
        let focused = document().active_element();
        let lost = focused.is_none_or(|focused| focused.tag_name() == "BODY");
        if only_lost && !lost {
            return;
        }
        let element = to().and_then(|element| element.dyn_into::<HtmlElement>().ok());
        if let Some(element) = element {
            // In the document it takes the focus; otherwise there is nobody to hear it.
            let _ = element.focus();
        }
    });
}

/// The same for the element of an id.
pub(crate) fn hand_focus_to(id: &'static str, only_lost: bool) {
    hand_focus(only_lost, move || document().get_element_by_id(id));
}

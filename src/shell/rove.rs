//! Long lists by keyboard: one stop for Tab, and the arrow keys from row to row, however many rows there are.

use leptos::ev::KeyboardEvent;
use leptos::prelude::document;
use wasm_bindgen::JsCast as _;
use web_sys::HtmlElement;

/// Moves the focus among the buttons of a list, by where they stand: to the next one below or above, first to the topmost in sight.
pub(crate) fn rove(event: &KeyboardEvent) {
    let down = match event.key().as_str() {
        "ArrowDown" => true,
        "ArrowUp" => false,
        _ => return,
    };
    let list = event
        .current_target()
        .and_then(|list| list.dyn_into::<HtmlElement>().ok());
    let Some((list, buttons)) =
        list.and_then(|list| Some((list.clone(), list.query_selector_all("button").ok()?)))
    else {
        return;
    };
    let top_of = |element: &web_sys::Element| element.get_bounding_client_rect().top();
    let focused = document().active_element();
    let from = focused
        .filter(|focused| **focused != **list && list.contains(Some(focused)))
        .map(|focused| top_of(&focused));
    let start = top_of(&list);
    let next = (0..buttons.length())
        .filter_map(|index| buttons.item(index)?.dyn_into::<HtmlElement>().ok())
        .map(|button| (top_of(&button), button))
        .filter(|&(top, _)| match from {
            None => top >= start,
            Some(from) if down => top > from + 1.0,
            Some(from) => top < from - 1.0,
        })
        .min_by(|(a, _), (b, _)| {
            if from.is_none() || down {
                a.total_cmp(b)
            } else {
                b.total_cmp(a)
            }
        });
    if let Some((_, button)) = next {
        event.prevent_default();
        // The browser brings it into sight.
        let _ = button.focus();
    }
}

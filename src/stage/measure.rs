//! What the browser knows and the stage needs: the container's size, the theme, and whether motion is welcome.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::{MediaQueryList, MutationObserver, MutationObserverInit, ResizeObserver};

use crate::lean::{Memo, effect};

/// Width and height of an element in CSS pixels, as it changes; zero before it is in the page.
pub(crate) fn size_of(node: NodeRef<html::Div>) -> Memo<(f64, f64)> {
    let size = RwSignal::new((0.0, 0.0));
    effect(move || {
        let Some(element) = node.get() else { return };
        let observed = element.clone();
        let measure = move || {
            let now = (
                f64::from(element.client_width()),
                f64::from(element.client_height()),
            );
            if size.try_get_untracked().is_some_and(|before| before != now) {
                size.set(now);
            }
        };
        measure();
        let callback = Closure::<dyn FnMut()>::new(measure);
        if let Ok(observer) = ResizeObserver::new(callback.as_ref().unchecked_ref()) {
            observer.observe(&observed);
            keep_until_cleanup((observer, callback), |(observer, _)| observer.disconnect());
        }
    });
    size.into()
}

/// Counts changes of the colours: the system's preference, or the page's own switch on the root element.
pub(crate) fn theme_changes() -> Memo<u32> {
    let count = RwSignal::new(0);
    let changed = move || {
        count.try_update(|count| *count += 1);
    };
    let callback = Closure::<dyn FnMut()>::new(changed);
    let root = document().document_element();
    let observer = MutationObserver::new(callback.as_ref().unchecked_ref());
    if let (Some(root), Ok(observer)) = (root, observer) {
        let init = MutationObserverInit::new();
        init.set_attributes(true);
        // The page's root element is always there to observe.
        let _ = observer.observe_with_options(&root, &init);
        keep_until_cleanup((observer, callback), |(observer, _)| observer.disconnect());
    }
    on_media_change("(prefers-color-scheme: dark)", move |_| changed());
    count.into()
}

/// Whether the person asked for less motion.
pub(crate) fn reduced_motion() -> Memo<bool> {
    let reduced = RwSignal::new(false);
    let set = move |matches| {
        reduced.try_update(|reduced| *reduced = matches);
    };
    if let Some(matches) = on_media_change("(prefers-reduced-motion: reduce)", set) {
        set(matches);
    }
    reduced.into()
}

/// Calls back when a media query's answer changes; returns the present answer.
fn on_media_change(query: &str, on_change: impl Fn(bool) + 'static) -> Option<bool> {
    let list: MediaQueryList = window().match_media(query).ok().flatten()?;
    let asked = list.clone();
    let callback = Closure::<dyn FnMut()>::new(move || on_change(asked.matches()));
    list.set_onchange(Some(callback.as_ref().unchecked_ref()));
    let matches = list.matches();
    keep_until_cleanup((list, callback), |(list, _)| list.set_onchange(None));
    Some(matches)
}

/// Keeps an observer and its callback alive as long as the owner.
fn keep_until_cleanup<T: 'static>(kept: T, end: impl Fn(&T) + Send + Sync + 'static) {
    let kept = StoredValue::new_local(kept);
    on_cleanup(move || {
        kept.try_with_value(&end);
    });
}

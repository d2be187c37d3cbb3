//! The page's one animation loop.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;

/// Longest stretch of real time that one frame may cover, in milliseconds. A tab that comes back from being hidden goes on
/// where it was instead of jumping.
const LONGEST_MS: f64 = 100.0;

type Frame = Rc<RefCell<Option<Closure<dyn FnMut(f64)>>>>;

/// Calls `on_frame` with the milliseconds since the last frame and the present real time, each animation frame, until the
/// owner is cleaned up. The browser calls no frames while the tab is hidden.
pub(super) fn start(on_frame: impl Fn(f64, f64) + 'static) {
    let frame: Frame = Rc::default();
    let handle = Rc::new(RefCell::new(None));
    let mut last: Option<f64> = None;
    let again = (Rc::clone(&frame), Rc::clone(&handle));
    *frame.borrow_mut() = Some(Closure::new(move |real_ms: f64| {
        let elapsed = last.map_or(0.0, |last| (real_ms - last).clamp(0.0, LONGEST_MS));
        last = Some(real_ms);
        on_frame(elapsed, real_ms);
        *again.1.borrow_mut() = request(&again.0);
    }));
    *handle.borrow_mut() = request(&frame);
    let owned = StoredValue::new_local((frame, handle));
    on_cleanup(move || {
        owned.with_value(|(frame, handle)| {
            if let Some(handle) = handle.borrow_mut().take() {
                // The frame may have been called already; then there is nothing to cancel.
                let _ = window().cancel_animation_frame(handle);
            }
            frame.borrow_mut().take();
        });
    });
}

fn request(frame: &Frame) -> Option<i32> {
    let frame = frame.borrow();
    let closure = frame.as_ref()?;
    window()
        .request_animation_frame(closure.as_ref().unchecked_ref())
        .ok()
}

//! The page's one animation loop.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;

use crate::lean::number::Within as _;

/// Longest stretch of real time that one frame may cover, in milliseconds. A tab that comes back from being hidden goes on
/// where it was instead of jumping.
const LONGEST_MS: f64 = 100.0;

type Frame = Closure<dyn FnMut(f64)>;

#[derive(Default)]
struct Loop {
    frame: RefCell<Option<Frame>>,
    /// The frame that was asked for.
    asked: Cell<Option<i32>>,
    /// When the last one was.
    last: Cell<Option<f64>>,
    halted: Cell<bool>,
}

impl Loop {
    fn ask(&self) {
        let frame = self.frame.borrow();
        let asked = frame.as_ref().and_then(|closure| {
            window()
                .request_animation_frame(closure.as_ref().unchecked_ref())
                .ok()
        });
        self.asked.set(asked);
    }

    fn cancel(&self) {
        if let Some(asked) = self.asked.take() {
            // The frame may have been called already; then there is nothing to cancel.
            let _ = window().cancel_animation_frame(asked);
        }
    }
}

/// The loop. A copy is a handle to the same.
#[derive(Clone, Copy)]
pub struct Clock(StoredValue<Rc<Loop>, LocalStorage>);

impl Clock {
    /// Lets the loop stand or go on. While it stands no frame is asked for, and no time passes in the run.
    pub(crate) fn halt(self, halted: bool) {
        self.0.with_value(|this| {
            if this.halted.replace(halted) == halted {
                return;
            }
            this.last.set(None);
            if halted {
                this.cancel();
            } else {
                this.ask();
            }
        });
    }
}

/// Calls `on_frame` with the milliseconds since the last frame and the present real time, each animation frame, until the
/// owner is cleaned up. The browser calls no frames while the tab is hidden.
pub(super) fn start(on_frame: impl Fn(f64, f64) + 'static) -> Clock {
    let this = Rc::new(Loop::default());
    let again = Rc::clone(&this);
    *this.frame.borrow_mut() = Some(Closure::new(move |real_ms: f64| {
        again.asked.set(None);
        let last = again.last.replace(Some(real_ms));
        let elapsed = last.map_or(0.0, |last| (real_ms - last).within(0.0, LONGEST_MS));
        on_frame(elapsed, real_ms);
        if !again.halted.get() {
            again.ask();
        }
    }));
    this.ask();
    let owned = StoredValue::new_local(this);
    on_cleanup(move || {
        owned.with_value(|this| {
            this.cancel();
            this.frame.borrow_mut().take();
        });
    });
    Clock(owned)
}

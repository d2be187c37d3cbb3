//! Whether the page is seen, and how high what is in it would be.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use leptos::{ev, html};
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::js_sys::Array;
use web_sys::{HtmlElement, IntersectionObserver, IntersectionObserverEntry, ResizeObserver};

use crate::lean::effect;
use crate::session::{Clock, Session};

/// For so long a height that was there just before is not told again, in ms: a host that makes room may change the width by it.
const RESTLESS_MS: f64 = 1_000.0;

/// Lets the clock run only while something of the page is to be seen. The browser counts what lies around the frame too.
///
/// It looks only when it draws, and while nothing moves it has no reason to. So it is asked anew whenever the run begins to play
/// and whenever the frame has another size.
pub(super) fn only_while_seen(clock: Clock, session: Session) {
    let callback = Closure::<dyn FnMut(Array)>::new(move |entries: Array| {
        // The latest is the last.
        let latest: IntersectionObserverEntry = entries.pop().unchecked_into();
        clock.halt(!latest.is_intersecting());
    });
    let Ok(observer) = IntersectionObserver::new(callback.as_ref().unchecked_ref()) else {
        // It runs always then, as on a page of its own.
        return;
    };
    let kept = StoredValue::new_local((observer, callback));
    let look = move || {
        kept.try_with_value(|(observer, _)| {
            observer.disconnect();
            if let Some(root) = document().document_element() {
                observer.observe(&root);
            }
        });
    };
    look();
    let playing = session.playing();
    effect(move || {
        if playing.get() {
            look();
        }
    });
    let resized = window_event_listener(ev::resize, move |_| look());
    on_cleanup(move || {
        resized.remove();
        kept.try_with_value(|(observer, _)| observer.disconnect());
    });
}

/// Tells how high the page would be if its frame were as high as it likes, now and whenever that changes.
pub(super) fn follow_height(
    root: NodeRef<html::Div>,
    lesson: RwSignal<Option<String>>,
    tell: impl Fn(u32) + 'static,
) {
    let measured = StoredValue::new_local(None::<HtmlElement>);
    let teller = Rc::new(Teller {
        told: Told::default(),
        measured,
        later: RefCell::new(None),
        tell: Box::new(tell),
    });
    let callback = Closure::<dyn FnMut()>::new(move || teller.look());
    let Ok(observer) = ResizeObserver::new(callback.as_ref().unchecked_ref()) else {
        return;
    };
    let kept = StoredValue::new_local((observer, callback));
    effect(move || {
        // Another view has other parts.
        lesson.track();
        let Some(root) = root.get() else { return };
        measured.set_value(Some(root.clone().into()));
        leptos::task::spawn_local(async move {
            leptos::task::tick().await;
            kept.try_with_value(|(observer, _)| {
                observer.disconnect();
                observer.observe(&root);
                parts(&root).for_each(|part| observer.observe(&part));
            });
        });
    });
    on_cleanup(move || {
        kept.try_with_value(|(observer, _)| observer.disconnect());
    });
}

/// The parts of the page, one below the other.
fn parts(root: &HtmlElement) -> impl Iterator<Item = HtmlElement> + use<> {
    let children = root.children();
    let parts =
        (0..children.length()).filter_map(move |index| children.item(index)?.dyn_into().ok());
    parts.filter(|part: &HtmlElement| part.offset_parent().is_some())
}

/// The sum of the parts. One that takes what room there is counts as high as its style says it would like to be (`flex-basis`), so
/// that the sum does not depend on the frame.
fn natural(root: &HtmlElement) -> u32 {
    let height = |part: HtmlElement| {
        let style = window().get_computed_style(&part).ok().flatten();
        let basis = style.and_then(|style| style.get_property_value("flex-basis").ok());
        let basis = basis.and_then(|basis| basis.strip_suffix("px")?.parse::<f64>().ok());
        basis.unwrap_or_else(|| part.get_bounding_client_rect().height())
    };
    parts(root).map(height).sum::<f64>().ceil() as u32
}

/// Measures and tells.
struct Teller {
    told: Told,
    measured: StoredValue<Option<HtmlElement>, LocalStorage>,
    later: RefCell<Option<Timeout>>,
    tell: Box<dyn Fn(u32)>,
}

impl Teller {
    fn look(self: &Rc<Self>) {
        let height = self
            .measured
            .try_with_value(|root| root.as_ref().map(natural));
        let Some(height) = height.flatten() else {
            return;
        };
        let now = window().performance().map_or(0.0, |clock| clock.now());
        match self.told.judge(height, now) {
            Judgement::Tell => (self.tell)(height),
            Judgement::Known => {}
            Judgement::LookAgain => {
                let this = Rc::downgrade(self);
                let look = move || {
                    if let Some(this) = this.upgrade() {
                        this.look();
                    }
                };
                *self.later.borrow_mut() = Some(Timeout::new(RESTLESS_MS as u32, look));
            }
        }
    }
}

/// What is to be done about a height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Judgement {
    /// It is news.
    Tell,
    /// It is known.
    Known,
    /// Another look, when it has been quiet for a while.
    LookAgain,
}

/// What was told last, so that nothing is told for ever.
#[derive(Default)]
struct Told {
    last: Cell<u32>,
    before: Cell<u32>,
    at_ms: Cell<f64>,
    /// The one before was told once more although it had gone back and forth. Not again until things have been quiet.
    gave_in: Cell<bool>,
}

impl Told {
    fn judge(&self, height: u32, now_ms: f64) -> Judgement {
        let (last, before) = (self.last.get(), self.before.get());
        if height == 0 || height == last {
            return Judgement::Known;
        }
        let quiet = now_ms - self.at_ms.get() >= RESTLESS_MS;
        // Of two heights that lead to each other the larger one stays; what went there and back by itself is told in the end.
        if height == before && height < last {
            if !quiet {
                return if self.gave_in.get() {
                    Judgement::Known
                } else {
                    Judgement::LookAgain
                };
            }
            self.gave_in.set(true);
        } else if quiet {
            self.gave_in.set(false);
        }
        self.before.set(last);
        self.last.set(height);
        self.at_ms.set(now_ms);
        Judgement::Tell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_height_that_goes_there_and_back_is_told_in_the_end() {
        let told = Told::default();
        assert_eq!(told.judge(480, 1_000.0), Judgement::Tell);
        assert_eq!(told.judge(480, 1_100.0), Judgement::Known);
        assert_eq!(told.judge(900, 5_000.0), Judgement::Tell);
        assert_eq!(told.judge(480, 5_300.0), Judgement::LookAgain);
        assert_eq!(told.judge(480, 6_300.0), Judgement::Tell);
        assert_eq!(told.judge(0, 9_000.0), Judgement::Known);
    }

    #[test]
    fn two_heights_that_lead_to_each_other_come_to_rest_at_the_larger_one() {
        let told = Told::default();
        let mut told_times = 0;
        let mut now = 0.0;
        // The host shows a scroll bar at one height and none at the other; each telling is answered by the other height at once.
        let mut height = 480;
        for _ in 0..20 {
            match told.judge(height, now) {
                Judgement::Tell => {
                    told_times += 1;
                    height = if height == 480 { 500 } else { 480 };
                    now += 20.0;
                }
                Judgement::LookAgain => now += RESTLESS_MS,
                Judgement::Known => break,
            }
        }
        assert_eq!(told.last.get(), 500);
        assert_eq!(told_times, 4);
    }
}

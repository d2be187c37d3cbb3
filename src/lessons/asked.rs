//! Whether the list of lessons or a lesson is asked for: by a button, or by the address.

use std::any::Any;

use leptos::{ev, prelude::*};
use replicascope_lessons::Score;
use wasm_bindgen::JsValue;

use crate::compare::Compare;
use crate::session::Session;
use crate::share::{Share, clear_address};
use crate::shell::{Panels, Sheet};
use crate::stage::selection::Selection;

/// What an address that asks for a lesson begins with; its id follows.
const FRAGMENT: &str = "#lesson=";

/// The lesson that a fragment asks for.
pub(crate) fn asked_for(fragment: &str) -> Option<&str> {
    fragment.strip_prefix(FRAGMENT).filter(|id| {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        !id.is_empty() && id.bytes().all(fits)
    })
}

/// Where a lesson stands, for the top bar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// Which lesson of how many.
    pub(super) lesson: String,
    /// Which step of how many.
    pub(super) step: String,
    /// The class of each step's cell.
    pub(super) cells: Vec<&'static str>,
}

/// How the lesson that is open goes, for a page around this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    /// Its id.
    pub(crate) lesson: String,
    /// Which step it is, from 0; one beyond the last is the end.
    pub(crate) step: usize,
    /// How many there are.
    pub(crate) steps: usize,
    /// Whether the step has just been done.
    pub(crate) done: bool,
    /// Whether the end was reached, now or earlier, and every step is done.
    pub(crate) finished: bool,
    /// How the learner did so far.
    pub(crate) score: Score,
}

/// What is asked for. A copy is a handle to the same.
#[derive(Clone, Copy)]
pub(crate) struct Lessons {
    pub(super) session: Session,
    pub(super) panels: Panels,
    compare: Compare,
    share: Share,
    selection: Selection,
    /// Whether the list is shown.
    pub(super) listed: RwSignal<bool>,
    /// The id of the lesson that is asked for; it may not be there yet.
    pub(super) asked: RwSignal<Option<String>>,
    pub(super) place: RwSignal<Place>,
    /// Where a page around this one is told how the lesson goes; there is none otherwise.
    pub(super) report: Option<RwSignal<Option<Report>>>,
    /// For what outlives the list and a lesson. A child of the page's own: one that keeps itself is never cleaned up.
    pub(super) owner: StoredValue<Owner>,
    /// The [`Course`](super::course::Course), once something was asked for. What it is made of comes with it.
    pub(super) course: StoredValue<Option<Box<dyn Any + Send + Sync>>>,
}

impl Lessons {
    /// Nothing is asked for.
    pub(crate) fn new(
        session: Session,
        panels: Panels,
        compare: Compare,
        share: Share,
        selection: Selection,
    ) -> Self {
        Self {
            session,
            panels,
            compare,
            share,
            selection,
            listed: RwSignal::new(false),
            asked: RwSignal::new(None),
            place: RwSignal::default(),
            report: None,
            owner: StoredValue::new(Owner::current().unwrap_or_default().child()),
            course: StoredValue::new(None),
        }
    }

    /// One lesson and no other, inside another page, which is told how it goes. The address stays as it is.
    pub(crate) fn within(self, id: String, report: RwSignal<Option<Report>>) -> Self {
        self.asked.set(Some(id));
        Self {
            report: Some(report),
            ..self
        }
    }

    /// The one of the page.
    pub(crate) fn expect() -> Self {
        expect_context()
    }

    /// Whether a lesson is open or asked for, tracked.
    pub(crate) fn is_open(self) -> bool {
        self.asked.with(Option::is_some)
    }

    /// Opens what the address asks for, now and whenever it changes.
    pub(crate) fn follow_address(self) {
        let look = move || {
            let fragment = window().location().hash().unwrap_or_default();
            match asked_for(&fragment) {
                Some(id)
                    if self
                        .asked
                        .with_untracked(|asked| asked.as_deref() == Some(id)) => {}
                Some(id) => self.open(id.to_owned()),
                None => self.close(false),
            }
        };
        look();
        let address = window_event_listener(ev::hashchange, move |_| look());
        on_cleanup(move || address.remove());
    }

    /// Asks for a lesson.
    pub(super) fn open(self, id: String) {
        self.listed.set(false);
        self.compare.close();
        self.panels.sheet.set(Sheet::Stage);
        self.selection.0.set(None);
        if !self.session.is_aside() {
            self.session.pause();
            self.share.keep();
        }
        let here = format!("{FRAGMENT}{id}");
        if window().location().hash().ok().as_deref() != Some(&here)
            && let Ok(history) = window().history()
        {
            // Refused where the page has no address of its own; the lesson is open all the same.
            let _ = history.push_state_with_url(&JsValue::NULL, "", Some(&here));
        }
        self.asked.set(Some(id));
    }

    /// Leaves the lesson; the person's own experiment is back. With `keep` the lesson's run goes on instead, and undo brings the other back.
    pub(crate) fn close(self, keep: bool) {
        if self.asked.with_untracked(Option::is_none) {
            return;
        }
        self.compare.close();
        self.panels.sheet.set(Sheet::Stage);
        self.selection.0.set(None);
        self.asked.set(None);
        let hash = window().location().hash().unwrap_or_default();
        if asked_for(&hash).is_some() {
            clear_address();
        }
        let keep = keep && self.session.is_aside();
        self.session.come_back(keep);
        if keep {
            self.panels.scenario.set(None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_lessons_name_is_taken_from_an_address() {
        assert_eq!(asked_for("#lesson=write-path-2"), Some("write-path-2"));
        for other in [
            "",
            "#lesson=",
            "#lesson=../x",
            "#lesson=A",
            "#run=1.x",
            "#new",
        ] {
            assert_eq!(asked_for(other), None, "{other}");
        }
    }
}

//! Keeping the run between visits, and within reach should the page break.
//!
//! The storage may be refused or full: then the run lasts as long as the page. For the message that a panic shows, the scenario
//! stands in a field of `index.html` that needs nothing of this program.

use leptos::prelude::*;
use replicascope_engine::scenario::{Action, TimedAction};
use replicascope_engine::{Recording, Scenario};
use replicascope_link::{Link, LinkError};
use wasm_bindgen::JsCast as _;

const STORED_AS: &str = "replicascope.run";
/// The field of `index.html` in which the scenario stands.
const FIELD: &str = "broken-scenario";

/// What was kept.
pub(super) struct Kept {
    /// Which of the offered scenarios it began as.
    pub(super) preset: Option<usize>,
    /// The run.
    pub(super) link: Link,
}

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

/// Keeps the run as it stands, and says whether the browser lets it: it may have no storage, or a full one.
pub(super) fn store(recording: &Recording, preset: Option<usize>) -> bool {
    let preset = preset.map_or("own".to_owned(), |preset| preset.to_string());
    let text = format!("{preset} {}", Link::bare(recording).to_fragment());
    show(&recording.scenario());
    storage().is_some_and(|storage| storage.set_item(STORED_AS, &text).is_ok())
}

/// Forgets what was kept.
pub(super) fn forget() {
    if let Some(storage) = storage() {
        // Refused: then nothing was kept.
        let _ = storage.remove_item(STORED_AS);
    }
}

/// What was kept last time, or why it cannot be read.
pub(super) fn load() -> Option<Result<Kept, LinkError>> {
    let text = storage()?.get_item(STORED_AS).ok().flatten()?;
    let (preset, fragment) = text.split_once(' ').unwrap_or_default();
    Some(Link::from_fragment(fragment).map(|link| Kept {
        preset: preset.parse().ok(),
        link,
    }))
}

/// Notes an action that is about to be taken, so that one that breaks the page is in what can be copied then.
pub(crate) fn about_to(recording: &Recording, action: &Action) {
    let mut scenario = recording.scenario();
    let run = recording.simulation();
    scenario.actions.truncate(run.actions_taken());
    scenario.actions.push(TimedAction {
        at_us: run.now(),
        action: action.clone(),
    });
    show(&scenario);
}

fn show(scenario: &Scenario) {
    let field = document()
        .get_element_by_id(FIELD)
        .and_then(|field| field.dyn_into::<web_sys::HtmlTextAreaElement>().ok());
    if let Some(field) = field {
        field.set_value(&scenario.to_json());
    }
}

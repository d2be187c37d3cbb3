//! Keep and pass on: the run survives a reload, goes into a link or a file, and comes back from them. What is seen of it goes out
//! as a picture, as tables and as a trace.

mod dialog;
mod files;
mod keep;
mod picture;
mod tables;

use leptos::task::spawn_local;
use leptos::{ev, prelude::*};
use replicascope_engine::time::Time;
use replicascope_engine::{Cast, Experiment, Recording, Scenario};
use replicascope_link::{Link, PREFIX, Replay};

use crate::lean::effect;
use crate::lessons::asked_for;
use crate::parts::{NOT_FETCHED, keeper, open_link};
use crate::session::Session;
use crate::shell::Panels;
use crate::{scenarios, words};

pub(crate) use dialog::{ShareDialog, content};
pub(crate) use files::{read_picked, save_text};
pub(crate) use keep::{MOST_BRANCHES, MOST_TEXT, STORE, Store, about_to, storage};

/// Most engine steps that opening a link, or all that was kept, may take: a second or so.
const STEPS_TO_OPEN: u64 = 3_000_000;
/// An address with this fragment begins anew instead of with what was kept.
const ANEW: &str = "#new";

/// Something to be said about what was opened. It stays until it is dismissed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// In a sentence or two.
    pub text: String,
    /// Something is not as it should be.
    pub bad: bool,
}

/// What the page opens with.
pub(crate) struct Opening {
    pub(crate) experiment: Experiment,
    /// Which of the offered scenarios it is, if one.
    pub(crate) preset: Option<usize>,
    pub(crate) plays: bool,
    pub(crate) note: Option<Note>,
}

impl Opening {
    /// The first scenario, if neither the address nor an earlier visit says anything else.
    pub(crate) fn at_once() -> Option<Self> {
        let fragment = window().location().hash().unwrap_or_default();
        if fragment == ANEW {
            keep::forget();
            clear_address();
            return Some(Self::first(None));
        }
        let plain = fragment.is_empty() || asked_for(&fragment).is_some();
        (plain && !keep::has_kept()).then(|| Self::first(None))
    }

    /// What the address says; else what was kept; else the first scenario.
    pub(crate) fn read() -> Self {
        let fragment = window().location().hash().unwrap_or_default();
        if asked_for(&fragment).is_some() {
            // Comes over what was kept, and stays in the address.
            return Self::kept(None);
        }
        if !fragment.is_empty() {
            clear_address();
            return match opened(&fragment) {
                Ok((recording, note)) => Self {
                    experiment: Experiment::of(recording, "Run"),
                    preset: None,
                    plays: false,
                    note: Some(note),
                },
                Err(note) => Self::kept(Some(note)),
            };
        }
        Self::kept(None)
    }

    /// What was kept, as far as it can be opened; what cannot is said.
    fn kept(note: Option<Note>) -> Self {
        let Some(kept) = keep::load() else {
            return Self::first(note);
        };
        let parents: Vec<_> = kept.branches.iter().map(|branch| branch.parent).collect();
        let most_steps = STEPS_TO_OPEN / parents.len() as u64;
        let mut error = None;
        let mut opened = Vec::new();
        // Where each is among those that could be opened.
        let mut places = Vec::new();
        for (index, branch) in kept.branches.into_iter().enumerate() {
            let replayed = branch.link.map_err(|error| error.to_string());
            let replayed = replayed
                .and_then(|link| link.replay(most_steps).map_err(|error| error.to_string()));
            places.push(replayed.is_ok().then_some(opened.len()));
            match replayed {
                Ok((recording, _)) => {
                    let parent = keep::nearest(&parents, index, |other| places[other].is_some());
                    let parent = parent.and_then(|(parent, at)| Some((places[parent]?, at)));
                    opened.push((branch.name, parent, recording));
                }
                Err(why) => error = error.or(Some(why)),
            }
        }
        let lost = parents.len() - opened.len();
        let note = note.or_else(|| {
            let text = words::share::not_kept(lost, parents.len(), &error?);
            Some(Note { text, bad: true })
        });
        // Where the one that was played is lost, the last one is played.
        let last = opened.len().saturating_sub(1);
        match Experiment::of_branches(opened, places[kept.current].unwrap_or(last)) {
            Some(experiment) => Self {
                experiment,
                preset: kept.preset.filter(|&preset| preset < scenarios::ALL.len()),
                plays: false,
                note,
            },
            None => Self::first(note),
        }
    }

    fn first(note: Option<Note>) -> Self {
        let (scenario, start) = scenarios::opening();
        let mut experiment = Experiment::with(scenario, "Run", Cast::textbook())
            .unwrap_or_else(|error| unreachable!("the page's own scenarios are tested: {error}"));
        experiment.current_mut().advance_to(start);
        Self {
            experiment,
            preset: Some(0),
            plays: true,
            note,
        }
    }
}

/// Opens a link, or says what is wrong with it.
pub(crate) fn opened(fragment: &str) -> Result<(Recording, Note), Note> {
    let bad = |text| Note { text, bad: true };
    let link = Link::from_fragment(fragment).map_err(|error| bad(error.to_string()))?;
    let (recording, replay) = link
        .replay(STEPS_TO_OPEN)
        .map_err(|error| bad(error.to_string()))?;
    let text = words::share::replay(&link, &replay);
    Ok((
        recording,
        Note {
            text,
            bad: replay != Replay::Exact,
        },
    ))
}

/// Takes the fragment out of the address: what is done from here on is no longer what it says.
pub(crate) fn clear_address() {
    let here = window().location().pathname().unwrap_or_default();
    if let Ok(history) = window().history() {
        // Refused where the page has no address of its own; then the fragment stays.
        let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&here));
    }
}

/// What is open of it. A copy is a handle to the same.
#[derive(Clone, Copy)]
pub(crate) struct Share {
    session: Session,
    panels: Panels,
    /// Whether the dialog is shown.
    pub(crate) shown: RwSignal<bool>,
    /// What is to be said about what was opened.
    pub(crate) note: RwSignal<Option<Note>>,
    /// Whether the browser keeps the run.
    kept: RwSignal<bool>,
    packed: StoredValue<keep::Packed, LocalStorage>,
    /// What keeps it, once there is something that an opening anew would not bring back.
    store: StoredValue<Option<Store>>,
}

impl Share {
    pub(crate) fn new(session: Session, panels: Panels, note: Option<Note>) -> Self {
        Self {
            session,
            panels,
            shown: RwSignal::new(false),
            note: RwSignal::new(note),
            kept: RwSignal::new(true),
            packed: StoredValue::new_local(keep::Packed::new()),
            store: StoredValue::new(None),
        }
    }

    /// The one of the page.
    pub(crate) fn expect() -> Self {
        expect_context()
    }

    /// Keeps the run from now on, and opens links that are put into the address.
    pub(crate) fn follow(self) {
        let (futures, playing) = (self.session.futures(), self.session.playing());
        effect(move || {
            futures.track();
            playing.track();
            self.keep();
        });
        // Until a person does something, the run is what the page opens with again.
        let touched = window_event_listener(ev::pointerdown, move |_| self.fetch_store());
        let typed = window_event_listener(ev::keydown, move |_| self.fetch_store());
        let leave = window_event_listener(ev::pagehide, move |_| self.keep());
        let address = window_event_listener(ev::hashchange, move |_| {
            let fragment = window().location().hash().unwrap_or_default();
            if fragment.starts_with('#') && fragment[1..].starts_with(PREFIX) {
                clear_address();
                spawn_local(async move {
                    let note = open_link(self, fragment).await;
                    let note = note.unwrap_or_else(|_| Note {
                        text: NOT_FETCHED.to_owned(),
                        bad: true,
                    });
                    self.note.set(Some(note));
                });
            }
        });
        on_cleanup(move || {
            touched.remove();
            typed.remove();
            leave.remove();
            address.remove();
        });
    }

    /// Fetches what keeps the run, once.
    fn fetch_store(self) {
        if self.store.get_value().is_none() {
            spawn_local(async move {
                // Where it cannot be fetched, the next touch tries again.
                if let Ok(store) = keeper().await {
                    self.store.set_value(Some(store));
                    self.keep();
                }
            });
        }
    }

    /// Keeps the run. What is aside was kept before it was put there; a lesson's own run is not.
    pub(crate) fn keep(self) {
        if self.session.is_aside() {
            self.session.peek(|run| keep::show(&run.scenario()));
            return;
        }
        let preset = self.panels.scenario.get_untracked();
        let store = self.store.get_value();
        self.packed.update_value(|packed| {
            self.kept.set(self.session.peek_experiment(|experiment| {
                keep::show(&experiment.current().scenario());
                store.is_none_or(|store| store(experiment, preset, packed))
            }));
        });
    }

    /// Opens a link; what is wrong with one leaves the running experiment alone. Returns what is to be said about it.
    pub(crate) fn open(self, fragment: &str) -> Note {
        match opened(fragment) {
            Ok((recording, note)) => {
                self.panels.scenario.set(None);
                self.session.pause();
                self.session.open(recording);
                note
            }
            Err(note) => note,
        }
    }

    /// Opens a scenario file at its start.
    fn open_file(self, text: &str) -> Result<(), String> {
        let scenario = Scenario::from_json(text).map_err(|error| error.to_string())?;
        self.session
            .load(scenario, Time::ZERO)
            .map_err(|error| error.to_string())?;
        self.panels.scenario.set(None);
        self.session.pause();
        Ok(())
    }
}

/// What is to be said about what was opened, until it is dismissed.
#[component]
pub(crate) fn OpenedNote() -> impl IntoView {
    let share = Share::expect();
    view! {
        <div class="opened-place" role="alert">
            {move || {
                share
                    .note
                    .get()
                    .map(|note| {
                        view! {
                            <div class="opened" class:is-bad=note.bad>
                                <span>{note.text}</span>
                                <button
                                    type="button"
                                    class="ib"
                                    aria-label="Dismiss"
                                    on:click=move |_| share.note.set(None)
                                >
                                    <crate::shell::Picture icon=crate::shell::Icon::Cross />
                                </button>
                            </div>
                        }
                    })
            }}
        </div>
    }
}

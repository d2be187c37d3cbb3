//! Why?: the chain of causes behind a verdict, as sentences and as a space-time diagram, each event at the height of its
//! sentence. A click on either goes to that moment.

mod drawing;
mod panel;
mod told;

use std::sync::Arc;

use leptos::prelude::*;
use replicascope_engine::why::Question;
use wasm_bindgen::JsCast as _;
use web_sys::HtmlElement;

use crate::lean::{Memo, Show, effect_after};
use crate::ledger::broken;
use crate::parts::{Later, NOT_FETCHED, Part, tell};
use crate::session::Session;
use crate::shell::{Panels, Sheet};

pub(crate) use panel::content;
use told::Told;

/// A page that shows an explanation and no ledger beside it: it provides this as context.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WhyAlone;

/// The explanation that is open, if one is. A copy is a handle to the same.
#[derive(Clone, Copy)]
pub(crate) struct Why {
    session: Session,
    panels: Panels,
    told: RwSignal<Option<Arc<Told>>>,
    /// What had the focus before it was opened.
    opener: StoredValue<Option<HtmlElement>, LocalStorage>,
}

impl Why {
    /// Nothing is open.
    pub(crate) fn new(session: Session, panels: Panels) -> Self {
        Self {
            session,
            panels,
            told: RwSignal::new(None),
            opener: StoredValue::new_local(None),
        }
    }

    /// The one of the page.
    pub(crate) fn expect() -> Self {
        expect_context()
    }

    /// Whether an explanation is open, tracked.
    pub(crate) fn is_open(self) -> bool {
        self.told.with(Option::is_some)
    }

    /// Whether an explanation is open.
    pub(crate) fn is_open_untracked(self) -> bool {
        self.told.with_untracked(Option::is_some)
    }

    /// Opens the explanation, and with it the ledger where that is out of sight.
    pub(crate) fn ask(self, question: Question) {
        leptos::task::spawn_local(async move {
            if tell(self, question).await.is_err() {
                self.session.notice().set(Some(NOT_FETCHED.to_owned()));
            }
        });
    }

    /// The same, where the code for it is there.
    pub(crate) fn tell(self, question: Question) {
        let told = self
            .session
            .peek(|run| Told::of(run.simulation(), question));
        if told.is_some() {
            if !self.is_open_untracked() {
                let focused = document().active_element();
                self.opener
                    .set_value(focused.and_then(|focused| focused.dyn_into().ok()));
            }
            self.told.set(told.map(Arc::new));
            self.panels.sheet.set(Sheet::Ledger);
        }
    }

    /// Closes it, and gives the focus back to where it was, if the panel has it.
    pub(crate) fn close(self) {
        let within = document()
            .active_element()
            .is_some_and(|focused| focused.closest(".whyp").is_ok_and(|panel| panel.is_some()));
        self.told.set(None);
        let opener = self.opener.try_update_value(Option::take).flatten();
        leptos::task::spawn_local(async move {
            // What had the focus may be out of sight until the panel is gone.
            leptos::task::tick().await;
            if let Some(opener) = opener.filter(|_| within) {
                // Gone with its row: then the focus is where the browser puts it.
                let _ = opener.focus();
            }
        });
    }

    /// Opens the explanation of the worst that is true, or closes the one that is open.
    pub(crate) fn toggle(self) {
        if self.is_open_untracked() {
            self.close();
            return;
        }
        let worst = self.session.peek(|run| {
            let run = run.simulation();
            let verdict = run.cluster_verdict();
            let op = broken(run).next().map(Question::Op);
            match (verdict.split_brain_since, verdict.no_primary_since) {
                (Some(_), _) => Some(Question::SplitBrain),
                (None, Some(_)) if op.is_none() => Some(Question::NoPrimary),
                _ => op,
            }
        });
        if let Some(question) = worst {
            self.ask(question);
        }
    }

    /// Opens the explanation of the next row that went wrong, or of the next lost write; after the last, the first.
    pub(crate) fn next(self, lost_only: bool) {
        let open = self
            .told
            .with_untracked(|told| told.as_ref().map(|told| told.question));
        let next = self.session.peek(|run| {
            let run = run.simulation();
            let rows: Vec<_> = broken(run)
                .filter(|&id| !lost_only || run.oracle().op(id).is_some_and(|op| op.lost))
                .collect();
            let place = rows.iter().position(|&id| open == Some(Question::Op(id)));
            let index = place.map_or(0, |place| (place + 1) % rows.len());
            rows.get(index).copied()
        });
        if let Some(op) = next {
            self.ask(Question::Op(op));
        }
    }

    /// Keeps what is open true, while it is: it is asked anew as the run goes on, stays as it was while the run is taken back, and closes
    /// when another future makes it void.
    fn follow(self) {
        let now = self
            .session
            .on_second(|run| (run.simulation().now(), run.simulation().trace().len()));
        let futures = self.session.futures();
        effect_after(move |before: Option<u64>| {
            let ((now, _), future) = (now.get(), futures.get());
            let Some(told) = self.told.get_untracked() else {
                return future;
            };
            if now >= told.asked_at {
                let again = self
                    .session
                    .peek(|run| Told::of(run.simulation(), told.question));
                if again.as_ref() != Some(told.as_ref()) {
                    self.told.set(again.map(Arc::new));
                }
            } else if before.is_some_and(|before| before != future) {
                self.close();
            }
            future
        });
    }
}

/// The panel, while an explanation is open.
#[component]
pub(crate) fn WhyPanel() -> impl IntoView {
    let why = Why::expect();
    view! {
        <Show when=move || why.is_open()>
            <Later part=Part::Why />
        </Show>
    }
}

/// The button that asks.
#[component]
pub(crate) fn WhyButton(
    /// About what.
    question: Question,
    /// What it is asked of, for those who do not see where the button stands.
    #[prop(into)]
    about: Memo<String>,
    /// Whether it stands in a list that is one stop for Tab.
    #[prop(default = false)]
    in_list: bool,
) -> impl IntoView {
    let why = Why::expect();
    view! {
        <button
            type="button"
            class="why"
            tabindex=if in_list { "-1" } else { "0" }
            aria-label=move || format!("Why? {}", about.get())
            on:click=move |_| why.ask(question)
        >
            "Why?"
        </button>
    }
}

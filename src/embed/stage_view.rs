//! The stage with its line and its controls.

use leptos::{ev, prelude::*};
use replicascope_embed::Control;
use replicascope_engine::recording::Worth;
use wasm_bindgen::JsCast as _;

use super::Embedded;
use super::controls::Controls;
use super::line::{VerdictLine, line};
use crate::messages::Picked;
use crate::scenarios;
use crate::shell::Notice;
use crate::stage::selection::Selection;
use crate::stage::{AsTable, Painter, Stage, StatusShown, Untouched};
use crate::why::{Why, WhyAlone, WhyPanel};

/// All of it.
#[component]
pub(super) fn StageView() -> impl IntoView {
    let embedded = expect_context::<Embedded>();
    let Embedded {
        session, panels, ..
    } = embedded;
    provide_context(session);
    provide_context(panels);
    provide_context(Selection(RwSignal::new(None)));
    provide_context(Picked(RwSignal::new(None)));
    provide_context(Painter::new());
    provide_context(AsTable(RwSignal::new(false)));
    provide_context(StatusShown::new());
    let why = Why::new(session, panels);
    provide_context(why);
    provide_context(WhyAlone);
    if !embedded.lets(Control::Nodes) {
        provide_context(Untouched);
    }
    keys(embedded, why);
    let line = line(session);
    view! {
        <main class="emb-stage" class:is-asked=move || why.is_open()>
            <h1 class="sr">{move || scenarios::name(panels.scenario.get())}</h1>
            <Stage tight=true />
            <div class="emb-why">
                <WhyPanel />
            </div>
            <Notice />
        </main>
        <VerdictLine line />
        <Controls line />
    }
}

/// Space and the arrows, where the transport may be used and nothing has another use for them; Escape.
fn keys(embedded: Embedded, why: Why) {
    let session = embedded.session;
    let handle = window_event_listener(ev::keydown, move |event| {
        if event.default_prevented() || event.ctrl_key() || event.alt_key() || event.meta_key() {
            return;
        }
        let key = event.key();
        if key == "Escape" {
            why.close();
            return;
        }
        let target = event.target().and_then(|target| target.dyn_into().ok());
        let taken = target.is_some_and(|element: web_sys::Element| {
            let own = "button, a, input, select, [role=radiogroup], [data-own-arrows]";
            element.closest(own).is_ok_and(|found| found.is_some())
        });
        if taken || !embedded.lets(Control::Transport) {
            return;
        }
        match key.as_str() {
            " " if !event.repeat() => session.toggle(),
            "ArrowRight" => session.step(Worth::Event),
            "ArrowLeft" => session.step_back(Worth::Event),
            _ => return,
        }
        event.prevent_default();
    });
    on_cleanup(move || handle.remove());
}

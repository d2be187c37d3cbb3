//! The futures that were tried.

use leptos::prelude::*;

use crate::session::Session;
use crate::shell::{Icon, Picture};

/// A chip for each branch, once there is more than one.
#[component]
pub(super) fn Branches() -> impl IntoView {
    let session = Session::expect();
    let names = session.on_branches(|experiment| {
        let names = experiment.branches().iter();
        names.map(|branch| branch.name.clone()).collect::<Vec<_>>()
    });
    let current = session.on_branches(replicascope_engine::Experiment::current_index);
    view! {
        <div class="brs" role="group" aria-label="Branches" hidden=move || { names.with(Vec::len) < 2 }>
            {move || {
                names
                    .get()
                    .into_iter()
                    .enumerate()
                    .map(|(index, name)| {
                        let on = move || current.get() == index;
                        let icon = Signal::derive(move || {
                            if on() { Icon::Tick } else { Icon::Branch }
                        });
                        view! {
                            <button
                                type="button"
                                class="brb"
                                class:is-on=on
                                aria-pressed=move || on().to_string()
                                on:click=move |_| session.switch_to(index)
                            >
                                <Picture icon=icon />
                                {name}
                            </button>
                        }
                    })
                    .collect_view()
            }}
        </div>
    }
}

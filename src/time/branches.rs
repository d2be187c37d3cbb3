//! The futures that were tried: a chip for each, and a dialog in which they are named, deleted and compared.

use leptos::{html, prelude::*};
use replicascope_engine::Experiment;

use crate::compare::Compare;
use crate::lean::{For, Memo, Show, effect};
use crate::parts::{Detail, Later, Part};
use crate::session::Session;
use crate::shell::{Icon, Picture};
use crate::words;

/// A branch as it is listed.
#[derive(Clone, Debug, Default, PartialEq)]
struct Listed {
    name: String,
    about: String,
    current: bool,
}

fn list(experiment: &Experiment) -> Vec<Listed> {
    let branches = experiment.branches();
    let listed = |(index, branch): (usize, &replicascope_engine::recording::Branch)| {
        let reached = words::at(branch.recording.reached());
        Listed {
            name: branch.name.clone(),
            about: match branch.parent {
                Some((parent, at)) => {
                    let parent = &branches[parent].name;
                    format!("left {parent} at {}, played to {reached}", words::at(at))
                }
                None => format!("the first, played to {reached}"),
            },
            current: index == experiment.current_index(),
        }
    };
    branches.iter().enumerate().map(listed).collect()
}

/// What the list of the branches shows, and whether it is open.
#[derive(Clone, Copy)]
struct Tried {
    shown: RwSignal<bool>,
    listed: Memo<Vec<Listed>>,
}

/// A chip for each branch, once there is more than one, and the button to the list.
#[component]
pub(super) fn Branches() -> impl IntoView {
    let session = Session::expect();
    let listed = session.on_branches(list);
    let count = Memo::new(move || listed.with(Vec::len));
    let shown = RwSignal::new(false);
    provide_context(Tried { shown, listed });
    let chip = move |index: usize| {
        let branch =
            Memo::new(move || listed.with(|listed| listed.get(index).cloned().unwrap_or_default()));
        let on = move || branch.with(|branch| branch.current);
        let icon = Memo::new(move || if on() { Icon::Tick } else { Icon::Branch });
        view! {
            <button
                type="button"
                class="brb"
                class:is-on=on
                aria-pressed=move || on().to_string()
                on:click=move |_| session.switch_to(index)
            >
                <Picture icon=icon />
                {move || branch.get().name}
            </button>
        }
    };
    view! {
        <div class="brs" role="group" aria-label="Branches" hidden=move || { count.get() < 2 }>
            <For each=move || 0..count.get() key=|index| *index children=chip />
        </div>
        <button
            type="button"
            class="ib br-all"
            aria-label="Name and compare branches"
            title="Branches: begin, name, compare, delete"
            on:click=move |_| shown.set(true)
        >
            <Picture icon=Icon::Branch />
        </button>
        <BranchDialog shown />
    }
}

#[component]
fn BranchDialog(shown: RwSignal<bool>) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    effect(move || {
        let Some(dialog) = dialog.get() else { return };
        if shown.get() && !dialog.open() {
            // Refused only outside of a document, where there is nothing to show.
            let _ = dialog.show_modal();
        } else if !shown.get() && dialog.open() {
            dialog.close();
        }
    });
    view! {
        <dialog
            class="keys branches"
            node_ref=dialog
            aria-labelledby="branches-title"
            on:close=move |_| shown.set(false)
        >
            <header>
                <h2 id="branches-title">"Branches"</h2>
                <button type="button" class="ib" aria-label="Close" on:click=move |_| shown.set(false)>
                    <Picture icon=Icon::Cross />
                </button>
            </header>
            <Show when=move || shown.get()>
                <Later part=Part::Detail(Detail::Branches) />
            </Show>
        </dialog>
    }
}

/// The list of the branches, and what can be done with them.
#[component]
pub(super) fn BranchList() -> impl IntoView {
    let (session, compare) = (Session::expect(), Compare::expect());
    let Tried { shown, listed } = expect_context();
    let count = Memo::new(move || listed.with(Vec::len));
    let row =
        move |index: usize| view! { <Row index listed alone=Memo::new(move || count.get() < 2) /> };
    view! {
        <p class="hint">
            "Acting in the past opens one by itself, and what happened later stays in the one before. "
            {words::share::kept()}
        </p>
        <ul>
            <For each=move || 0..count.get() key=|index| *index children=row />
        </ul>
        <div class="br-do">
            <button type="button" class="btn" on:click=move |_| session.branch_here()>
                <Picture icon=Icon::Branch />
                "Branch here"
            </button>
            <button
                type="button"
                class="btn btn--line"
                disabled=move || { count.get() < 2 }
                on:click=move |_| {
                    shown.set(false);
                    compare.show_branches();
                }
            >
                <Picture icon=Icon::Columns />
                "Compare branches"
            </button>
        </div>
    }
}

#[component]
fn Row(index: usize, listed: Memo<Vec<Listed>>, alone: Memo<bool>) -> impl IntoView {
    let session = Session::expect();
    let branch =
        Memo::new(move || listed.with(|listed| listed.get(index).cloned().unwrap_or_default()));
    let name = move || branch.with(|branch| branch.name.clone());
    let current = move || branch.with(|branch| branch.current);
    view! {
        <li>
            <input
                type="text"
                maxlength="60"
                aria-label=move || format!("Name of {}", name())
                prop:value=name
                on:change:target=move |event| {
                    session.rename(index, &event.target().value());
                    event.target().set_value(&branch.get_untracked().name);
                }
            />
            <button
                type="button"
                class="btn btn--line"
                aria-label=move || {
                    let verb = if current() { "Here" } else { "Go to" };
                    format!("{verb}: {}", name())
                }
                disabled=current
                on:click=move |_| session.switch_to(index)
            >
                {move || if current() { "Here" } else { "Go to" }}
            </button>
            <button
                type="button"
                class="ib"
                aria-label=move || format!("Delete {}", name())
                title="Delete"
                disabled=move || alone.get()
                on:click=move |_| session.remove(index)
            >
                <Picture icon=Icon::Cross />
            </button>
            <small>{move || branch.with(|branch| branch.about.clone())}</small>
        </li>
    }
}

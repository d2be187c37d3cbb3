//! The dialog: at the left what the cluster is, at the right what it promises and every parameter.

use leptos::prelude::*;
use replicascope_engine::promises::outlook::Outlook;

use super::ClusterPanel;
use super::change::Changer;
use super::nodes::Nodes;
use super::parameters::Parameters;
use super::start::{DATABASES, MANAGERS, PRESETS, ROUTERS, choose, chosen, goes_with, take_preset};
use super::value::Value;
use crate::lean::Memo;
use crate::parts::{Later, Part};
use crate::session::Session;
use crate::shell::{Dialog, Icon, Picture};
use crate::words;
use crate::words::outlook::{Names, Summary};

/// The dialog, while it is asked for. The run stands still meanwhile.
#[component]
pub(crate) fn ClusterDialog() -> impl IntoView {
    let panel = ClusterPanel::expect();
    let session = Session::expect();
    let played = StoredValue::new(false);
    let opened = move |()| {
        played.set_value(session.playing().get_untracked());
        session.pause();
    };
    let closed = move |()| {
        if played.get_value() {
            played.set_value(false);
            session.play();
        }
    };
    view! {
        <Dialog
            shown=panel.shown
            id="cluster-title"
            title="Cluster"
            class="keys cl"
            opened=Callback::new(opened)
            closed=Callback::new(closed)
        >
            <Later part=Part::Cluster />
        </Dialog>
    }
}

/// What is in it.
pub(crate) fn content() -> AnyView {
    view! { <Content /> }.into_any()
}

#[component]
fn Content() -> impl IntoView {
    let changer = Changer::expect();
    let scenario = changer.scenario();
    view! {
        <div class="cl-body">
            <div class="cl-left">
                <Choices changer scenario />
                <Nodes changer scenario />
                <Said />
            </div>
            <div class="cl-right">
                <Promises />
                <Parameters changer scenario />
            </div>
        </div>
    }
}

/// What became of the last change: the page's own notice is behind the dialog.
#[component]
fn Said() -> impl IntoView {
    let notice = Session::expect().notice();
    view! {
        <p class="cl-said" role="status">
            {move || notice.get()}
        </p>
    }
}

/// Preset, database, manager, router.
#[component]
fn Choices(changer: Changer, scenario: Memo<Value>) -> impl IntoView {
    let error = RwSignal::new(None::<String>);
    let make = move |change: &dyn Fn(&mut Value)| {
        error.set(changer.make(change).err().map(|error| error.to_string()));
    };
    let database = Memo::new(move || scenario.with(|scenario| chosen(scenario, "database")));
    let preset = move |value: String| {
        let preset = value.parse::<usize>().ok();
        if let Some((_, preset)) = preset.and_then(|index| PRESETS.get(index)) {
            make(&|scenario| take_preset(scenario, preset));
        }
    };
    let pick = move |part: &'static str,
                     label: &'static str,
                     options: Vec<(&'static str, &'static str)>| {
        let id = format!("cl-{part}");
        view! {
            <div class="row">
                <label for=id.clone()>{label}</label>
                <select
                    id=id
                    on:change:target=move |event| {
                        let value = event.target().value();
                        make(&|scenario| choose(scenario, part, &value));
                    }
                >
                    {options
                        .into_iter()
                        .map(|(text, name)| {
                            view! {
                                <option
                                    value=name
                                    prop:selected=move || {
                                        scenario.with(|scenario| chosen(scenario, part) == name)
                                    }
                                >
                                    {text}
                                </option>
                            }
                        })
                        .collect_view()}
                </select>
            </div>
        }
    };
    view! {
        <section class="cl-choices" aria-label="What it is">
            <div class="row">
                <label for="cl-preset">"Start from"</label>
                <select
                    id="cl-preset"
                    on:change:target=move |event| {
                        preset(event.target().value());
                        event.target().set_value("");
                    }
                >
                    <option value="">"a preset"</option>
                    {PRESETS
                        .iter()
                        .enumerate()
                        .map(|(index, (name, _))| {
                            view! { <option value=index.to_string()>{*name}</option> }
                        })
                        .collect_view()}
                </select>
            </div>
            {pick("database", "Database", DATABASES.to_vec())}
            {move || {
                let database = database.get();
                let fitting = MANAGERS
                    .into_iter()
                    .filter(|(_, name, _)| goes_with(name, &database))
                    .map(|(text, name, _)| match (name, database.as_str()) {
                        ("none", "textbook") => ("The nodes themselves", name),
                        _ => (text, name),
                    });
                pick("manager", "Failover", fitting.collect())
            }}
            {pick("routing", "Router", ROUTERS.to_vec())}
            <p class="cl-error" role="alert">
                {move || error.get()}
            </p>
        </section>
    }
}

/// What the present settings promise, and what they can lose.
#[component]
fn Promises() -> impl IntoView {
    let session = Session::expect();
    let summary = session.on_panel(|run| {
        let simulation = run.simulation();
        let settings = simulation.settings();
        let outlook = Outlook::of(simulation.cluster(), settings);
        words::outlook::summary(&outlook, Names::of(&settings.database))
    });
    let list = move |of: fn(&Summary) -> &Vec<String>| {
        move || {
            summary.with(|summary| {
                of(summary)
                    .iter()
                    .map(|line| view! { <li>{line.clone()}</li> })
                    .collect_view()
            })
        }
    };
    view! {
        <section class="cl-sum" aria-label="What this setting promises">
            <div>
                <h3>
                    <Picture icon=Icon::Tick />
                    "It promises"
                </h3>
                <ul>{list(|summary| &summary.holds)}</ul>
            </div>
            <div>
                <h3>
                    <Picture icon=Icon::Question />
                    "It can lose"
                </h3>
                <ul>{list(|summary| &summary.can_lose)}</ul>
            </div>
        </section>
    }
}

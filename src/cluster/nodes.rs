//! The nodes: how many, where they stand, whom each follows.

use leptos::prelude::*;
use replicascope_engine::Simulation;
use replicascope_engine::ids::NodeId;
use replicascope_engine::scenario::{Action, Admin, Database, Manager};

use wasm_bindgen::JsCast as _;

use super::ClusterPanel;
use super::catalogue;
use super::change::Changer;
use super::places::{PLACES, PLANS, Place, Places};
use super::start::{is_about_delays, resize};
use super::value::Value;
use crate::lean::{For, Memo, Show};
use crate::session::Session;
use crate::shell::{Icon, Picture};
use crate::words;
use crate::words::outlook::Names;

/// Most replicas that the page offers.
const MOST: u8 = 9;

/// A node in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct NodeFact {
    writes: bool,
    /// Whom it follows, if it is a server.
    upstream: Option<NodeId>,
}

/// How a person chains replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chains {
    /// They cannot.
    Not,
    /// By a command to the replica.
    Command,
    /// By a tag that Patroni obeys.
    Tag,
}

fn facts(simulation: &Simulation) -> (Vec<NodeFact>, Chains) {
    let settings = simulation.settings();
    let writers = simulation.writers();
    let nodes = simulation
        .nodes()
        .iter()
        .map(|node| NodeFact {
            writes: writers.contains(node.id()),
            upstream: node.upstream(),
        })
        .collect();
    let chains = match (&settings.database, &settings.manager) {
        (Database::Textbook, _) => Chains::Not,
        (_, Manager::Patroni(_)) => Chains::Tag,
        _ => Chains::Command,
    };
    (nodes, chains)
}

/// The list, the number of replicas and the places.
#[component]
pub(super) fn Nodes(changer: Changer, scenario: Memo<Value>) -> impl IntoView {
    let session = Session::expect();
    let panel = ClusterPanel::expect();
    let error = RwSignal::new(None::<String>);
    let replicas = session.on_panel(|run| run.simulation().cluster().replicas);
    let names = session.on_panel(|run| Names::of(&run.simulation().settings().database));
    let said = move |result: Result<(), replicascope_engine::ScenarioError>| {
        error.set(result.err().map(|error| error.to_string()));
    };
    let read = session.on_panel(|run| Places::of(run.simulation()));
    // What a person chose, as long as the links still say so.
    let places = Memo::new(move || {
        let (read, chosen) = (read.get(), panel.places.get());
        match (read, chosen) {
            (Some(read), Some(chosen)) if same_links(&read, &chosen) => Some(chosen),
            (read, _) => read,
        }
    });
    let put = move |new: Places| {
        said(changer.make_without(is_about_delays, |scenario| write_places(&new, scenario)));
        panel.places.set(Some(new));
    };
    let resize_to = move |new: u8| {
        if !(1..=MOST).contains(&new) {
            return;
        }
        let mut places = places.get_untracked();
        if let Some(places) = &mut places {
            // A new node comes beside n1.
            let first = places.nodes.first().copied().unwrap_or(Place::East(0));
            places.nodes.resize(usize::from(new) + 1, first);
        }
        said(changer.make(|scenario| {
            resize(scenario, new);
            if let Some(places) = &places {
                write_places(places, scenario);
            }
        }));
        panel.places.set(places);
    };
    let remove = move |id: NodeId| {
        said(changer.remove(id));
        panel.places.update(|places| {
            if let Some(places) = places
                .as_mut()
                .filter(|places| id.index() < places.nodes.len())
            {
                places.nodes.remove(id.index());
            }
        });
    };
    let plan = move |value: String| {
        let nodes = usize::from(replicas.get_untracked()) + 1;
        if let Some((_, plan)) = value
            .parse::<usize>()
            .ok()
            .and_then(|index| PLANS.get(index))
        {
            put(Places::planned(plan, nodes));
        }
    };
    let list = session.on_panel(|run| facts(run.simulation()).0);
    let chains = session.on_panel(|run| facts(run.simulation()).1);
    let count = Memo::new(move || list.with(Vec::len));
    view! {
        <section class="cl-nodes" aria-label="Nodes">
            <div class="cl-step">
                <h3>{move || words::count(u64::from(replicas.get()), names.get().replica)}</h3>
                <button
                    type="button"
                    class="cl-pm"
                    aria-label=move || format!("Remove n{}", replicas.get() + 1)
                    disabled=move || replicas.get() <= 1
                    on:click=move |_| resize_to(replicas.get_untracked() - 1)
                >
                    "−"
                </button>
                <button
                    type="button"
                    class="cl-pm"
                    aria-label=move || format!("Add n{}", replicas.get() + 2)
                    disabled=move || { replicas.get() >= MOST }
                    on:click=move |_| resize_to(replicas.get_untracked() + 1)
                >
                    "+"
                </button>
            </div>
            <div class="row">
                <label for="cl-plan">"Regions"</label>
                <select
                    id="cl-plan"
                    on:change:target=move |event| {
                        plan(event.target().value());
                        event.target().set_value("");
                    }
                >
                    <option value="">
                        {move || {
                            if places.with(Option::is_some) { "as listed" } else { "delays of its own" }
                        }}
                    </option>
                    {PLANS
                        .iter()
                        .enumerate()
                        .map(|(index, (name, _))| {
                            view! { <option value=index.to_string()>{*name}</option> }
                        })
                        .collect_view()}
                </select>
            </div>
            <ul>
                <For
                    each=move || 0..count.get()
                    // Whom one can follow changes with their number.
                    key=move |index| (*index, count.get_untracked())
                    children=move |index| {
                        let id = NodeId(index as u8);
                        view! { <NodeRow id list count changer scenario names places chains put=Callback::new(put) remove=Callback::new(remove) /> }
                    }
                />
                <Show when=move || places.with(Option::is_some)>
                    <li class="cl-node">
                        <b>"apps"</b>
                        <span></span>
                        <PlacePick
                            label="Place of the apps"
                            at=Memo::new(move || places.get().map(|places| places.apps))
                            on_pick=Callback::new(move |place| {
                                if let Some(mut places) = places.get_untracked() {
                                    places.apps = place;
                                    put(places);
                                }
                            })
                        />
                    </li>
                </Show>
            </ul>
            <p class="cl-error" role="alert">
                {move || error.get()}
            </p>
        </section>
    }
}

/// Has the links of a scenario speak of these places; one that is not valid is left for the engine to refuse.
fn write_places(places: &Places, scenario: &mut Value) {
    if let Ok(mut whole) = catalogue::close(scenario) {
        places.write(&mut whole.cluster);
        scenario["cluster"] = catalogue::open(&whole)["cluster"].clone();
    }
}

/// Whether both are the same seen from the links.
fn same_links(a: &Places, b: &Places) -> bool {
    let links = |places: &Places| {
        let mut cluster = replicascope_engine::scenario::Cluster::default();
        places.write(&mut cluster);
        cluster
    };
    a.nodes.len() == b.nodes.len() && links(a) == links(b)
}

#[component]
fn NodeRow(
    id: NodeId,
    list: Memo<Vec<NodeFact>>,
    count: Memo<usize>,
    changer: Changer,
    scenario: Memo<Value>,
    names: Memo<Names>,
    places: Memo<Option<Places>>,
    chains: Memo<Chains>,
    put: Callback<Places>,
    remove: Callback<NodeId>,
) -> impl IntoView {
    let fact = move || list.with(|list| list.get(id.index()).copied());
    let writes = Memo::new(move || fact().is_some_and(|fact| fact.writes));
    let upstream = Memo::new(move || fact()?.upstream);
    let place = move || places.with(|places| places.as_ref()?.nodes.get(id.index()).copied());
    let word = move || {
        if writes.get() {
            names.get().primary
        } else {
            names.get().replica
        }
    };
    view! {
        <li class="cl-node">
            <b>{id.to_string()}</b>
            <span>{word}</span>
            <Show when=move || place().is_some()>
                <PlacePick
                    label=format!("Place of {id}")
                    at=Memo::new(place)
                    on_pick=Callback::new(move |place| {
                        if let Some(mut places) = places.get_untracked() {
                            places.nodes[id.index()] = place;
                            put.run(places);
                        }
                    })
                />
            </Show>
            <Show when=move || { !writes.get() && chains.get() != Chains::Not }>
                <Follows id upstream count changer scenario chains />
            </Show>
            <Removal id count remove />
        </li>
    }
}

/// Takes a replica out, once what that means has been read.
#[component]
fn Removal(id: NodeId, count: Memo<usize>, remove: Callback<NodeId>) -> impl IntoView {
    let asked = RwSignal::new(false);
    // The last one goes by the button above; n1 is the primary at the start.
    let possible = move || id.index() > 0 && id.index() + 1 < count.get();
    let opener = NodeRef::<leptos::html::Button>::new();
    let answer = move |yes: bool| {
        asked.set(false);
        // The button that was pressed goes, and with another number of nodes the whole row.
        let next = if yes {
            remove.run(id);
            let buttons = document().query_selector(".cl-pm").ok().flatten();
            buttons.and_then(|button| button.dyn_into::<web_sys::HtmlElement>().ok())
        } else {
            opener.get_untracked().map(|opener| (*opener).clone())
        };
        if let Some(next) = next {
            // An element of the page can be focused.
            let _ = next.focus();
        }
    };
    view! {
        <button
            type="button"
            class="ib cl-out"
            node_ref=opener
            hidden=move || !possible()
            aria-label=format!("Take {id} out")
            title=format!("Take {id} out")
            aria-expanded=move || asked.get().to_string()
            on:click=move |_| asked.update(|asked| *asked = !*asked)
        >
            <Picture icon=Icon::Cross />
        </button>
        <div class="cl-ask" hidden=move || !asked.get() role="group" aria-label=format!("Take {id} out?")>
            <p class="hint">{move || asked.get().then(|| words::settings::removal(id, count.get()))}</p>
            <button type="button" class="btn" on:click=move |_| answer(true)>
                {format!("Remove {id}")}
            </button>
            <button type="button" class="btn btn--line" on:click=move |_| answer(false)>
                "Keep it"
            </button>
        </div>
    }
}

#[component]
fn PlacePick(
    #[prop(into)] label: String,
    at: Memo<Option<Place>>,
    on_pick: Callback<Place>,
) -> impl IntoView {
    view! {
        <select
            class="cl-place"
            aria-label=label
            on:change:target=move |event| {
                let index = event.target().value().parse::<usize>().ok();
                if let Some(place) = index.and_then(|index| PLACES.get(index)) {
                    on_pick.run(*place);
                }
            }
        >
            {PLACES
                .into_iter()
                .enumerate()
                .map(|(index, place)| {
                    view! {
                        <option value=index.to_string() prop:selected=move || at.get() == Some(place)>
                            {place.word()}
                        </option>
                    }
                })
                .collect_view()}
        </select>
    }
}

/// Whom a replica streams from: chained when that is another replica.
#[component]
fn Follows(
    id: NodeId,
    upstream: Memo<Option<NodeId>>,
    count: Memo<usize>,
    changer: Changer,
    scenario: Memo<Value>,
    chains: Memo<Chains>,
) -> impl IntoView {
    let session = Session::expect();
    let node = id.to_string();
    let tag = catalogue::all().find(|parameter| parameter.name == "tags[].replicatefrom");
    let tagged = {
        let node = node.clone();
        move || {
            let tag = tag?;
            let value = scenario.with(|scenario| tag.get(scenario, Some(&node)))?;
            value.as_str().map(str::to_owned)
        }
    };
    let shown = Memo::new(move || {
        if chains.get() == Chains::Tag {
            tagged()
        } else {
            upstream.get().map(|node| node.to_string())
        }
    });
    let pick = {
        let node = node.clone();
        move |value: String| match (chains.get_untracked(), tag) {
            (Chains::Tag, Some(tag)) => {
                let new = tag.read(&value);
                // Every node of the list is one of the cluster's.
                let _ = changer.make(|scenario| tag.set(scenario, Some(&node), new));
            }
            _ => {
                if let Ok(upstream) = value.parse() {
                    session.act(Action::Admin {
                        node: id,
                        command: Admin::Follow { upstream },
                    });
                }
            }
        }
    };
    let others = (0..count.get_untracked() as u8)
        .map(NodeId)
        .filter(move |&other| other != id);
    view! {
        <select
            class="cl-follow"
            aria-label=format!("{node} follows")
            on:change:target=move |event| pick(event.target().value())
        >
            <option value="" prop:selected=move || shown.with(Option::is_none)>
                {move || if chains.get() == Chains::Tag { "follows the leader" } else { "follows nobody" }}
            </option>
            {others
                .map(|other| {
                    let other = other.to_string();
                    let is_it = {
                        let other = other.clone();
                        move || shown.with(|shown| shown.as_deref() == Some(&other))
                    };
                    view! {
                        <option value=other.clone() prop:selected=is_it>
                            {format!("follows {other}")}
                        </option>
                    }
                })
                .collect_view()}
        </select>
    }
}

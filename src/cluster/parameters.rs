//! The parameters, to be found by their real names and changed one by one.

use leptos::prelude::*;

use super::catalogue::{self, Kind, Parameter, defaults, nodes_of, show};
use super::change::Changer;
use super::start::sample_for;
use super::value::Value;
use crate::lean::{For, Memo, Show};
use crate::shell::{Icon, Picture};
use crate::words;

/// The search, and what it finds.
#[component]
pub(super) fn Parameters(changer: Changer, scenario: Memo<Value>) -> impl IntoView {
    let query = RwSignal::new(String::new());
    let changed_only = RwSignal::new(false);
    let plain = Memo::new(move || scenario.with(defaults));
    let nodes = Memo::new(move || scenario.with(|scenario| nodes_of(scenario).len()));
    let is_changed = move |parameter: &Parameter| {
        scenario.with(|scenario| plain.with(|plain| differs(parameter, scenario, plain)))
    };
    let found = Memo::new(move || {
        let query = query.get();
        let only = changed_only.get();
        catalogue::all()
            .filter(|it| scenario.with(|scenario| it.is_in(scenario)))
            .filter(|it| it.matches(&query) && (!only || is_changed(it)))
            .collect::<Vec<_>>()
    });
    let elsewhere = Memo::new(move || {
        let query = query.get();
        if query.trim().is_empty() || changed_only.get() {
            return Vec::new();
        }
        catalogue::all()
            .filter(|it| it.matches(&query) && !scenario.with(|scenario| it.is_in(scenario)))
            .collect()
    });
    let count = move || match (found.with(Vec::len), elsewhere.with(Vec::len)) {
        (found, 0) => words::count(found as u64, "parameter"),
        (found, others) => format!(
            "{}, {others} of other systems",
            words::count(found as u64, "parameter")
        ),
    };
    view! {
        <section class="cl-params" aria-label="Parameters">
            <div class="cl-find">
                <h3>"Parameters"</h3>
                <input
                    type="search"
                    aria-label="Find a parameter"
                    placeholder="Find by name: ttl, synchronous_commit"
                    autocomplete="off"
                    spellcheck="false"
                    prop:value=move || query.get()
                    on:input:target=move |event| query.set(event.target().value())
                />
                <label class="check">
                    <input
                        type="checkbox"
                        prop:checked=move || changed_only.get()
                        on:change:target=move |event| changed_only.set(event.target().checked())
                    />
                    "Changed only"
                </label>
                <span class="tally" role="status">
                    {count}
                </span>
            </div>
            <ul class="cl-list">
                <For
                    each=move || {
                        nodes.track();
                        let mut title = "";
                        found
                            .get()
                            .into_iter()
                            .map(move |it| {
                                let first = it.title != title;
                                title = it.title;
                                (it, first)
                            })
                            .collect::<Vec<_>>()
                    }
                    // What each node has a field for is made anew when there are other nodes.
                    key=move |(it, first)| (it.path(), *first, nodes.get_untracked())
                    children=move |(it, first)| {
                        view! {
                            {first.then(|| view! { <li class="cl-group">{it.title}</li> })}
                            <Row parameter=it changer scenario plain />
                        }
                    }
                />
                <For
                    each=move || elsewhere.get()
                    key=Parameter::path
                    children=|it| view! { <Elsewhere parameter=it /> }
                />
                <Show when=move || found.with(Vec::is_empty) && elsewhere.with(Vec::is_empty)>
                    <li class="empty">
                        {move || {
                            if changed_only.get() && query.with(String::is_empty) {
                                "Everything is at its default."
                            } else {
                                "No parameter of that name."
                            }
                        }}
                    </li>
                </Show>
            </ul>
        </section>
    }
}

/// Whether it is not at its default; of one that each node has, whether any is not.
fn differs(parameter: &Parameter, scenario: &Value, plain: &Value) -> bool {
    let default = parameter.default(plain);
    if parameter.of_each_node().is_none() {
        return parameter.get(scenario, None) != default;
    }
    nodes_of(scenario)
        .iter()
        .any(|node| parameter.get(scenario, Some(node)) != default)
}

/// A default as a person reads it.
fn default_words(parameter: &Parameter, plain: &Value) -> String {
    parameter.words(&parameter.default(plain).unwrap_or(Value::Null))
}

/// What a row says besides its value.
#[component]
fn About(parameter: Parameter, default: String) -> impl IntoView {
    view! {
        <p class="cl-line">{parameter.line}</p>
        <p class="cl-meta">
            <span>"Default " {default}</span>
            <span>{parameter.range_words()}</span>
            <code>{parameter.rule}</code>
        </p>
    }
}

/// A parameter that another database, manager or router has.
#[component]
fn Elsewhere(parameter: Parameter) -> impl IntoView {
    let default = default_words(&parameter, &sample_for(parameter.owner));
    view! {
        <li class="cl-row cl-else">
            <div class="cl-head">
                <b class="cl-name">{parameter.label()}</b>
                <span class="cl-of">{parameter.title}</span>
            </div>
            <About parameter default />
        </li>
    }
}

#[component]
fn Row(
    parameter: Parameter,
    changer: Changer,
    scenario: Memo<Value>,
    plain: Memo<Value>,
) -> impl IntoView {
    let error = RwSignal::new(None::<String>);
    let changed =
        Memo::new(move || scenario.with(|now| plain.with(|plain| differs(&parameter, now, plain))));
    let default = plain.with_untracked(|plain| default_words(&parameter, plain));
    let id = format!("p-{}", parameter.path().replace(['.', '[', ']'], "-"));
    let error_id = format!("{id}-error");
    let path = parameter.path();
    let set = Callback::new(move |(node, value): (Option<String>, Value)| {
        let result = changer.make(|scenario| parameter.set(scenario, node.as_deref(), value));
        error.set(result.err().map(|error| {
            // The path of the field itself would be said twice.
            if error.path == path {
                error.problem.to_string()
            } else {
                error.to_string()
            }
        }));
    });
    let reset = move |_| {
        let result = changer.make(|scenario| {
            let default = plain.with_untracked(|plain| parameter.default(plain));
            let Some(default) = default else { return };
            if parameter.of_each_node().is_none() {
                parameter.set(scenario, None, default);
                return;
            }
            for node in nodes_of(scenario) {
                parameter.set(scenario, Some(&node), default.clone());
            }
        });
        error.set(result.err().map(|error| error.to_string()));
    };
    let control = Control {
        parameter,
        scenario,
        set,
        error,
        id: id.clone(),
        error_id: error_id.clone(),
    };
    let single = parameter.of_each_node().is_none();
    let one_field = single && !matches!(parameter.kind(), Kind::Nodes { .. });
    let name = if one_field {
        view! { <label class="cl-name" for=id>{parameter.label()}</label> }.into_any()
    } else {
        view! { <b class="cl-name" id=id>{parameter.label()}</b> }.into_any()
    };
    view! {
        <li class="cl-row" class:is-changed=move || changed.get()>
            <div class="cl-head">
                {name}
                <Show when=move || changed.get()>
                    <span class="cl-mark">"changed"</span>
                    <button
                        type="button"
                        class="ib cl-reset"
                        aria-label=format!("Reset {}", parameter.label())
                        title="Back to the default"
                        on:click=reset
                    >
                        <Picture icon=Icon::Undo />
                    </button>
                </Show>
                {one_field.then(|| control.clone().one(None))}
            </div>
            {(!one_field).then(|| control.several())}
            <About parameter default />
            <p class="cl-error" role="alert" id=error_id>
                {move || error.get().map(|why| format!("{why}. Nothing was changed."))}
            </p>
        </li>
    }
}

/// What a value is changed with.
#[derive(Clone)]
struct Control {
    parameter: Parameter,
    scenario: Memo<Value>,
    set: Callback<(Option<String>, Value)>,
    error: RwSignal<Option<String>>,
    id: String,
    error_id: String,
}

impl Control {
    fn value(&self, node: Option<String>) -> impl Fn() -> Value + Clone + Send + Sync + 'static {
        let (parameter, scenario) = (self.parameter, self.scenario);
        move || {
            scenario
                .with(|scenario| parameter.get(scenario, node.as_deref()))
                .unwrap_or(Value::Null)
        }
    }

    /// One field: of the parameter, or of one node's.
    fn one(self, node: Option<String>) -> AnyView {
        let Self {
            parameter,
            scenario,
            set,
            error,
            id,
            error_id,
        } = self.clone();
        let value = self.value(node.clone());
        // Of several fields each has its own name; of one field the label is the name.
        let label = node
            .as_ref()
            .map(|node| format!("{} of {node}", parameter.label()));
        let id = node.as_ref().map_or(Some(id), |_| None);
        match parameter.kind() {
            Kind::Bool => {
                let checked = move || value() == Value::Bool(true);
                view! {
                    <input
                        class="cl-check"
                        type="checkbox"
                        id=id
                        aria-label=label
                        prop:checked=checked
                        on:change:target=move |event| {
                            set.run((node.clone(), Value::Bool(event.target().checked())));
                        }
                    />
                }
                .into_any()
            }
            Kind::Choice(words) => {
                let options = words
                    .split(' ')
                    .map(|word| (word.to_owned(), word.to_owned()));
                select(id, label, options.collect(), value, move |text| {
                    set.run((node.clone(), parameter.read(&text)));
                })
            }
            Kind::Node => {
                let nodes = scenario.with_untracked(nodes_of);
                let none = [(String::new(), "none".to_owned())];
                let nodes = nodes.into_iter().map(|node| (node.clone(), node));
                select(
                    id,
                    label,
                    none.into_iter().chain(nodes).collect(),
                    value,
                    move |text| {
                        set.run((node.clone(), parameter.read(&text)));
                    },
                )
            }
            kind => {
                let wide = kind == Kind::Text;
                let optional = matches!(kind, Kind::Number { optional: true, .. });
                let shown = move || show(&value());
                view! {
                    <span class="num">
                        <input
                            type="text"
                            class:cl-wide=wide
                            id=id
                            aria-label=label
                            placeholder=optional.then_some("none")
                            autocomplete="off"
                            spellcheck="false"
                            aria-describedby=error_id
                            aria-invalid=move || error.with(Option::is_some).to_string()
                            prop:value=shown
                            on:change:target=move |event| {
                                set.run((node.clone(), parameter.read(&event.target().value())));
                            }
                        />
                        <span class="unit">{parameter.unit}</span>
                    </span>
                }
                .into_any()
            }
        }
    }

    /// A field for each node, or a list of nodes.
    fn several(self) -> AnyView {
        let (id, nodes) = (self.id.clone(), self.scenario.with_untracked(nodes_of));
        let fields = nodes
            .into_iter()
            .map(|node| match self.parameter.kind() {
                Kind::Nodes { .. } => self.clone().member(node),
                kind => {
                    let class = if kind == Kind::Bool {
                        "check"
                    } else {
                        "cl-each"
                    };
                    view! { <span class=class>{node.clone()} {self.clone().one(Some(node))}</span> }
                        .into_any()
                }
            })
            .collect_view();
        view! {
            <div class="members" role="group" aria-labelledby=id>
                {fields}
            </div>
        }
        .into_any()
    }

    /// One node of a list. An absent list means every replica.
    fn member(self, node: String) -> AnyView {
        let Self {
            parameter,
            scenario,
            set,
            ..
        } = self.clone();
        let value = self.value(None);
        let members = {
            let value = value.clone();
            move || match value() {
                Value::Array(list) => list,
                // n1 is the primary at the start, and replicates from it once it is a replica.
                _ if parameter.kind() == Kind::Nodes { optional: true } => scenario
                    .with(nodes_of)
                    .into_iter()
                    .map(Value::from)
                    .collect(),
                _ => Vec::new(),
            }
        };
        let label = format!("{} on {node}", parameter.label());
        let named = Value::from(node.clone());
        let toggle = {
            let (members, named) = (members.clone(), named.clone());
            move |on: bool| {
                let mut list = members();
                list.retain(|other| *other != named);
                if on {
                    list.push(named.clone());
                    list.sort_by_key(|node| {
                        node.as_str().map(|node| (node.len(), node.to_owned()))
                    });
                }
                let all = list.len() == scenario.with_untracked(nodes_of).len();
                let whole = all && parameter.kind() == Kind::Nodes { optional: true };
                set.run((
                    None,
                    if whole {
                        Value::Null
                    } else {
                        Value::Array(list)
                    },
                ));
            }
        };
        view! {
            <label class="check">
                <input
                    type="checkbox"
                    aria-label=label
                    prop:checked=move || members().contains(&named)
                    on:change:target=move |event| toggle(event.target().checked())
                />
                {node}
            </label>
        }
        .into_any()
    }
}

fn select(
    id: Option<String>,
    label: Option<String>,
    options: Vec<(String, String)>,
    value: impl Fn() -> Value + Clone + Send + Sync + 'static,
    on_pick: impl Fn(String) + 'static,
) -> AnyView {
    let options = options
        .into_iter()
        .map(|(name, text)| {
            let value = value.clone();
            let is_it = {
                let name = name.clone();
                move || show(&value()) == name
            };
            view! {
                <option value=name prop:selected=is_it>
                    {text}
                </option>
            }
        })
        .collect_view();
    view! {
        <select id=id aria-label=label on:change:target=move |event| on_pick(event.target().value())>
            {options}
        </select>
    }
    .into_any()
}

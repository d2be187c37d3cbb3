//! The settings behind the mode switch: each mode's parameters, failover, fencing and timers.

use leptos::{ev, html, prelude::*};
use replicascope_engine::ids::NodeId;
use replicascope_engine::scenario::{Action, Failover, SemiSync, Setting, Settings, Sync, Timers};
use wasm_bindgen::JsCast as _;

use super::field::{Ms, OptionalMs};
use crate::lean::{Memo, Show};
use crate::parts::{Detail, Later, Part};
use crate::session::Session;
use crate::shell::{Icon, Picture};
use replicascope_engine::sort::sort_by_key;

/// The settings in force, projected field by field.
fn project<T: PartialEq + Clone + Send + core::marker::Sync + 'static>(
    session: Session,
    look: impl Fn(&Settings) -> T + Send + core::marker::Sync + 'static,
) -> Memo<T> {
    session.on_panel(move |run| look(run.simulation().settings()))
}

fn set(session: Session, setting: Setting) {
    session.act(Action::Set(setting));
}

/// The button and what it opens.
#[component]
pub(crate) fn SettingsPopover() -> impl IntoView {
    let open = RwSignal::new(false);
    let place = NodeRef::<html::Div>::new();
    let button = NodeRef::<html::Button>::new();
    let outside = window_event_listener(ev::pointerdown, move |event| {
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Node>().ok());
        let inside = place
            .get_untracked()
            .is_some_and(|place| place.contains(target.as_ref()));
        if open.get_untracked() && !inside {
            open.set(false);
        }
    });
    on_cleanup(move || outside.remove());
    let on_key = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" && open.get_untracked() {
            event.prevent_default();
            open.set(false);
            if let Some(button) = button.get_untracked() {
                // An element of the page can be focused.
                let _ = button.focus();
            }
        }
    };
    view! {
        <div class="pop-place" node_ref=place on:keydown=on_key>
            <button
                type="button"
                class="ib"
                node_ref=button
                aria-label="Mode settings"
                title="Mode settings"
                aria-expanded=move || open.get().to_string()
                on:click=move |_| open.update(|open| *open = !*open)
            >
                <Picture icon=Icon::Sliders />
            </button>
            <Show when=move || open.get()>
                <div class="pop" role="dialog" aria-label="Mode settings">
                    <Later part=Part::Detail(Detail::Mode) />
                </div>
            </Show>
        </div>
    }
}

/// What it opens.
#[component]
pub(super) fn ModeSettings() -> impl IntoView {
    view! {
        <SemiSyncFields />
        <SyncFields />
        <FailoverFields />
    }
}

#[component]
fn SemiSyncFields() -> impl IntoView {
    let session = Session::expect();
    let semi = project(session, |settings| settings.semi_sync);
    let replicas = session.peek(|run| run.simulation().cluster().replicas);
    let change = move |change: fn(&mut SemiSync, u64), value: u64| {
        let mut new = semi.get_untracked();
        change(&mut new, value);
        set(session, Setting::SemiSync(new));
    };
    view! {
        <fieldset>
            <legend>"Semi-sync"</legend>
            <div class="row">
                <label for="semi-acks">"Replicas that must have it"</label>
                <select
                    id="semi-acks"
                    on:change:target=move |event| {
                        if let Ok(acks) = event.target().value().parse() {
                            change(|semi, acks| semi.acks = acks as u8, acks);
                        }
                    }
                >
                    {(1..=replicas)
                        .map(|acks| {
                            view! {
                                <option
                                    value=acks.to_string()
                                    prop:selected=move || semi.get().acks == acks
                                >
                                    {acks}
                                </option>
                            }
                        })
                        .collect_view()}
                </select>
            </div>
            <OptionalMs
                id="semi-timeout"
                label="Falls back to async after"
                never="Waits for ever"
                usual_ms=10_000
                value=Memo::new(move || semi.get().timeout_us)
                on_set=Callback::new(move |timeout_us| {
                    set(session, Setting::SemiSync(SemiSync { timeout_us, ..semi.get_untracked() }));
                })
            />
        </fieldset>
    }
}

#[component]
fn SyncFields() -> impl IntoView {
    let session = Session::expect();
    let sync = project(session, |settings| settings.sync.clone());
    let nodes: Vec<NodeId> = session.peek(|run| run.simulation().cluster().nodes().collect());
    let all = nodes.clone();
    let member = move |node: NodeId| {
        sync.with(|sync| {
            sync.members
                .as_ref()
                .is_none_or(|members| members.contains(&node))
        })
    };
    let toggle = move |node: NodeId, on: bool| {
        let mut members = sync.get_untracked().members.unwrap_or_else(|| all.clone());
        members.retain(|&other| other != node);
        if on {
            members.push(node);
            sort_by_key(&mut members, |&node| node);
        }
        let members = (members.len() < all.len()).then_some(members);
        set(
            session,
            Setting::Sync(Sync {
                members,
                ..sync.get_untracked()
            }),
        );
    };
    view! {
        <fieldset>
            <legend>"Sync"</legend>
            <OptionalMs
                id="sync-drop"
                label="A dead member leaves after"
                never="Never leaves"
                usual_ms=1_000
                value=Memo::new(move || sync.get().drop_after_us)
                on_set=Callback::new(move |drop_after_us| {
                    set(session, Setting::Sync(Sync { drop_after_us, ..sync.get_untracked() }));
                })
            />
            <div class="members" role="group" aria-label="Sync set">
                {nodes
                    .into_iter()
                    .map(|node| {
                        let toggle = toggle.clone();
                        view! {
                            <label class="check">
                                <input
                                    type="checkbox"
                                    prop:checked=move || member(node)
                                    on:change:target=move |event| {
                                        toggle(node, event.target().checked());
                                    }
                                />
                                {node.to_string()}
                            </label>
                        }
                    })
                    .collect_view()}
            </div>
        </fieldset>
    }
}

#[component]
fn FailoverFields() -> impl IntoView {
    let session = Session::expect();
    let failover = project(session, |settings| settings.failover);
    let fencing = project(session, |settings| settings.fencing);
    let timers = project(session, |settings| settings.timers);
    let radio = move |this: Failover, text: &'static str| {
        view! {
            <label>
                <input
                    type="radio"
                    name="failover"
                    prop:checked=move || failover.get() == this
                    on:change=move |_| set(session, Setting::Failover(this))
                />
                {text}
            </label>
        }
    };
    view! {
        <fieldset class="radios">
            <legend>"Failover"</legend>
            {radio(Failover::Election, "the nodes elect a new primary")}
            {radio(Failover::Manual, "a person promotes")}
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=move || fencing.get()
                    on:change:target=move |event| {
                        set(session, Setting::Fencing(event.target().checked()));
                    }
                />
                "Fencing: no lease, no writes"
            </label>
            <Ms
                id="election-timeout"
                label="Election after silence of"
                value=Memo::new(move || timers.get().election_timeout_us)
                on_set=move |election_timeout_us: u64| {
                    set(
                        session,
                        Setting::Timers(Timers { election_timeout_us, ..timers.get_untracked() }),
                    );
                }
            />
            <Ms
                id="heartbeat"
                label="Heartbeat every"
                value=Memo::new(move || timers.get().heartbeat_us)
                on_set=move |heartbeat_us: u64| {
                    set(session, Setting::Timers(Timers { heartbeat_us, ..timers.get_untracked() }));
                }
            />
        </fieldset>
    }
}

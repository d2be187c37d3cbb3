//! One write or one read by hand.

use leptos::prelude::*;
use replicascope_engine::ids::{ClientId, Key, NodeId};
use replicascope_engine::scenario::Action;

use crate::session::Session;
use crate::words;

/// Most keys that the list offers.
const KEYS_OFFERED: u32 = 50;

/// Who sends what to whom.
#[component]
pub(super) fn Send() -> impl IntoView {
    let session = Session::expect();
    let client = RwSignal::new(ClientId(0));
    let key = RwSignal::new(Key(0));
    let node = RwSignal::new(None::<NodeId>);
    let clients = session.on_panel(|run| run.simulation().cluster().clients.clone());
    let keys = session.on_panel(|run| run.simulation().workload().keys.min(KEYS_OFFERED));
    let nodes = session.on_panel(|run| run.simulation().nodes().len());
    // Another scenario may have fewer of everything.
    let client_now = move || {
        ClientId(
            client
                .get_untracked()
                .0
                .min(clients.with_untracked(Vec::len) as u16 - 1),
        )
    };
    let key_now = move || Key(key.get_untracked().0.min(keys.get_untracked() - 1));
    let node_now = move || {
        node.get_untracked()
            .filter(|node| node.index() < nodes.get_untracked())
    };
    view! {
           <section class="send">
               <h2>"Send one"</h2>
               <div class="pair">
                   <select
                       aria-label="App"
                       on:change:target=move |event| {
                           client.set(ClientId(event.target().value().parse().unwrap_or(0)));
                       }
                   >
                       {move || {
                           clients
                               .get()
                               .into_iter()
                               .enumerate()
                               .map(|(index, name)| {
                                   view! { <option value=index.to_string()>{name}</option> }
                               })
                               .collect_view()
                       }}
                   </select>
                   <select
                       aria-label="Key"
                       on:change:target=move |event| {
                           key.set(Key(event.target().value().parse().unwrap_or(0)));
                       }
                   >
                       {move || {
                           (0..keys.get())
                               .map(|index| {
                                   let name = words::key(Key(index));
                                   view! { <option value=index.to_string()>{name}</option> }
                               })
                               .collect_view()
                       }}
                   </select>
               </div>
               <div class="pair">
                   <button
                       type="button"
                       class="btn"
                       on:click=move |_| {
                           session
                               .act(Action::Write {
    node: None,
    synchronous_commit: None,
                                   client: client_now(),
                                   key: key_now(),
                                   value: None,
                               });
                       }
                   >
                       "Write"
                   </button>
                   <button
                       type="button"
                       class="btn btn--line"
                       on:click=move |_| {
                           session
                               .act(Action::Read {
                                   client: client_now(),
                                   key: key_now(),
                                   node: node_now(),
                               });
                       }
                   >
                       "Read"
                   </button>
               </div>
               <div class="row">
                   <label for="read-from">"Read from"</label>
                   <select
                       id="read-from"
                       on:change:target=move |event| node.set(event.target().value().parse().ok())
                   >
                       <option value="">"as routed"</option>
                       {move || {
                           (0..nodes.get() as u8)
                               .map(|node| {
                                   let node = NodeId(node).to_string();
                                   view! { <option value=node.clone()>{node.clone()}</option> }
                               })
                               .collect_view()
                       }}
                   </select>
               </div>
           </section>
       }
}

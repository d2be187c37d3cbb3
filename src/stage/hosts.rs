//! The hosts beside the nodes: members of the consensus store, MHA's manager, Sentinels. A row of chips below the nodes, each
//! with what may be done to it.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use replicascope_engine::Simulation;
use replicascope_engine::manager::store::{State, StoreRole};
use replicascope_engine::scenario::{Action, Endpoint, Manager, Service, ServiceAction};
use replicascope_engine::world::Health;

use crate::lean::number::{moved, px};
use crate::lean::{For, Memo, Show, settled};
use crate::session::Session;

use super::icons::Icon;
use super::layout::Layout;

/// Every host beside the nodes.
pub(super) fn of(simulation: &Simulation) -> impl Iterator<Item = Service> {
    simulation
        .services()
        .filter(|service| !matches!(service, Service::Agent(_)))
}

/// A host as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct HostFact {
    service: Service,
    /// What it is: a member of the store, or which manager.
    kind: &'static str,
    health: Health,
    leads: bool,
    cut_off: bool,
}

impl HostFact {
    fn of(simulation: &Simulation, service: Service) -> Self {
        let (kind, leads) = match (service, &simulation.settings().manager) {
            (Service::Store(index), _) => {
                let role = simulation.store_role(index).map(|(role, _)| role);
                ("store member", role == Some(StoreRole::Leader))
            }
            (_, Manager::Mha(_)) => ("MHA manager", false),
            _ => ("Sentinel", false),
        };
        let health = simulation.service_health(service).unwrap_or(Health::Lost);
        let mut links = links_of(simulation, service).peekable();
        let network = simulation.network();
        Self {
            service,
            kind,
            health,
            leads: leads && health == Health::Up,
            cut_off: links.peek().is_some() && links.all(|(from, to)| network.link(from, to).cut),
        }
    }

    /// "leader", "frozen", or nothing to be said.
    fn word(self) -> &'static str {
        match (self.health, self.cut_off, self.leads) {
            (Health::Down | Health::Lost, ..) => "down",
            (Health::Frozen, ..) => "frozen",
            (_, true, _) => "cut off",
            (.., true) => "leader",
            _ => "up",
        }
    }

    fn icon(self) -> Icon {
        match (self.health, self.cut_off) {
            (Health::Down | Health::Lost, _) => Icon::Power,
            (Health::Frozen, _) => Icon::Snowflake,
            (_, true) => Icon::OpenContact,
            _ if self.leads => Icon::Pen,
            _ => Icon::Tick,
        }
    }

    fn name(self) -> String {
        format!("{}, {}, {}", self.service, self.kind, self.word())
    }
}

/// Both directions of every link of a host: to the nodes, and to the others of its kind.
fn links_of(
    simulation: &Simulation,
    service: Service,
) -> impl Iterator<Item = (Endpoint, Endpoint)> + use<'_> {
    let end = end_of(service);
    let nodes = simulation.cluster().nodes().map(Endpoint::Node);
    let hosts = of(simulation).map(end_of);
    nodes
        .chain(hosts)
        .filter(move |&other| other != end)
        .flat_map(move |other| [(end, other), (other, end)])
}

fn end_of(service: Service) -> Endpoint {
    match service {
        Service::Agent(node) => Endpoint::Node(node),
        Service::Store(index) => Endpoint::Store(index),
        Service::Monitor(index) => Endpoint::Monitor(index),
    }
}

/// How many things may be done to a host.
const DEEDS: usize = 3;

/// What may be done to a host: the word, its picture, and whether it is about its links.
fn deeds(fact: HostFact) -> [(&'static str, Icon, Option<ServiceAction>); DEEDS] {
    let down = matches!(fact.health, Health::Down | Health::Lost);
    [
        if down {
            ("Start", Icon::Ring, Some(ServiceAction::Restart))
        } else {
            ("Kill", Icon::Power, Some(ServiceAction::Kill))
        },
        if fact.health == Health::Frozen {
            ("Thaw", Icon::Snowflake, Some(ServiceAction::Thaw))
        } else {
            ("Freeze", Icon::Snowflake, Some(ServiceAction::Freeze))
        },
        if fact.cut_off {
            ("Reconnect", Icon::Arrows, None)
        } else {
            ("Cut off", Icon::OpenContact, None)
        },
    ]
}

fn actions(simulation: &Simulation, fact: HostFact, what: Option<ServiceAction>) -> Vec<Action> {
    let HostFact {
        service, cut_off, ..
    } = fact;
    match what {
        Some(what) => vec![Action::Service { service, what }],
        None => links_of(simulation, service)
            .map(|(from, to)| {
                if cut_off {
                    Action::HealLink { from, to }
                } else {
                    Action::CutLink { from, to }
                }
            })
            .collect(),
    }
}

/// What stands before the row: what the hosts are, and what they say.
fn heading(simulation: &Simulation) -> (&'static str, String) {
    match &simulation.settings().manager {
        Manager::Patroni(_) => {
            let leads = simulation.store_state().and_then(State::leads);
            let key = leads.map_or("no leader key".to_owned(), |node| format!("key: {node}"));
            ("Store", key)
        }
        Manager::Mha(_) => ("MHA", "pings the source".to_owned()),
        Manager::Sentinel(sentinel) => ("Sentinels", format!("quorum {}", sentinel.quorum)),
        Manager::None => ("", String::new()),
    }
}

/// The row.
#[component]
pub(super) fn Hosts() -> impl IntoView {
    let session = Session::expect();
    let layout = expect_context::<Memo<Layout>>();
    let open = RwSignal::new(None::<Service>);
    let facts = settled(session.on_panel(|run| {
        let simulation = run.simulation();
        of(simulation)
            .map(|service| HostFact::of(simulation, service))
            .collect::<Vec<_>>()
    }));
    let count = Memo::new(move || facts.with(Vec::len));
    let words = session.on_panel(|run| heading(run.simulation()));
    let place = move || {
        layout.with(|layout| {
            let y = layout.hosts.first().map_or(0.0, |host| host.y);
            moved(layout.hosts_at(), y)
        })
    };
    view! {
        <Show when=move || { count.get() > 0 }>
            <p class="sg-hosts" style:transform=place>
                <b>{move || words.with(|words| words.0)}</b>
                <span class="sg-tnum">{move || words.with(|words| words.1.clone())}</span>
            </p>
            <For
                each=move || 0..count.get()
                key=|index| *index
                children=move |index| {
                    let fact = Memo::new(move || facts.with(|facts| facts.get(index).copied()));
                    view! { <Host index fact layout open /> }
                }
            />
        </Show>
    }
}

#[component]
fn Host(
    index: usize,
    fact: Memo<Option<HostFact>>,
    layout: Memo<Layout>,
    open: RwSignal<Option<Service>>,
) -> impl IntoView {
    let session = Session::expect();
    let untouched = super::is_untouched();
    let rect = Memo::new(move || layout.with(|layout| layout.hosts.get(index).copied()));
    let is_open = Memo::new(move || {
        open.get()
            .is_some_and(|open| fact.get().is_some_and(|fact| fact.service == open))
    });
    let icon = move || fact.get().map_or(Icon::Tick, HostFact::icon);
    let state = move || match fact.get().map(HostFact::word) {
        Some("up") => "",
        Some("leader") => " is-leader",
        Some("cut off") => " is-cut",
        Some("frozen") => " is-frozen",
        _ => " is-down",
    };
    // A row of open buttons would leave the stage at its right end.
    let opens_left = move || {
        rect.get()
            .is_some_and(|rect| rect.x + 300.0 > layout.with(|layout| layout.width))
    };
    let opener = NodeRef::<leptos::html::Button>::new();
    let close = move || {
        open.set(None);
        // The buttons go, and the one that has the focus with them.
        if let Some(opener) = opener.get_untracked() {
            // An element of the page can be focused.
            let _ = opener.focus();
        }
    };
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Escape" && is_open.get_untracked() {
            event.stop_propagation();
            close();
        }
    };
    let act = move |what: Option<ServiceAction>| {
        let Some(fact) = fact.get_untracked() else {
            return;
        };
        let actions = session.peek(|run| actions(run.simulation(), fact, what));
        session.act_all(actions);
        close();
    };
    view! {
        <div
            class=move || format!("sg-host{}", state())
            role="group"
            aria-label=move || fact.get().map(HostFact::name)
            style:transform=move || {
                rect.get().map(|rect| moved(rect.x, rect.y))
            }
            style:width=move || rect.get().map(|rect| px(rect.w))
            style:height=move || rect.get().map(|rect| px(rect.h))
            on:keydown=on_key
        >
            <button
                type="button"
                class="sg-host-b"
                disabled=untouched
                node_ref=opener
                aria-expanded=move || is_open.get().to_string()
                on:click=move |_| {
                    let service = fact.get_untracked().map(|fact| fact.service);
                    open.update(|open| *open = if *open == service { None } else { service });
                }
            >
                {Icon::view(icon)}
                <b>{move || fact.get().map(|fact| fact.service.to_string())}</b>
                " "
                <span>{move || fact.get().map(HostFact::word)}</span>
                <i class="sr">" faults"</i>
            </button>
            <Show when=move || is_open.get()>
                <div class="sg-acts" class:to-left=opens_left>
                    {(0..DEEDS)
                        .map(|index| {
                            // The same button before and after, so that the focus stays on it.
                            let deed = move || fact.get().map(|fact| deeds(fact)[index]);
                            view! {
                                <button
                                    type="button"
                                    class="sg-act"
                                    on:click=move |_| {
                                        if let Some((.., what)) = untrack(deed) {
                                            act(what);
                                        }
                                    }
                                >
                                    {Icon::view(move || deed().map_or(Icon::Power, |(_, icon, _)| icon))}
                                    <span>{move || deed().map(|(word, ..)| word)}</span>
                                </button>
                            }
                        })
                        .collect_view()}
                </div>
            </Show>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use replicascope_engine::Scenario;
    use replicascope_engine::time::Time;

    fn run(settings: &str) -> Simulation {
        let text = format!(r#"{{"version":2,"settings":{settings}}}"#);
        Simulation::new(&Scenario::from_json(&text).expect("valid")).expect("valid")
    }

    const PATRONI: &str = r#"{"database":{"postgresql":{}},"manager":{"patroni":{}}}"#;

    #[test]
    fn each_manager_has_its_hosts() {
        let names = |settings| {
            let run = run(settings);
            of(&run)
                .map(|service| HostFact::of(&run, service).name())
                .collect::<Vec<_>>()
        };
        assert!(names("{}").is_empty());
        assert_eq!(names(PATRONI).len(), 3);
        assert!(names(PATRONI).contains(&"s1, store member, leader".to_owned()));
        assert_eq!(
            names(r#"{"database":{"mysql":{}},"manager":{"mha":{}}}"#),
            ["m1, MHA manager, up"]
        );
        assert_eq!(
            names(r#"{"database":{"mysql":{}},"manager":{"sentinel":{}}}"#).len(),
            3
        );
    }

    #[test]
    fn cutting_off_the_leader_of_the_store_makes_another_and_is_undone() {
        let mut run = run(PATRONI);
        let leader = of(&run)
            .find(|&service| HostFact::of(&run, service).leads)
            .expect("one leads");
        for expected in [true, false] {
            let fact = HostFact::of(&run, leader);
            for action in actions(&run, fact, None) {
                run.act(action).expect("valid");
            }
            assert_eq!(HostFact::of(&run, leader).cut_off, expected);
            run.advance_to(Time(run.now().0 + 10_000_000));
            let others = of(&run).filter(|&service| service != leader);
            let mut facts = others.map(|service| HostFact::of(&run, service));
            assert!(facts.any(|fact| fact.leads), "another one leads");
        }
    }
}

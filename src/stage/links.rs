//! The lines between apps, router and nodes, and what is the matter with each.

use leptos::prelude::*;
use replicascope_engine::Simulation;
use replicascope_engine::ids::{NodeId, NodeSet};
use replicascope_engine::scenario::{Endpoint, ReadPolicy};

use crate::lean::number::decimal;
use crate::lean::{For, Memo, Show, settled};
use crate::session::Session;

use super::routes::{Routes, Way};

/// How a line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Look {
    /// Whether it is drawn at all.
    pub(crate) shown: bool,
    /// Whether the log, or writes, go over it.
    pub(crate) active: bool,
    /// Whether the far end is slow.
    pub(crate) slow: bool,
    /// Whether one direction, or both, are cut.
    pub(crate) cut: bool,
    /// Whether it carries reads.
    pub(crate) reads: bool,
}

impl Look {
    fn class(self) -> String {
        let mut class = "lk".to_owned();
        for (holds, name) in [
            (!self.shown, " off"),
            (self.active, " active"),
            (self.slow, " slow"),
            (self.cut, " cut"),
            (self.reads, " reads"),
        ] {
            if holds {
                class.push_str(name);
            }
        }
        class
    }
}

/// The looks of all lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Looks {
    nodes: usize,
    asks: Vec<Look>,
    talks: Vec<((NodeId, NodeId), Look)>,
}

impl Looks {
    /// As they are now.
    #[must_use]
    pub(crate) fn of(simulation: &Simulation) -> Self {
        let ids = || simulation.cluster().nodes();
        let writers = simulation.writers();
        let pairs = ids().flat_map(|a| ids().filter(move |b| a < *b).map(move |b| (a, b)));
        Self {
            nodes: simulation.nodes().len(),
            asks: ids().map(|node| ask(simulation, writers, node)).collect(),
            talks: pairs
                .map(|(a, b)| ((a, b), talk(simulation, writers, a, b)))
                .collect(),
        }
    }
}

fn is_cut(simulation: &Simulation, a: Endpoint, b: Endpoint) -> bool {
    let network = simulation.network();
    network.link(a, b).cut || network.link(b, a).cut
}

fn ask(simulation: &Simulation, writers: NodeSet, node: NodeId) -> Look {
    let writes = writers.contains(node);
    let believed = simulation.router().believes(node);
    let cut = is_cut(simulation, Endpoint::Clients, node.into());
    let reads =
        !writes && simulation.settings().reads != ReadPolicy::PrimaryOnly && believed.reachable;
    Look {
        shown: writes || reads || cut,
        active: writes && believed.primary,
        slow: false,
        cut,
        reads,
    }
}

fn talk(simulation: &Simulation, writers: NodeSet, a: NodeId, b: NodeId) -> Look {
    let cut = is_cut(simulation, a.into(), b.into());
    let (writer, other) = if writers.contains(a) { (a, b) } else { (b, a) };
    if !writers.contains(writer) {
        return chained(simulation, a, b, cut);
    }
    let copy = simulation.node(other);
    let streams = copy
        .streaming_from()
        .is_some_and(|timeline| timeline == simulation.node(writer).timeline())
        && (!copy.is_server() || copy.upstream() == Some(writer));
    // A copy of a copy has its line there.
    let elsewhere = copy.is_server() && copy.streaming_from().is_some() && !streams;
    Look {
        shown: streams || cut || (writers.len() == 1 && !elsewhere),
        active: streams && !cut,
        slow: copy.slow_factor() > 1,
        cut,
        reads: false,
    }
}

/// Between two copies there is a line where one streams from the other. What they say when they elect travels without.
fn chained(simulation: &Simulation, a: NodeId, b: NodeId, cut: bool) -> Look {
    let streams = |copy: NodeId, from: NodeId| {
        let copy = simulation.node(copy);
        copy.is_server() && copy.upstream() == Some(from) && copy.streaming_from().is_some()
    };
    let (down, up) = (streams(b, a), streams(a, b));
    if !down && !up {
        return Look::default();
    }
    Look {
        shown: true,
        active: !cut,
        slow: simulation.node(if down { b } else { a }).slow_factor() > 1,
        cut,
        reads: false,
    }
}

/// The lines.
#[component]
pub(crate) fn Links(routes: Memo<Routes>) -> impl IntoView {
    let session = Session::expect();
    let looks = settled(session.on_frame(Looks::of));
    let apps = session.on_panel(|recording| recording.simulation().cluster().clients.len());
    let nodes = Memo::new(move || looks.with(|looks| looks.nodes));
    let pairs = move || {
        let nodes = nodes.get() as u8;
        let all = (0..nodes).flat_map(move |a| (a + 1..nodes).map(move |b| (NodeId(a), NodeId(b))));
        all.collect::<Vec<_>>()
    };
    let app_line = move |app: usize| {
        let path = move || routes.with(|routes| routes.app(app).map(Way::path));
        view! { <path class="lk" d=path /> }
    };
    let ask_line = move |node: NodeId| {
        let look = Memo::new(move || looks.with(|looks| looks.asks.get(node.index()).copied()));
        let path = Memo::new(move || routes.with(|routes| routes.ask(node).map(Way::path)));
        let middle =
            Memo::new(move || routes.with(|routes| routes.ask(node).map(|way| way.spot(0.9).at)));
        view! { <Line look path middle /> }
    };
    let talk_line = move |(a, b): (NodeId, NodeId)| {
        let look = Memo::new(move || {
            looks.with(|looks| {
                let found = looks.talks.iter().find(|(pair, _)| *pair == (a, b));
                found.map(|(_, look)| *look)
            })
        });
        let path =
            Memo::new(move || routes.with(|routes| routes.talk(a, b).map(|(way, _)| way.path())));
        let middle = Memo::new(move || {
            routes.with(|routes| routes.talk(a, b).map(|(way, _)| way.spot(0.5).at))
        });
        view! { <Line look path middle /> }
    };
    view! {
        <For each=move || 0..apps.get() key=|app| *app children=app_line />
        <For
            each=move || (0..nodes.get()).map(|index| NodeId(index as u8))
            key=|node| *node
            children=ask_line
        />
        <For each=pairs key=|pair| *pair children=talk_line />
    }
}

#[component]
fn Line(
    look: Memo<Option<Look>>,
    path: Memo<Option<String>>,
    middle: Memo<Option<super::layout::Point>>,
) -> impl IntoView {
    let look = move || look.get().unwrap_or_default();
    let cut = Memo::new(move || look().shown && look().cut);
    let place = move || {
        middle
            .get()
            .map(|at| format!("translate({} {})", decimal(at.x, 1), decimal(at.y, 1)))
    };
    view! {
        <path class=move || look().class() d=move || path.get() />
        <Show when=move || cut.get()>
            <g class="lk-contact" transform=place>
                <circle r="11" />
                <path d="M-6.8 0H-2 M2 0h4.8 M-2-4v8 M2-4v8" />
            </g>
        </Show>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use replicascope_engine::Scenario;
    use replicascope_engine::scenario::{Action, Admin};
    use replicascope_engine::time::Time;

    #[test]
    fn a_chained_replica_has_its_line_to_the_one_it_follows() {
        let text = r#"{"version":2,"settings":{"database":{"postgresql":{}}}}"#;
        let scenario = Scenario::from_json(text).expect("valid");
        let mut run = Simulation::new(&scenario).expect("valid");
        run.advance_to(Time::from_secs(1));
        let look = |run: &Simulation, a: u8, b: u8| {
            let looks = Looks::of(run);
            let pair = (NodeId(a), NodeId(b));
            let found = looks.talks.iter().find(|(other, _)| *other == pair);
            found.expect("a pair").1
        };
        assert!(look(&run, 0, 2).active && !look(&run, 1, 2).shown);
        let follow = Action::Admin {
            node: NodeId(2),
            command: Admin::Follow {
                upstream: NodeId(1),
            },
        };
        run.act(follow).expect("valid");
        run.advance_to(Time::from_secs(20));
        assert!(look(&run, 1, 2).active && !look(&run, 0, 2).shown);
    }
}

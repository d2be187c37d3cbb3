//! The faults that are one key away.

use leptos::prelude::*;
use replicascope_engine::Simulation;
use replicascope_engine::ids::NodeId;
use replicascope_engine::node::Node;
use replicascope_engine::scenario::{Action, KillKind};
use replicascope_engine::world::Health;

use crate::session::Session;
use crate::shell::{Icon, Picture};
use crate::words::primary_of;

/// How many times slower a slowed node is: slow enough that a page's worth of writes outruns it.
const SLOW_FACTOR: u32 = 100;

/// A fault, or its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The power fails.
    Kill,
    /// Cut off from the other nodes.
    CutOff,
    /// Stands still.
    Freeze,
    /// Computes and writes slowly.
    Slow,
    /// Everything is mended.
    Heal,
}

/// In the order of the list, each with its words and its key.
pub(crate) const FAULTS: [(Fault, Icon, &str, &str); 5] = [
    (Fault::Kill, Icon::Power, "Kill the primary", "K"),
    (Fault::CutOff, Icon::Cut, "Cut off the primary", "C"),
    (Fault::Freeze, Icon::Snow, "Freeze the primary", "F"),
    (Fault::Slow, Icon::Hourglass, "Slow a replica", "S"),
    (Fault::Heal, Icon::Heal, "Heal everything", "H"),
];

impl Fault {
    /// What it does to the selected node, where a second time undoes it; or, without one, to the node that it names.
    pub(crate) fn action(
        self,
        simulation: &Simulation,
        selected: Option<NodeId>,
    ) -> Option<Action> {
        let toggles = selected.is_some();
        let node = match self {
            Self::Heal => return Some(Action::HealAll),
            Self::Slow => selected.or_else(|| healthy_replica(simulation))?,
            _ => selected.or_else(|| primary_of(simulation))?,
        };
        let health = simulation.health(node);
        Some(match self {
            Self::Kill if toggles && matches!(health, Health::Down | Health::Lost) => {
                Action::Restart { node }
            }
            Self::Kill => Action::Kill {
                node,
                how: KillKind::PowerOff,
            },
            Self::CutOff if toggles && simulation.network().is_isolated(node) => {
                Action::Reconnect { node }
            }
            Self::CutOff => Action::Isolate { node },
            Self::Freeze if toggles && health == Health::Frozen => Action::Thaw { node },
            Self::Freeze => Action::Freeze { node },
            Self::Slow if toggles && simulation.node(node).slow_factor() > 1 => {
                Action::Slow { node, factor: 1 }
            }
            Self::Slow => Action::Slow {
                node,
                factor: SLOW_FACTOR,
            },
            Self::Heal => Action::HealAll,
        })
    }
}

/// A running replica at full speed, the last one first: the first ones win elections.
fn healthy_replica(simulation: &Simulation) -> Option<NodeId> {
    simulation
        .nodes()
        .iter()
        .rev()
        .find(|node| {
            Some(node.id()) != primary_of(simulation)
                && simulation.health(node.id()) == Health::Up
                && node.slow_factor() == 1
        })
        .map(Node::id)
}

/// The list in the drawer. It acts on the nodes that it names, whatever is selected.
#[component]
pub(super) fn QuickFaults() -> impl IntoView {
    let session = Session::expect();
    view! {
        <section>
            <h2>"Quick faults"</h2>
            <ul class="faults">
                {FAULTS
                    .map(|(fault, icon, text, key)| {
                        let act = move |_| {
                            if let Some(action) = session
                                .peek(|run| fault.action(run.simulation(), None))
                            {
                                session.act(action);
                            }
                        };
                        view! {
                            <li>
                                <button type="button" aria-keyshortcuts=key on:click=act>
                                    <Picture icon=icon />
                                    {text}
                                    <kbd aria-hidden="true">{key}</kbd>
                                </button>
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use replicascope_engine::Scenario;

    #[test]
    fn without_a_selection_a_fault_hits_what_it_names() {
        let mut simulation = Simulation::new(&Scenario::default()).expect("valid");
        let kill = Fault::Kill
            .action(&simulation, None)
            .expect("there is a primary");
        assert_eq!(
            kill,
            Action::Kill {
                node: NodeId(0),
                how: KillKind::PowerOff
            }
        );
        let slow = Fault::Slow
            .action(&simulation, None)
            .expect("there is a replica");
        assert_eq!(
            slow,
            Action::Slow {
                node: NodeId(4),
                factor: SLOW_FACTOR
            }
        );
        simulation.act(slow).expect("valid");
        let next = Fault::Slow.action(&simulation, None);
        assert_eq!(
            next,
            Some(Action::Slow {
                node: NodeId(3),
                factor: SLOW_FACTOR
            })
        );
    }

    #[test]
    fn a_second_time_undoes_it_on_the_selected_node() {
        let mut simulation = Simulation::new(&Scenario::default()).expect("valid");
        let node = NodeId(2);
        for (fault, undone) in [
            (Fault::Freeze, Action::Thaw { node }),
            (Fault::CutOff, Action::Reconnect { node }),
            (Fault::Slow, Action::Slow { node, factor: 1 }),
            (Fault::Kill, Action::Restart { node }),
        ] {
            let action = fault.action(&simulation, Some(node)).expect("possible");
            simulation.act(action).expect("valid");
            assert_eq!(fault.action(&simulation, Some(node)), Some(undone.clone()));
            simulation.act(undone).expect("valid");
        }
    }
}

//! The network: delay, jitter and loss of all links or of one node's.

use leptos::prelude::*;
use replicascope_engine::Simulation;
use replicascope_engine::ids::NodeId;
use replicascope_engine::scenario::{Action, Endpoint, LinkSettings};
use replicascope_engine::time::Span;

use super::field::Dial;
use crate::lean::{Memo, Show};
use crate::parts::{Detail, Later, Part};
use crate::session::Session;
use crate::shell::{Icon, Picture};
use crate::words;

const DELAYS_MS: [u64; 16] = [
    0, 1, 2, 5, 10, 20, 30, 40, 60, 80, 100, 150, 200, 300, 500, 1_000,
];
const JITTERS_MS: [u64; 12] = [0, 1, 2, 4, 8, 12, 20, 40, 80, 120, 200, 500];
const LOSSES_PERCENT: [u64; 10] = [0, 1, 2, 3, 5, 8, 12, 20, 30, 50];

/// Which links are meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Which {
    /// Between any two nodes.
    #[default]
    AllNodes,
    /// Between one node and every other.
    Of(NodeId),
    /// Between the apps and any node.
    Apps,
}

impl Which {
    /// Each direction of each link.
    fn links(self, simulation: &Simulation) -> Vec<(Endpoint, Endpoint)> {
        let nodes = || simulation.cluster().nodes().map(Endpoint::Node);
        let pairs: Vec<(Endpoint, Endpoint)> = match self {
            Self::AllNodes => nodes()
                .flat_map(|from| nodes().map(move |to| (from, to)))
                .filter(|(from, to)| from < to)
                .collect(),
            Self::Of(node) => nodes()
                .filter(|&other| other != node.into())
                .map(|other| (node.into(), other))
                .collect(),
            Self::Apps => nodes().map(|node| (Endpoint::Clients, node)).collect(),
        };
        pairs
            .into_iter()
            .flat_map(|(a, b)| [(a, b), (b, a)])
            .collect()
    }

    /// The links with the most of each, for the controls to show.
    fn worst(self, simulation: &Simulation) -> LinkSettings {
        self.links(simulation)
            .into_iter()
            .map(|(from, to)| simulation.network().link(from, to).settings)
            .fold(LinkSettings::default(), |worst, link| LinkSettings {
                delay_us: worst.delay_us.max(link.delay_us),
                jitter_us: worst.jitter_us.max(link.jitter_us),
                loss_ppm: worst.loss_ppm.max(link.loss_ppm),
                ..worst
            })
    }

    /// What makes each of these links behave as changed; those that do already are left alone.
    fn change(self, simulation: &Simulation, change: impl Fn(&mut LinkSettings)) -> Vec<Action> {
        self.links(simulation)
            .into_iter()
            .filter_map(|(from, to)| {
                let before = simulation.network().link(from, to).settings;
                let mut link = before;
                change(&mut link);
                (link != before).then_some(Action::SetLink { from, to, link })
            })
            .collect()
    }

    fn from_value(value: &str) -> Self {
        match value {
            "apps" => Self::Apps,
            node => node.parse().map_or(Self::AllNodes, Self::Of),
        }
    }
}

/// What the links are like; unfolded, the controls.
#[component]
pub(super) fn NetworkControls() -> impl IntoView {
    let session = Session::expect();
    let summary = session.on_panel(|run| Which::AllNodes.worst(run.simulation()));
    let unfolded = RwSignal::new(false);
    view! {
        <details class="network" on:toggle=move |_| unfolded.set(true)>
            <summary>
                <h2>"Network"</h2>
                <span>
                    {move || {
                        let link = summary.get();
                        format!(
                            "{}, {} % loss",
                            words::span(Span(link.delay_us)),
                            link.loss_ppm / 10_000,
                        )
                    }}
                </span>
                <Picture icon=Icon::Chevron />
            </summary>
            <Show when=move || unfolded.get()>
                <Later part=Part::Detail(Detail::Network) />
            </Show>
        </details>
    }
}

/// The controls.
#[component]
pub(super) fn Links() -> impl IntoView {
    let session = Session::expect();
    let which = RwSignal::new(Which::default());
    let nodes = session.on_panel(|run| run.simulation().nodes().len());
    let shown = session.on_panel(move |run| which.get().worst(run.simulation()));
    let set = move |change: fn(&mut LinkSettings, u64), value: u64| {
        let which = which.get_untracked();
        let actions =
            session.peek(|run| which.change(run.simulation(), |link| change(link, value)));
        session.act_all(actions);
    };
    view! {
            <div class="row">
                <label for="which-links">"Links"</label>
                <select
                    id="which-links"
                    on:change:target=move |event| {
                        which.set(Which::from_value(&event.target().value()));
                    }
                >
                    <option value="all">"between all nodes"</option>
                    {move || {
                        (0..nodes.get() as u8)
                            .map(|node| {
                                let node = NodeId(node).to_string();
                                view! { <option value=node.clone()>"of " {node.clone()}</option> }
                            })
                            .collect_view()
                    }}
                    <option value="apps">"apps to nodes"</option>
                </select>
            </div>
            <Dial
                id="delay"
                label="Delay, one way"
                unit="ms"
                stops=&DELAYS_MS
                value=Memo::new(move || shown.get().delay_us / 1_000)
                on_set=move |ms: u64| set(|link, ms| link.delay_us = ms * 1_000, ms)
            />
            <Dial
                id="jitter"
                label="Jitter"
                unit="ms"
                stops=&JITTERS_MS
                value=Memo::new(move || shown.get().jitter_us / 1_000)
                on_set=move |ms: u64| set(|link, ms| link.jitter_us = ms * 1_000, ms)
            />
            <Dial
                id="loss"
                label="Loss"
                unit="%"
                stops=&LOSSES_PERCENT
                value=Memo::new(move || u64::from(shown.get().loss_ppm) / 10_000)
                on_set=move |percent: u64| {
                    set(|link, percent| link.loss_ppm = percent as u32 * 10_000, percent);
                }
            />
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use replicascope_engine::Scenario;

    #[test]
    fn a_change_touches_each_direction_once_and_only_what_differs() {
        let simulation = Simulation::new(&Scenario::default()).expect("valid");
        assert_eq!(Which::AllNodes.links(&simulation).len(), 20);
        assert_eq!(Which::Of(NodeId(1)).links(&simulation).len(), 8);
        assert_eq!(Which::Apps.links(&simulation).len(), 10);
        let slow = |link: &mut LinkSettings| link.delay_us = 100_000;
        assert_eq!(Which::AllNodes.change(&simulation, slow).len(), 20);
        let same = |link: &mut LinkSettings| link.delay_us = 20_000;
        assert_eq!(Which::AllNodes.change(&simulation, same), []);
    }

    #[test]
    fn a_choice_reads_back() {
        assert_eq!(Which::from_value("n3"), Which::Of(NodeId(2)));
        assert_eq!(Which::from_value("apps"), Which::Apps);
        assert_eq!(Which::from_value("all"), Which::AllNodes);
    }
}

//! Where the nodes stand, and how long messages take between there (R-NU-3). A scenario knows links, not places: places are
//! read from the links, and written as links.

use replicascope_engine::Simulation;
use replicascope_engine::ids::NodeId;
use replicascope_engine::scenario::{Cluster, Endpoint, LinkOverride, LinkSettings};

/// A place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// One of three zones of one region.
    East(u8),
    /// The other coast.
    West,
    /// Another continent.
    Europe,
}

/// Every place.
pub(crate) const PLACES: [Place; 5] = [
    Place::East(0),
    Place::East(1),
    Place::East(2),
    Place::West,
    Place::Europe,
];

/// Plans for a whole cluster: what each is called, and the places that its nodes take in turn.
pub(crate) const PLANS: [(&str, &[Place]); 4] = [
    ("One zone: 0.5 ms round trip", &[Place::East(0)]),
    (
        "Three zones: 1.5 ms between",
        &[Place::East(0), Place::East(1), Place::East(2)],
    ),
    (
        "Two US coasts: 70 ms between",
        &[Place::East(0), Place::East(1), Place::West],
    ),
    (
        "US coasts and Europe: 70 to 100 ms",
        &[Place::East(0), Place::West, Place::Europe],
    ),
];

impl Place {
    /// What it is called.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::East(0) => "US East, zone a",
            Self::East(1) => "US East, zone b",
            Self::East(_) => "US East, zone c",
            Self::West => "US West",
            Self::Europe => "Europe",
        }
    }

    /// The link from here to there: half of a typical round trip (R-NU-3), and a tenth of that as jitter.
    fn link(self, there: Self) -> LinkSettings {
        let round_trip_us = match (self, there) {
            (here, there) if here == there => 500,
            (Self::East(_), Self::East(_)) => 1_500,
            (Self::West, Self::East(_)) | (Self::East(_), Self::West) => 70_000,
            (Self::Europe, Self::East(_)) | (Self::East(_), Self::Europe) => 90_000,
            _ => 100_000,
        };
        LinkSettings {
            delay_us: round_trip_us / 2,
            jitter_us: round_trip_us / 20,
            loss_ppm: 0,
            extra: None,
        }
    }
}

/// Where everybody is: the nodes, and the apps with their router.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Places {
    /// The nodes.
    pub(crate) nodes: Vec<Place>,
    /// The apps.
    pub(crate) apps: Place,
}

impl Places {
    /// A plan for so many nodes. The apps are where n1 is.
    pub(crate) fn planned(plan: &[Place], nodes: usize) -> Self {
        Self {
            nodes: plan.iter().copied().cycle().take(nodes).collect(),
            apps: plan.first().copied().unwrap_or(Place::East(0)),
        }
    }

    fn ends(&self) -> impl Iterator<Item = (Endpoint, Place)> + '_ {
        let nodes = self.nodes.iter().enumerate();
        let nodes = nodes.map(|(index, place)| (Endpoint::Node(NodeId(index as u8)), *place));
        nodes.chain([(Endpoint::Clients, self.apps)])
    }

    /// The places that the links speak of; `None` when they are none of these.
    pub(crate) fn of(simulation: &Simulation) -> Option<Self> {
        let nodes = simulation.cluster().nodes().map(Endpoint::Node);
        let ends: Vec<Endpoint> = nodes.chain([Endpoint::Clients]).collect();
        let delay = |from, to| simulation.network().link(from, to).settings.delay_us;
        PLACES.into_iter().find_map(|first| {
            let mut found: Vec<Place> = Vec::new();
            for &end in &ends {
                let fits = |place: &Place| {
                    let others = ends.iter().zip(&found);
                    (found.is_empty() && *place == first)
                        || (!found.is_empty()
                            && others.into_iter().all(|(&other, &there)| {
                                let link = place.link(there).delay_us;
                                delay(end, other) == link && delay(other, end) == link
                            }))
                };
                let place = PLACES.into_iter().find(|place| fits(place))?;
                found.push(place);
            }
            let apps = found.pop()?;
            Some(Self { nodes: found, apps })
        })
    }

    /// Has the links of a cluster speak of these places.
    pub(crate) fn write(&self, cluster: &mut Cluster) {
        let near = Place::East(0).link(Place::East(0));
        (cluster.node_link, cluster.client_link) = (near, near);
        cluster.links = self
            .ends()
            .flat_map(|(from, here)| {
                self.ends()
                    .filter(move |&(to, there)| from != to && here.link(there) != near)
                    .map(move |(to, there)| LinkOverride {
                        from,
                        to,
                        link: here.link(there),
                    })
            })
            .collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use replicascope_engine::Scenario;

    #[test]
    fn places_are_read_back_from_the_links() {
        for (name, plan) in PLANS {
            for replicas in [1, 4, 9] {
                let mut scenario = Scenario::default();
                scenario.cluster.replicas = replicas;
                let mut places = Places::planned(plan, usize::from(replicas) + 1);
                places.apps = Place::Europe;
                places.write(&mut scenario.cluster);
                let simulation = Simulation::new(&scenario).expect("valid");
                assert_eq!(Places::of(&simulation), Some(places), "{name}");
            }
        }
    }

    #[test]
    fn other_links_are_no_places() {
        let simulation = Simulation::new(&Scenario::default()).expect("valid");
        assert_eq!(Places::of(&simulation), None);
    }

    #[test]
    fn delays_are_half_of_the_round_trips_of_the_rule() {
        let delay = |a: Place, b: Place| a.link(b).delay_us;
        assert_eq!(delay(Place::East(0), Place::East(0)), 250);
        assert_eq!(delay(Place::East(0), Place::East(2)), 750);
        assert_eq!(delay(Place::West, Place::East(1)), 35_000);
        assert_eq!(delay(Place::East(0), Place::Europe), 45_000);
    }
}

//! How much is on its way where, when it is too much to show one by one.

use replicascope_engine::Simulation;

use super::{Journey, Shape, journey};

/// How much of each kind is on one direction of one way.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Load {
    /// Log records.
    pub(crate) wal: f64,
    /// Writes.
    pub(crate) writes: f64,
    /// Acknowledgements.
    pub(crate) acks: f64,
    /// Everything else but chatter.
    pub(crate) other: f64,
}

impl Load {
    fn add(&mut self, shape: Shape) {
        match shape {
            Shape::Cell | Shape::Cells => self.wal += 1.0,
            Shape::Tag => self.writes += 1.0,
            Shape::Tick => self.acks += 1.0,
            Shape::Diamond | Shape::Dot => {}
            _ => self.other += 1.0,
        }
    }

    /// All of it.
    #[must_use]
    pub(crate) fn sum(&self) -> f64 {
        self.wal + self.writes + self.acks + self.other
    }

    /// Moves a share of the way towards another load: a flow that flickers with every frame is not read as one.
    pub(crate) fn approach(&mut self, to: &Self, share: f64) {
        for (from, to) in [
            (&mut self.wal, to.wal),
            (&mut self.writes, to.writes),
            (&mut self.acks, to.acks),
            (&mut self.other, to.other),
        ] {
            *from += (to - *from) * share;
        }
    }
}

/// What flows where, in both directions: forward first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Flows {
    /// Between each app and the router.
    pub(crate) apps: Vec<[Load; 2]>,
    /// Between the router and each node.
    pub(crate) asks: Vec<[Load; 2]>,
    /// From each node (row) to each (column).
    pub(crate) talks: Vec<Vec<Load>>,
}

impl Flows {
    /// What is on its way now.
    #[must_use]
    pub(crate) fn of(simulation: &Simulation) -> Self {
        let (nodes, apps) = (simulation.nodes().len(), simulation.cluster().clients.len());
        let mut flows = Self {
            apps: vec![<[Load; 2]>::default(); apps],
            asks: vec![<[Load; 2]>::default(); nodes],
            talks: vec![vec![Load::default(); nodes]; nodes],
        };
        for message in simulation.network().in_flight() {
            let shape = Shape::of(&message.message);
            let ways = journey(simulation, message);
            let ways = ways
                .into_iter()
                .flat_map(|(app, main)| app.into_iter().chain([main]));
            for (journey, forward) in ways {
                let direction = usize::from(!forward);
                match journey {
                    Journey::App(app) => flows.apps[app.index()][direction].add(shape),
                    Journey::Ask(node) => flows.asks[node.index()][direction].add(shape),
                    Journey::Talk(from, to) => flows.talks[from.index()][to.index()].add(shape),
                }
            }
        }
        flows
    }

    /// Moves a share of the way towards other flows of the same cluster; of another cluster, it is those.
    pub(crate) fn approach(&mut self, to: Self, share: f64) {
        if self.talks.len() != to.talks.len() || self.apps.len() != to.apps.len() {
            *self = to;
            return;
        }
        let both = |from: &mut [[Load; 2]], to: &[[Load; 2]]| {
            for (from, to) in from.iter_mut().flatten().zip(to.iter().flatten()) {
                from.approach(to, share);
            }
        };
        both(&mut self.apps, &to.apps);
        both(&mut self.asks, &to.asks);
        for (from, to) in self
            .talks
            .iter_mut()
            .flatten()
            .zip(to.talks.iter().flatten())
        {
            from.approach(to, share);
        }
    }
}

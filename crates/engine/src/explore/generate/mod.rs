//! Random scenarios for property tests and searches: any topology, settings, workload and faults, from one seed.
//!
//! `theme`: what a scenario is after. `dice`: draws. `databases`, `managers`, `routing`: settings. `actions`: what happens.

mod actions;
mod databases;
mod dice;
mod managers;
mod routing;
mod theme;

use crate::scenario::{
    Cluster, Failover, LinkOverride, Manager, Mode, ReadPolicy, Routing, Scenario, Settings, Sync,
    Timers,
};
use crate::time::Time;
use dice::Dice;

pub use theme::{Theme, Themes};

/// What random scenarios may contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Whether fencing may be off, or be switched.
    pub fencing_may_be_off: bool,
    /// Actions happen before this with the Textbook profile; other themes have a slower pace.
    pub faults_until: Time,
    /// Most faults.
    pub actions: u64,
    /// What scenarios are after.
    pub themes: Themes,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fencing_may_be_off: true,
            faults_until: Time::from_secs(12),
            actions: 14,
            themes: Themes::Any,
        }
    }
}

impl Limits {
    /// Actions of this theme happen before this.
    pub(super) fn faults_until(&self, theme: Theme) -> Time {
        Time(self.faults_until.0 * theme.pace())
    }
}

/// What the scenario of a seed is after.
#[must_use]
pub fn theme(seed: u64, limits: Limits) -> Theme {
    limits.themes.draw(&mut Dice::new(seed))
}

/// The scenario of a seed. It is valid.
#[must_use]
pub fn scenario(seed: u64, limits: Limits) -> Scenario {
    let mut dice = Dice::new(seed);
    let theme = limits.themes.draw(&mut dice);
    let cluster = cluster(&mut dice, theme);
    let settings = settings(&mut dice, &cluster, theme, limits);
    // In a synchronous mode that stays to the end no row may be so hot that writes of it queue for longer than the run.
    let fewest = if theme == Theme::PatroniSync { 6 } else { 1 };
    let keys = dice.between(fewest, 12) as u32;
    // Rows are locked while commits of a server wait: more would only queue. With a manager faults take longer.
    let workload = dice.workload(keys, rates(theme));
    let actions = actions::actions(dice, theme, limits, &cluster, &settings, keys);
    Scenario {
        seed,
        cluster,
        settings,
        workload,
        actions,
        ..Scenario::default()
    }
}

/// Rates of a theme's workloads, operations/s.
fn rates(theme: Theme) -> &'static [u64] {
    if theme.is_textbook() {
        &[5, 40, 150]
    } else if theme == Theme::PatroniSync {
        &[2, 4]
    } else if theme.is_managed() {
        &[2, 5, 15]
    } else {
        &[5, 40]
    }
}

fn cluster(dice: &mut Dice, theme: Theme) -> Cluster {
    let most = if theme.is_managed() { 3 } else { 6 };
    let mut cluster = Cluster {
        replicas: dice.between(1, most) as u8,
        ..Cluster::default()
    };
    cluster.node_link = dice.link();
    cluster.client_link.delay_us = dice.pick(&[100, 2_000, 40_000]);
    cluster.client_link.extra = dice.one_in(8).then(|| dice.distribution());
    cluster.costs.apply_us = dice.pick(&[100, 400, 4_000]);
    cluster.costs.fsync_us = dice.pick(&[0, 800, 10_000]);
    if !theme.is_textbook() {
        cluster.costs.start_us = dice.pick(&[0, 200_000, 3_000_000]);
        cluster.costs.record_bytes = dice.pick(&[256, 256, 65_536]);
    }
    cluster.clients.truncate(dice.between(1, 3) as usize);
    if dice.one_in(4) {
        // A node in another region.
        let (far, link) = (dice.node(&cluster), dice.link());
        let others = cluster.nodes().filter(|&other| other != far);
        cluster.links = others
            .flat_map(|other| [(far, other), (other, far)])
            .map(|(from, to)| LinkOverride {
                from: from.into(),
                to: to.into(),
                link,
            })
            .collect();
    }
    cluster
}

fn settings(dice: &mut Dice, cluster: &Cluster, theme: Theme, limits: Limits) -> Settings {
    let mode = dice.pick(&[Mode::Async, Mode::SemiSync, Mode::Sync, Mode::Sync]);
    let any = Settings {
        mode,
        semi_sync: dice.semi_sync(cluster),
        sync: dice.sync(cluster),
        failover: if dice.one_in(8) {
            Failover::Manual
        } else {
            Failover::Election
        },
        fencing: !limits.fencing_may_be_off || !dice.one_in(3),
        reads: dice.reads(),
        timers: if dice.one_in(3) {
            dice.timers()
        } else {
            Timers::default()
        },
        ..Settings::default()
    };
    let database = databases::database(dice, cluster, theme);
    let routing = if dice.one_in(2) {
        routing::routing(dice, &database)
    } else {
        Routing::Plain
    };
    let server = Settings {
        // Fields of the Textbook profile mean nothing to a server.
        mode: Mode::default(),
        manager: managers::manager(dice, cluster, theme),
        routing,
        database,
        ..any.clone()
    };
    match theme {
        Theme::Textbook => Settings { routing, ..any },
        Theme::Linearizable => Settings {
            mode: Mode::Sync,
            fencing: true,
            reads: ReadPolicy::PrimaryOnly,
            ..any
        },
        Theme::LostDisk => Settings {
            sync: Sync::default(),
            ..any
        },
        Theme::PatroniSync => Settings {
            reads: dice.pick(&[ReadPolicy::PrimaryOnly, server.reads]),
            routing: if dice.one_in(2) {
                server.routing
            } else {
                Routing::Plain
            },
            ..server
        },
        _ => server,
    }
}

/// Members of the store and hosts that watch, as a scenario's manager has them.
fn hosts(manager: &Manager) -> (u8, u8) {
    (manager.store_members(), manager.monitors())
}

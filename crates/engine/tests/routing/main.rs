//! Routers, sessions and waits as rules R-RC-… describe them: each cure works where its rule says, and fails where it says.

#[path = "../lab/mod.rs"]
mod lab;

mod django;
mod haproxy;
mod limits;
mod maxscale;
mod pin;
mod primaries;
mod search;
mod settings;
mod sticky;
mod token;
mod waits;

use lab::{Lab, n, postgresql, quiet};
use replicascope_engine::Scenario;
use replicascope_engine::event::{EventKind, RoutingEvent};
use replicascope_engine::ids::{ClientId, Key, NodeId, OpId};
use replicascope_engine::scenario::{Action, Database, Mode, Postgresql, ReadPolicy, Routing};
use replicascope_engine::time::Time;

/// A quiet PostgreSQL cluster whose standbys replay everything so much later.
pub(crate) fn lagging(replicas: u8, lag_ms: u64, routing: Routing) -> Scenario {
    let settings = Postgresql {
        recovery_min_apply_delay: lag_ms,
        ..Postgresql::default()
    };
    let mut scenario = postgresql(replicas, 10, settings);
    scenario.settings.routing = routing;
    scenario
}

/// As `lagging`, but only n3 lags.
pub(crate) fn one_lagging(lag_ms: u64, routing: Routing) -> Scenario {
    let settings = Postgresql {
        recovery_min_apply_delay: lag_ms,
        recovery_min_apply_delay_on: Some(n(3)),
        ..Postgresql::default()
    };
    let mut scenario = postgresql(2, 10, settings);
    scenario.settings.routing = routing;
    scenario
}

/// A quiet MariaDB cluster.
pub(crate) fn mariadb(replicas: u8, delay_ms: u64, routing: Routing) -> Scenario {
    let mut scenario = quiet(Mode::Async, delay_ms);
    scenario.cluster.replicas = replicas;
    scenario.settings.database = Database::Mariadb(Box::default());
    scenario.settings.routing = routing;
    scenario.settings.timers.client_timeout_us = 60_000_000;
    scenario
}

impl Lab {
    /// A write of one session, through the router.
    pub(crate) fn write_by(&mut self, client: u16, key: u32) -> OpId {
        self.act(Action::Write {
            client: ClientId(client),
            key: Key(key),
            value: None,
            node: None,
            synchronous_commit: None,
        });
        self.last()
    }

    /// A read of one session, through the router.
    pub(crate) fn read_by(&mut self, client: u16, key: u32) -> OpId {
        self.act(Action::Read {
            client: ClientId(client),
            key: Key(key),
            node: None,
        });
        self.last()
    }

    fn last(&self) -> OpId {
        let newest = self.simulation.oracle().ops().next_back();
        newest.expect("one was issued").id
    }

    /// A write that is acked when this returns.
    pub(crate) fn acked(&mut self, client: u16, key: u32) -> OpId {
        let op = self.write_by(client, key);
        self.run_until_done(op);
        op
    }

    /// A read that is answered when this returns.
    pub(crate) fn answered(&mut self, client: u16, key: u32) -> OpId {
        let op = self.read_by(client, key);
        self.run_until_done(op);
        op
    }

    pub(crate) fn run_until_done(&mut self, op: OpId) {
        while self.op(op).done_at.is_none() {
            assert!(self.simulation.step(), "{op:?} never ends");
        }
    }

    /// Where an operation was sent last.
    pub(crate) fn node_of(&self, op: OpId) -> NodeId {
        self.op(op).node.expect("it was sent")
    }

    /// What routers, sessions and waits did, and when.
    pub(crate) fn routed(&self) -> Vec<(Time, RoutingEvent)> {
        let events = self.simulation.trace().events();
        events
            .filter_map(|event| match event.kind {
                EventKind::Routing(routing) => Some((event.at, routing)),
                _ => None,
            })
            .collect()
    }
}

/// The same scenario with reads by lot.
pub(crate) fn at_random(mut scenario: Scenario) -> Scenario {
    scenario.settings.reads = ReadPolicy::Random;
    scenario
}

//! Making what is left plainer: fewer operations, nodes and clients, default settings, round times, an earlier end.

use replicascope_engine::Scenario;
use replicascope_engine::ids::{ClientId, NodeId};
use replicascope_engine::scenario::{
    Action, Arrival, Cluster, LinkSettings, Setting, Settings, Workload,
};
use replicascope_engine::time::Time;

use super::Trial;

/// Tries every simplification once.
pub(super) fn make(trial: &mut Trial) {
    workload(trial);
    nodes(trial);
    clients(trial);
    links(trial);
    settings(trial);
    times(trial);
    if trial.still.end_may_move() {
        end(trial);
    }
}

/// Changes the workload at the start and in every action that sets one.
fn each_workload(scenario: &mut Scenario, change: impl Fn(&mut Workload)) {
    change(&mut scenario.workload);
    for timed in &mut scenario.actions {
        if let Action::Set(Setting::Workload(workload)) = &mut timed.action {
            change(workload);
        }
    }
}

fn workload(trial: &mut Trial) {
    if !trial.change(|scenario| each_workload(scenario, |it| it.operations_per_second = 0)) {
        while trial.change(|scenario| {
            each_workload(scenario, |it| {
                it.operations_per_second = it.operations_per_second.div_ceil(2);
            });
        }) {}
    }
    if trial.best.workload.operations_per_second == 0 {
        // Nothing of it matters any more.
        let keys = trial.best.workload.keys;
        trial.change(|scenario| {
            each_workload(scenario, |it| {
                *it = Workload {
                    operations_per_second: it.operations_per_second,
                    keys,
                    ..Workload::default()
                };
            });
        });
        return;
    }
    for percent in [0, 100] {
        trial.change(|scenario| each_workload(scenario, |it| it.read_percent = percent));
    }
    for keys in [1, 12] {
        if trial.best.workload.keys > keys {
            trial.change(|scenario| each_workload(scenario, |it| it.keys = keys));
        }
    }
    trial.change(|scenario| each_workload(scenario, |it| it.skew_percent = 0));
    trial.change(|scenario| each_workload(scenario, |it| it.arrival = Arrival::Even));
}

/// Fewer replicas, the last one first.
fn nodes(trial: &mut Trial) {
    while trial.best.cluster.replicas > 1
        && trial.change(|scenario| {
            scenario.cluster.replicas -= 1;
            let gone = NodeId(scenario.cluster.replicas + 1);
            let replicas = scenario.cluster.replicas;
            each_settings(scenario, |settings| {
                settings.semi_sync.acks = settings.semi_sync.acks.min(replicas);
                if let Some(members) = &mut settings.sync.members {
                    members.retain(|member| *member != gone);
                }
            });
            scenario
                .cluster
                .links
                .retain(|link| link.from != gone.into() && link.to != gone.into());
        })
    {}
}

/// Changes the settings at the start and in every action that sets such.
fn each_settings(scenario: &mut Scenario, change: impl Fn(&mut Settings)) {
    change(&mut scenario.settings);
    for timed in &mut scenario.actions {
        let mut all = Settings::default();
        match &mut timed.action {
            Action::Set(Setting::SemiSync(semi_sync)) => {
                all.semi_sync = *semi_sync;
                change(&mut all);
                *semi_sync = all.semi_sync;
            }
            Action::Set(Setting::Sync(sync)) => {
                all.sync = sync.clone();
                change(&mut all);
                *sync = all.sync;
            }
            _ => {}
        }
    }
}

/// One client that does it all.
fn clients(trial: &mut Trial) {
    trial.change(|scenario| {
        scenario.cluster.clients.truncate(1);
        for timed in &mut scenario.actions {
            if let Action::Write { client, .. } | Action::Read { client, .. } = &mut timed.action {
                *client = ClientId(0);
            }
        }
    });
}

fn links(trial: &mut Trial) {
    for index in (0..trial.best.cluster.links.len()).rev() {
        trial.change(|scenario| {
            scenario.cluster.links.remove(index);
        });
    }
    let plain = Cluster::default();
    let steady = |link: &LinkSettings| LinkSettings {
        jitter_us: 0,
        loss_ppm: 0,
        extra: None,
        ..*link
    };
    trial.change(|scenario| scenario.cluster.node_link = steady(&scenario.cluster.node_link));
    trial.change(|scenario| scenario.cluster.client_link = steady(&scenario.cluster.client_link));
    trial.change(|scenario| {
        scenario.cluster.client_link = plain.client_link;
    });
    trial.change(|scenario| scenario.cluster.costs = plain.costs);
}

fn settings(trial: &mut Trial) {
    let plain = Settings::default();
    trial.change(|scenario| scenario.settings = plain.clone());
    trial.change(|scenario| scenario.settings.semi_sync = plain.semi_sync);
    trial.change(|scenario| scenario.settings.sync = plain.sync.clone());
    trial.change(|scenario| scenario.settings.timers = plain.timers);
    trial.change(|scenario| scenario.settings.reads = plain.reads);
    trial.change(|scenario| scenario.settings.fencing = plain.fencing);
    trial.change(|scenario| scenario.settings.failover = plain.failover);
    trial.change(|scenario| scenario.settings.mode = plain.mode);
}

/// Round times: whole seconds, or else tenths, hundredths, thousandths.
fn times(trial: &mut Trial) {
    for index in 0..trial.best.actions.len() {
        for grain in [1_000_000, 100_000, 10_000, 1_000] {
            let at = trial.best.actions[index].at_us.0;
            if at.is_multiple_of(grain) {
                break;
            }
            let rounded = [at / grain * grain, at.div_ceil(grain) * grain];
            if rounded
                .into_iter()
                .any(|to| trial.change(|scenario| scenario.actions[index].at_us = Time(to)))
            {
                break;
            }
        }
    }
}

/// An earlier end: half the rest after the last action again and again, in whole seconds.
fn end(trial: &mut Trial) {
    const SECOND: u64 = 1_000_000;
    let last = trial.best.actions.last().map_or(0, |last| last.at_us.0);
    let mut least = last.div_ceil(SECOND);
    let mut most = trial.best.ends_at().0.div_ceil(SECOND);
    while least < most {
        let middle = least + (most - least) / 2;
        if trial.change(|scenario| scenario.until_us = Some(Time(middle * SECOND))) {
            most = middle;
        } else {
            least = middle + 1;
        }
    }
}

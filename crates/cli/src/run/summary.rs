//! A report for a person.

use core::fmt;

use replicascope_engine::Report;
use replicascope_engine::report::{
    By, Cause, Ended, Failover, Millis, NodeReport, Outage, Quantiles, Stages,
};
use replicascope_engine::time::Time;

use crate::output::{count, counted, seconds};

/// A report for a person.
pub(super) struct Summary<'a>(pub(super) &'a Report);

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.0;
        writeln!(
            f,
            "{} of virtual time, {}, {}, trace {:016x}",
            at(report.at_ms),
            counted(report.actions, "action"),
            counted(report.events, "event"),
            report.trace_hash
        )?;
        writes(f, report)?;
        reads(f, report)?;
        line(f, "commit", &quantiles(&report.commit_latency_ms))?;
        line(f, "staleness", &quantiles(&report.staleness_ms))?;
        line(
            f,
            "outages",
            &format!(
                "no primary for {} ms, split brain for {} ms",
                report.unavailable_ms, report.split_brain_ms
            ),
        )?;
        if report.failovers.is_empty() {
            line(f, "failovers", "none")?;
        }
        for (number, failover) in report.failovers.iter().enumerate() {
            line(f, &format!("failover {}", number + 1), &story(failover))?;
            let stages = stages(&failover.stages);
            if !stages.is_empty() {
                line(f, "", &stages)?;
            }
        }
        // Those that a promotion ended are told with it.
        let other = |outage: &&Outage| outage.ended != Some(Ended::Promotion);
        for this in report.outages.iter().filter(other) {
            line(f, "outage", &outage(this))?;
        }
        nodes(f, &report.nodes)
    }
}

fn line(f: &mut fmt::Formatter<'_>, title: &str, text: &str) -> fmt::Result {
    writeln!(f, "{title:<12}{text}")
}

fn at(millis: Millis) -> String {
    seconds(Time(millis.0.0))
}

fn writes(f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
    let w = &report.writes;
    let text = format!(
        "{} sent: {} acked, {} failed, {} unknown, {} open; {} acked and lost, {} unacked and survived",
        count(w.sent),
        count(w.acked),
        count(w.failed),
        count(w.unknown),
        count(w.open),
        count(w.lost_acked),
        count(w.survived_unacked)
    );
    line(f, "writes", &text)
}

fn reads(f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
    let r = &report.reads;
    let text = format!(
        "{} sent: {} fresh, {} stale, {} failed, {} open; {} broke read-your-writes, {} broke monotonic reads, {} phantom",
        count(r.total),
        count(r.fresh),
        count(r.stale),
        count(r.failed),
        count(r.open),
        count(r.ryw_broken),
        count(r.monotonic_broken),
        count(r.phantom)
    );
    line(f, "reads", &text)
}

fn quantiles(quantiles: &Quantiles) -> String {
    match (quantiles.p50, quantiles.p99, quantiles.max) {
        (Some(p50), Some(p99), Some(max)) => format!("p50 {p50} ms, p99 {p99} ms, max {max} ms"),
        _ => "none".to_owned(),
    }
}

/// What befell a primary.
fn befell(cause: Cause) -> &'static str {
    match cause {
        Cause::PowerOff => "lost power",
        Cause::ProcessDied => "lost its database process",
        Cause::HostLost => "lost its machine",
        Cause::Frozen => "was frozen",
        Cause::CutOff => "was cut off",
        Cause::CutOffFromStore => "was cut off from the store",
        Cause::CutOffFromMonitor => "was cut off from a monitor",
        Cause::StoreLost => "lost the store, as everybody did",
        Cause::AgentDied => "lost the agent beside it",
        Cause::AgentFrozen => "had the agent beside it frozen",
        Cause::KeyStolen => "had its key taken by an agent that had been frozen",
        Cause::Slow => "was slowed",
        Cause::LeaseLost => "lost its lease",
        Cause::TooFewReplicas => "had too few replicas",
        Cause::ByHand => "was replaced by hand",
        Cause::Unheard => "was not heard",
    }
}

fn stages(stages: &Stages) -> String {
    let reached: Vec<String> = stages
        .reached()
        .into_iter()
        .map(|(stage, at)| {
            let name = stage.name().trim_end_matches("_ms").replace('_', " ");
            format!("{name} {at} ms")
        })
        .collect();
    reached.join(", ")
}

fn outage(outage: &Outage) -> String {
    let end = match (outage.ended, outage.new) {
        (None, _) => "it lasts".to_owned(),
        (Some(ended), new) => {
            let by = match ended {
                Ended::Promotion => "a promotion",
                Ended::RestartInPlace => "a restart in place",
                Ended::Restart => "a restart",
                Ended::Thaw => "a thaw",
                Ended::LeaseBack => "its lease",
                Ended::EnoughReplicas => "enough replicas",
                Ended::Other => "something else",
            };
            let who = new.map_or_else(String::new, |new| format!(", then {new}"));
            format!("ended by {by}{who}")
        }
    };
    format!(
        "{} {} at {}; no primary for {} ms, {end}",
        outage.old,
        befell(outage.cause),
        at(outage.at_ms),
        outage.lasted_ms
    )
}

fn story(failover: &Failover) -> String {
    let what = befell(failover.cause);
    let by = match failover.by {
        By::Election => "an election",
        By::Manager => "the failover manager",
        By::Person => "a person",
    };
    let writable = match failover.writable_ms {
        Some(writable) => format!("first ack after {writable} ms"),
        None => "no ack yet".to_owned(),
    };
    format!(
        "{} -> {}: {} {what} at {}; detected after {} ms, promoted by {by} after {} ms, {writable}; {} lost; timeline {}",
        failover.old,
        failover.new,
        failover.old,
        at(failover.at_ms),
        failover.detected_ms,
        failover.promoted_ms,
        counted(failover.lost_acked, "acked write"),
        failover.timeline,
    )
}

/// A word as JSON has it: `primary`, `up`.
fn word(value: impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

fn nodes(f: &mut fmt::Formatter<'_>, nodes: &[NodeReport]) -> fmt::Result {
    writeln!(
        f,
        "\n{:<6}{:<11}{:<8}{:>9}{:>10}{:>10}{:>10}{:>8}{:>14}",
        "node", "role", "health", "timeline", "write", "flush", "replay", "lag", "lag ms"
    )?;
    for node in nodes {
        let notes = match (node.takes_writes, node.diverged) {
            (true, true) => "  takes writes, diverged",
            (true, false) => "  takes writes",
            (false, true) => "  diverged",
            (false, false) => "",
        };
        writeln!(
            f,
            "{:<6}{:<11}{:<8}{:>9}{:>10}{:>10}{:>10}{:>8}{:>14}{notes}",
            node.node.to_string(),
            word(node.role),
            word(node.health),
            node.timeline,
            node.write_lsn.0,
            node.flush_lsn.0,
            node.replay_lsn.0,
            node.lag_records,
            node.lag_ms.to_string(),
        )?;
    }
    Ok(())
}

//! Sentences about routers, sessions and reads that wait.

use replicascope_engine::event::{Backend, RoutingEvent};
use replicascope_engine::message::WaitResult;
use replicascope_engine::scenario::{CausalReads, Django, PinFrom, Routing};
use replicascope_engine::time::Span;

use super::events::Mark;
use super::span;

/// The line for what a router, a session or a waiting read did.
pub(super) fn line(event: &RoutingEvent) -> Option<(Mark, String)> {
    Some(match *event {
        RoutingEvent::ReadPinned { .. }
        | RoutingEvent::CheckUnanswered { .. }
        | RoutingEvent::ReadTrusted { .. } => return None,
        RoutingEvent::ReadWaits { op, node, until } => (
            Mark::Seat,
            format!(
                "Read {} waits on {node} until entry {until} is applied.",
                op.0
            ),
        ),
        RoutingEvent::ReadWaitEnded { op, node, result } => (
            Mark::Seat,
            match result {
                WaitResult::Success => return None,
                WaitResult::Timeout => format!(
                    "Read {} waited too long on {node} and goes to the primary.",
                    op.0
                ),
                WaitResult::NotInRecovery => format!(
                    "Read {} no longer waits on {node}, which is primary now.",
                    op.0
                ),
                WaitResult::OtherHistory => format!(
                    "Read {} waits in vain: {node} went past that entry on another history.",
                    op.0
                ),
            },
        ),
        RoutingEvent::TokenLost { .. } => (
            Mark::Lost,
            "A session's position is of entries that are lost: it is dropped.".to_owned(),
        ),
        RoutingEvent::SessionMoved { from, to, .. } => (
            Mark::Follow,
            format!("A session lost its replica {from} and reads from {to} now."),
        ),
        RoutingEvent::ReplicaShunned { node, behind } => (
            Mark::Follow,
            match behind {
                Some(behind) => format!(
                    "The router shuns {node}: {} behind when last asked.",
                    span(behind)
                ),
                None => format!("The router shuns {node}: too far behind when last asked."),
            },
        ),
        RoutingEvent::ReplicaTrusted { node } => {
            (Mark::Follow, format!("The router reads from {node} again."))
        }
        RoutingEvent::ServerChecked { node, backend, up } => (
            Mark::Follow,
            format!(
                "HAProxy holds {node} for {} as {}.",
                if up { "up" } else { "down" },
                match backend {
                    Backend::Primary => "primary",
                    Backend::Replica => "replica",
                }
            ),
        ),
    })
}

/// What a change of routing means from now on.
pub(crate) fn routing(routing: &Routing) -> String {
    let millis = |millis| span(Span::from_millis(millis));
    match routing {
        Routing::Plain => "Routing: nothing but the choice of where reads go.".to_owned(),
        Routing::Pin(pin) => format!(
            "Routing: {} read from the primary for {} after a write is {}.",
            if pin.global {
                "all sessions"
            } else {
                "a session"
            },
            millis(pin.delay),
            match pin.from {
                PinFrom::Answered => "over",
                PinFrom::Sent => "sent",
            }
        ),
        Routing::Sticky => "Routing: a session keeps its replica until that is lost.".to_owned(),
        Routing::Token(token) => match token.wait {
            Some(0) => {
                "Routing: read where the session's position is applied, or from the primary."
                    .to_owned()
            }
            Some(wait) => format!(
                "Routing: a replica waits up to {} for the session's position, then the primary is read.",
                millis(wait)
            ),
            None => "Routing: a replica waits for the session's position, however long.".to_owned(),
        },
        Routing::Django(django) => match django {
            Django::PrimaryReplicaRouter => {
                "Routing: Django, the documentation's router: reads go to a random replica."
                    .to_owned()
            }
            Django::InstanceState => {
                "Routing: Django: an object is read again where it came from.".to_owned()
            }
            Django::PinAfterWrite(delay) => format!(
                "Routing: Django, mended: reads from the primary for {} after a write.",
                millis(*delay)
            ),
        },
        Routing::Proxysql(it) => format!(
            "Routing: ProxySQL, max_replication_lag {} s, asked every {}.",
            it.max_replication_lag,
            millis(it.monitor_replication_lag_interval)
        ),
        Routing::Maxscale(it) => format!(
            "Routing: MaxScale, max_replication_lag {} s, causal_reads {}.",
            it.max_replication_lag,
            match it.causal_reads {
                CausalReads::None => "none",
                CausalReads::Local => "local",
                CausalReads::Global => "global",
                CausalReads::Fast => "fast",
                CausalReads::FastGlobal => "fast_global",
                CausalReads::Universal => "universal",
                CausalReads::FastUniversal => "fast_universal",
            }
        ),
        Routing::Pgpool(it) => match (it.delay_threshold_by_time, it.delay_threshold) {
            (0, bytes) => format!("Routing: pgpool-II, delay_threshold {bytes} bytes."),
            (time, _) => format!(
                "Routing: pgpool-II, delay_threshold_by_time {}.",
                millis(time)
            ),
        },
        Routing::Haproxy(it) => format!(
            "Routing: HAProxy, inter {}, fall {}, rise {}.",
            millis(it.inter),
            it.fall,
            it.rise
        ),
    }
}

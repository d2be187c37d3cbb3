//! Who is too far behind, as far as the last looks tell (R-RC-5).
//!
//! A look is a question to every node; what is decided with the answers holds until the next look, however far a replica has
//! fallen behind since. So the limit that holds is threshold + time between looks + age of the answer.

use super::Router;
use crate::event::RoutingEvent;
use crate::ids::NodeId;
use crate::message::{LagReport, ReplayLags};
use crate::scenario::{Costs, Pgpool, Routing};
use crate::time::{Span, Time};

/// How often a router looks at lag; `None`: it does not.
pub(crate) fn time_between_looks(routing: &Routing) -> Option<Span> {
    Some(match routing {
        Routing::Proxysql(it) => Span::from_millis(it.monitor_replication_lag_interval),
        Routing::Maxscale(it) => Span::from_millis(it.monitor_interval),
        Routing::Pgpool(it) => Span::from_secs(it.sr_check_period),
        _ => return None,
    })
}

impl Router {
    /// What a node says of its lag arrives. Returns whom the router trusts more or less from now on.
    pub(crate) fn looked(
        &mut self,
        node: NodeId,
        report: LagReport,
        standbys: &ReplayLags,
        routing: &Routing,
        costs: &Costs,
        now: Time,
    ) -> Vec<RoutingEvent> {
        self.nodes[node.index()].lag = Some((report, now));
        if report.primary {
            for &(standby, lag) in standbys {
                self.nodes[standby.index()].replay_lag = lag;
            }
        }
        if let Routing::Pgpool(pgpool) = routing {
            return (0..self.nodes.len())
                .filter_map(|index| self.judge_bytes(NodeId(index as u8), pgpool, costs))
                .collect();
        }
        let seconds = |span: Span| span.0 / 1_000_000;
        let behind = report.behind.map(seconds);
        let (counted, too_far, looks) = match routing {
            Routing::Proxysql(it) => {
                let counted = behind.unwrap_or(it.monitor_slave_lag_when_null);
                let limit = it.max_replication_lag;
                let too_far = limit > 0 && counted > limit;
                (Some(counted), too_far, it.monitor_replication_lag_count)
            }
            Routing::Maxscale(it) => {
                let limit = it.max_replication_lag;
                let too_far = limit > 0 && behind.is_none_or(|behind| behind >= limit);
                (behind, too_far, 1)
            }
            _ => return Vec::new(),
        };
        let too_far = too_far && !report.primary;
        let believed = &mut self.nodes[node.index()];
        believed.bad_looks = if too_far { believed.bad_looks + 1 } else { 0 };
        let shunned = too_far && (believed.shunned || believed.bad_looks >= looks);
        self.shun(node, shunned, counted.map(Span::from_secs))
            .into_iter()
            .collect()
    }

    /// Pgpool-II compares the positions that its last looks at the primary and at the standby found, or takes the primary's
    /// word for the time.
    fn judge_bytes(
        &mut self,
        node: NodeId,
        pgpool: &Pgpool,
        costs: &Costs,
    ) -> Option<RoutingEvent> {
        let believed = self.believes(node);
        let (report, _) = believed.lag?;
        let primary = self
            .nodes()
            .filter_map(|(_, believed)| believed.lag)
            .filter(|(lag, _)| lag.primary)
            .map(|(lag, _)| lag.position)
            .max()?;
        let time = believed.replay_lag.unwrap_or(Span::ZERO);
        let too_far = if report.primary {
            false
        } else if pgpool.delay_threshold_by_time > 0 {
            time > Span::from_millis(pgpool.delay_threshold_by_time)
        } else {
            let bytes = primary
                .ahead_of(report.position)
                .saturating_mul(costs.record_bytes);
            pgpool.delay_threshold > 0 && bytes > pgpool.delay_threshold
        };
        self.shun(node, too_far, believed.replay_lag)
    }

    fn shun(&mut self, node: NodeId, shunned: bool, behind: Option<Span>) -> Option<RoutingEvent> {
        let believed = &mut self.nodes[node.index()];
        let before = core::mem::replace(&mut believed.shunned, shunned);
        match (before, shunned) {
            (false, true) => Some(RoutingEvent::ReplicaShunned { node, behind }),
            (true, false) => Some(RoutingEvent::ReplicaTrusted { node }),
            _ => None,
        }
    }
}

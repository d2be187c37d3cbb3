//! A node's log as a strip of cells. All strips show the same positions, so that cells can be compared down the page.

use replicascope_engine::Simulation;
use replicascope_engine::ids::{Lsn, NodeId, Tip};
use replicascope_engine::node::Node;

use super::layout::put;

/// One position of the log, as one node has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    /// The surviving history has not come so far.
    Future,
    /// Not on this node.
    Missing,
    /// In memory.
    Received,
    /// On disk.
    Flushed,
    /// Readers see it.
    Applied,
    /// Not in the surviving history although its client was told OK.
    Lost,
    /// Not in the surviving history; its client was never told OK.
    Dropped,
}

/// What a strip shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Strip {
    /// Position of the first cell.
    pub(crate) first: u64,
    /// The cells.
    pub(crate) cells: Vec<Cell>,
    /// Cells that begin a timeline, with its term.
    pub(crate) marks: Vec<(usize, u32)>,
    /// Number of the node's last record, if the strip shows it.
    pub(crate) last: Option<usize>,
}

/// Where the surviving history ends, and the newest record that `count` cells should show: also what only an old primary
/// has, but not so much of it that the surviving history is out of sight.
fn ends(simulation: &Simulation, count: usize) -> (u64, u64) {
    let tips = || simulation.nodes().iter().map(|node| node.tip().lsn.0);
    let newest = tips().max().unwrap_or(0);
    let surviving = simulation
        .leader()
        .map_or(newest, |leader| simulation.node(leader).tip().lsn.0);
    (surviving, newest.min(surviving + count as u64 / 3))
}

/// First position of a strip of `count` cells when the newest record anywhere is `newest`. It moves on by a quarter of a
/// strip at a time: cells fill in place, and the eye need not follow a belt.
fn first_shown(newest: u64, count: usize) -> u64 {
    let (count, step) = (count as u64, (count as u64 / 4).max(1));
    newest.saturating_sub(count).div_ceil(step) * step + 1
}

impl Strip {
    /// The strip of a node; empty when the cluster does not have the node.
    #[must_use]
    pub(crate) fn of(simulation: &Simulation, id: NodeId, count: usize) -> Self {
        let Some(node) = simulation.nodes().get(id.index()) else {
            return Self::default();
        };
        let (surviving, newest) = ends(simulation, count);
        let first = first_shown(newest, count);
        let mut marks = Vec::new();
        let cells = (0..count)
            .map(|place| {
                let lsn = Lsn(first + place as u64);
                if starts_timeline(node, lsn)
                    && let Some(record) = node.wal().get(lsn)
                {
                    marks.push((place, record.timeline.term()));
                }
                cell(simulation, node, lsn, surviving)
            })
            .collect();
        let last = node.tip().lsn.0;
        Self {
            first,
            cells,
            marks,
            last: (last >= first && last < first + count as u64).then(|| (last - first) as usize),
        }
    }
}

fn starts_timeline(node: &Node, lsn: Lsn) -> bool {
    lsn.0 > 1
        && node
            .wal()
            .history()
            .iter()
            .any(|segment| segment.from == lsn)
}

fn cell(simulation: &Simulation, node: &Node, lsn: Lsn, surviving: u64) -> Cell {
    let positions = node.positions();
    if lsn > node.tip().lsn {
        return if lsn.0 > surviving {
            Cell::Future
        } else {
            Cell::Missing
        };
    }
    let oracle = simulation.oracle();
    if let Some(record) = node.wal().get(lsn) {
        let tip = Tip {
            timeline: record.timeline,
            lsn,
        };
        if !oracle.survives(tip) {
            let acked = oracle.op(record.op).is_some_and(|op| op.lost);
            return if acked { Cell::Lost } else { Cell::Dropped };
        }
    }
    if lsn <= positions.replay {
        Cell::Applied
    } else if lsn <= positions.flush {
        Cell::Flushed
    } else {
        Cell::Received
    }
}

/// The strip as SVG paths: one for each look, so that a strip is eight elements however many cells it has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct StripPaths {
    /// Dotted outlines.
    pub(crate) missing: String,
    /// Outlines of cells that are not full.
    pub(crate) outline: String,
    /// Fillings.
    pub(crate) fill: String,
    /// Boxes of lost records.
    pub(crate) lost: String,
    /// Slashes through them.
    pub(crate) lost_slash: String,
    /// Boxes of records that nobody was told of.
    pub(crate) dropped: String,
    /// Slashes through them.
    pub(crate) dropped_slash: String,
    /// Ticks where timelines begin.
    pub(crate) ticks: String,
}

/// Room above the cells for the names of timelines.
pub(crate) const ABOVE: f64 = 12.0;

impl StripPaths {
    /// Draws a strip of a width, with cells of a height.
    #[must_use]
    pub(crate) fn of(strip: &Strip, width: f64, height: f64) -> Self {
        let mut paths = Self::default();
        let pitch = pitch(strip, width);
        let cell_w = (pitch - 2.0).max(2.0);
        for (place, &cell) in strip.cells.iter().enumerate() {
            let x = place as f64 * pitch;
            let whole =
                |path: &mut String| bar(path, x + 0.5, ABOVE + 0.5, cell_w - 1.0, height - 1.0);
            let slash = |path: &mut String| {
                let (left, right) = (x + 1.6, x + cell_w - 1.6);
                let (top, bottom) = (ABOVE + 2.2, ABOVE + height - 2.2);
                put(path, 'M', left, bottom);
                put(path, 'L', right, top);
            };
            let part = |path: &mut String, share: f64| {
                let filled = height * share;
                bar(path, x, ABOVE + height - filled, cell_w, filled);
            };
            match cell {
                Cell::Future => {}
                Cell::Missing => whole(&mut paths.missing),
                Cell::Received => {
                    whole(&mut paths.outline);
                    part(&mut paths.fill, 1.0 / 3.0);
                }
                Cell::Flushed => {
                    whole(&mut paths.outline);
                    part(&mut paths.fill, 2.0 / 3.0);
                }
                Cell::Applied => part(&mut paths.fill, 1.0),
                Cell::Lost => {
                    whole(&mut paths.lost);
                    slash(&mut paths.lost_slash);
                }
                Cell::Dropped => {
                    whole(&mut paths.dropped);
                    slash(&mut paths.dropped_slash);
                }
            }
        }
        for &(place, _) in &strip.marks {
            let x = place as f64 * pitch - 1.0;
            put(&mut paths.ticks, 'M', x, ABOVE - 4.0);
            put(&mut paths.ticks, 'L', x, ABOVE + height + 3.0);
        }
        paths
    }
}

/// Distance from one cell's left edge to the next one's.
#[must_use]
pub(crate) fn pitch(strip: &Strip, width: f64) -> f64 {
    width / strip.cells.len().max(1) as f64
}

/// A bar with slightly cut corners: at this size nobody tells them from round ones.
fn bar(path: &mut String, x: f64, y: f64, w: f64, h: f64) {
    let cut = 1.0_f64.min(w / 2.0).min(h / 2.0);
    let (right, bottom) = (x + w, y + h);
    put(path, 'M', x + cut, y);
    put(path, 'L', right - cut, y);
    put(path, 'L', right, y + cut);
    put(path, 'L', right, bottom - cut);
    put(path, 'L', right - cut, bottom);
    put(path, 'L', x + cut, bottom);
    put(path, 'L', x, bottom - cut);
    put(path, 'L', x, y + cut);
    path.push('z');
}

#[cfg(test)]
mod tests {
    use super::*;
    use replicascope_engine::time::Time;

    #[test]
    fn the_newest_record_is_always_shown_and_the_strip_moves_in_steps() {
        for newest in 0..500 {
            let first = first_shown(newest, 20);
            assert!(newest < first + 20, "{newest} is shown from {first}");
            assert!(newest == 0 || first <= newest);
            assert_eq!(first % 5, 1);
        }
    }

    #[test]
    fn an_old_primary_shows_what_only_it_has() {
        let (scenario, _) = crate::scenarios::opening();
        let mut simulation = Simulation::new(&scenario).expect("the opening is valid");
        simulation.advance_to(Time::from_millis(3_000));
        let lost = simulation.oracle().totals().lost_acked as usize;
        assert!(lost > 0, "the opening loses acked writes");
        let strip = Strip::of(&simulation, NodeId(0), 400);
        let cells = strip.cells.iter();
        assert_eq!(cells.filter(|&&cell| cell == Cell::Lost).count(), lost);
        let successor = simulation.leader().expect("somebody took over");
        let strip = Strip::of(&simulation, successor, 400);
        assert!(!strip.cells.contains(&Cell::Lost));
        assert!(strip.marks.iter().any(|&(_, term)| term == 2));
    }

    #[test]
    fn a_strip_is_drawn_from_the_bottom() {
        let strip = Strip {
            first: 1,
            cells: vec![Cell::Received, Cell::Missing, Cell::Future],
            marks: vec![(1, 2)],
            last: Some(0),
        };
        let paths = StripPaths::of(&strip, 30.0, 24.0);
        assert!(paths.fill.starts_with("M1.0 28.0"), "{}", paths.fill);
        assert!(!paths.missing.is_empty() && paths.lost.is_empty());
        assert_eq!(paths.ticks, "M9.0 8.0L9.0 39.0");
    }
}

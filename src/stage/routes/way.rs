//! One way.

use crate::lean::number::Within as _;
use crate::stage::layout::{Point, put};

/// Points of every way.
const POINTS: usize = 40;

/// A way.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Way {
    pub(super) points: [Point; POINTS],
    length: f64,
}

/// A place on a way and the direction there, as a unit vector.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spot {
    /// Where.
    pub(crate) at: Point,
    /// Which way it points.
    pub(crate) along: Point,
}

impl Way {
    /// Through cubic curves.
    pub(super) fn through(curves: &[[Point; 4]]) -> Self {
        let mut fine = Vec::with_capacity(curves.len() * 24 + 1);
        for curve in curves {
            let first = usize::from(!fine.is_empty());
            fine.extend((first..=24).map(|step| bezier(curve, f64::from(step as u32) / 24.0)));
        }
        let mut lengths = vec![0.0];
        for pair in fine.windows(2) {
            lengths.push(lengths[lengths.len() - 1] + pair[0].distance(pair[1]));
        }
        let length = lengths[lengths.len() - 1];
        let mut points = [Point::default(); POINTS];
        for (index, point) in points.iter_mut().enumerate() {
            let wanted = length * index as f64 / (POINTS - 1) as f64;
            let after = lengths
                .partition_point(|&at| at < wanted)
                .clamp(1, fine.len() - 1);
            let span = (lengths[after] - lengths[after - 1]).max(1e-9);
            *point = fine[after - 1].toward(fine[after], (wanted - lengths[after - 1]) / span);
        }
        Self { points, length }
    }

    /// How long it is in pixels.
    #[must_use]
    pub(crate) fn length(&self) -> f64 {
        self.length
    }

    /// The place `part` of the way along it.
    #[must_use]
    pub(crate) fn spot(&self, part: f64) -> Spot {
        let place = part.within(0.0, 1.0) * (POINTS - 1) as f64;
        let index = (place as usize).min(POINTS - 2);
        let (from, to) = (self.points[index], self.points[index + 1]);
        let length = from.distance(to).max(1e-9);
        Spot {
            at: from.toward(to, place - index as f64),
            along: Point::new((to.x - from.x) / length, (to.y - from.y) / length),
        }
    }

    /// The way between this one and another one.
    #[must_use]
    pub(crate) fn toward(&self, other: &Self, part: f64) -> Self {
        let mut points = self.points;
        for (point, other) in points.iter_mut().zip(&other.points) {
            *point = point.toward(*other, part);
        }
        Self {
            points,
            length: self.length + (other.length - self.length) * part,
        }
    }

    /// The way that runs so many pixels to the right of this one.
    #[must_use]
    pub(crate) fn beside(&self, by: f64) -> Self {
        let mut beside = self.clone();
        for (index, point) in beside.points.iter_mut().enumerate() {
            let along = self.spot(index as f64 / (POINTS - 1) as f64).along;
            point.x += along.y * by;
            point.y -= along.x * by;
        }
        beside
    }

    /// As the `d` of an SVG path.
    #[must_use]
    pub(crate) fn path(&self) -> String {
        let mut path = String::with_capacity(POINTS * 12);
        for (index, point) in self.points.iter().enumerate() {
            put(
                &mut path,
                if index == 0 { 'M' } else { 'L' },
                point.x,
                point.y,
            );
        }
        path
    }
}

fn bezier([a, b, c, d]: &[Point; 4], t: f64) -> Point {
    let (ab, bc, cd) = (a.toward(*b, t), b.toward(*c, t), c.toward(*d, t));
    ab.toward(bc, t).toward(bc.toward(cd, t), t)
}

/// A curve that leaves and arrives horizontally.
pub(super) fn level(from: Point, to: Point) -> [Point; 4] {
    let half = (to.x - from.x) / 2.0;
    [
        from,
        Point::new(from.x + half, from.y),
        Point::new(to.x - half, to.y),
        to,
    ]
}

pub(super) fn straight(from: Point, to: Point) -> [Point; 4] {
    [
        from,
        from.toward(to, 1.0 / 3.0),
        from.toward(to, 2.0 / 3.0),
        to,
    ]
}

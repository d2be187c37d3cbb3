//! Which way leads from where to where.

use replicascope_engine::ids::NodeId;

use crate::lean::number::Within as _;
use crate::stage::layout::{Layout, Place, Point, Rect};

use super::way::{Way, level, straight};

/// Plans the ways of one layout.
pub(super) struct Planner<'a> {
    pub(super) layout: &'a Layout,
}

impl Planner<'_> {
    fn place(&self, node: NodeId) -> Place {
        self.layout.places[node.index()]
    }

    /// Height of the gap above a card.
    fn above(place: Place) -> f64 {
        place.rect.y - 7.0
    }

    pub(super) fn app(&self, app: Rect) -> Way {
        let router = self.layout.router;
        if self.layout.phone {
            let from = app.at(0.5, 1.0);
            return Way::through(&[straight(from, Point::new(from.x, router.y))]);
        }
        let from = app.at(1.0, 0.5);
        let y = from.y.within(router.y + 8.0, router.bottom() - 8.0);
        Way::through(&[level(from, Point::new(router.x, y))])
    }

    pub(super) fn ask(&self, node: NodeId) -> Way {
        let place = self.place(node);
        if self.layout.phone {
            self.ask_on_phone(place)
        } else if place.seated {
            self.ask_seat(place.rect)
        } else {
            self.ask_copy(place)
        }
    }

    fn ask_seat(&self, seat: Rect) -> Way {
        let router = self.layout.router;
        let to = seat.at(0.0, 0.5);
        let y = to.y.within(router.y + 10.0, router.bottom() - 10.0);
        Way::through(&[level(Point::new(router.right(), y), to)])
    }

    /// Under the seat, then up or down to the card.
    fn ask_copy(&self, place: Place) -> Way {
        let (router, seat) = (self.layout.router, self.layout.seat);
        let lane = self.layout.read_lane;
        let from = Point::new(router.right(), (router.bottom() - 14.0).min(lane));
        let (in_lane, out_of_lane) = (
            Point::new(seat.x + 8.0, lane),
            Point::new(seat.right() - 8.0, lane),
        );
        let to = place.rect.at(0.0, 0.76);
        let mut curves = vec![level(from, in_lane), straight(in_lane, out_of_lane)];
        self.arrive(out_of_lane, to, place, &mut curves);
        Way::through(&curves)
    }

    /// Into a card of the copies; cards of a second column are reached through the gap between two rows.
    fn arrive(&self, from: Point, to: Point, place: Place, curves: &mut Vec<[Point; 4]>) {
        if place.column == 0 {
            curves.push(level(from, to));
            return;
        }
        let gap = Self::above(place);
        let first = self.layout.gutters[0];
        let behind = self.layout.gutters[place.column];
        let (enter, leave) = (
            Point::new(first + (behind - first) * 0.15, gap),
            Point::new(behind - 10.0, gap),
        );
        curves.extend([level(from, enter), straight(enter, leave), level(leave, to)]);
    }

    pub(super) fn talk(&self, a: NodeId, b: NodeId) -> Way {
        let (from, to) = (self.place(a), self.place(b));
        match (from.seated, to.seated) {
            (true, true) => {
                let (top, bottom) = (from.rect.at(0.5, 1.0), to.rect.at(0.5, 0.0));
                Way::through(&[straight(top, bottom)])
            }
            (true, false) => Way::through(&self.stream(a, b)),
            (false, true) => {
                let mut curves = self.stream(b, a);
                curves.reverse();
                for curve in &mut curves {
                    curve.reverse();
                }
                Way::through(&curves)
            }
            (false, false) => Way::through(&[self.beside(from, to)]),
        }
    }

    /// From the seat to a copy.
    fn stream(&self, seat: NodeId, copy: NodeId) -> Vec<[Point; 4]> {
        let (seat, place) = (self.place(seat), self.place(copy));
        if self.layout.phone {
            return self.rail(seat.rect, place.rect);
        }
        let copies = self.layout.places.iter().filter(|place| !place.seated);
        let before = copies
            .clone()
            .filter(|other| {
                let above = other.rect.y - place.rect.y;
                above < -0.5 || above < 0.5 && other.column < place.column
            })
            .count();
        let most = copies.count().saturating_sub(1).max(1);
        let from = seat.rect.at(1.0, 0.24 + 0.58 * before as f64 / most as f64);
        let mut curves = Vec::new();
        self.arrive(from, place.rect.at(0.0, 0.42), place, &mut curves);
        curves
    }

    /// Down the left edge of a phone.
    fn rail(&self, seat: Rect, copy: Rect) -> Vec<[Point; 4]> {
        let x = self.layout.gutters[0];
        let (from, to) = (Point::new(x, seat.bottom()), copy.at(0.0, 0.45));
        let bend = Point::new(x, to.y - 12.0);
        vec![
            straight(from, bend),
            [bend, Point::new(x, to.y), Point::new(x, to.y), to],
        ]
    }

    fn ask_on_phone(&self, place: Place) -> Way {
        let (router, rail) = (self.layout.router, self.layout.read_lane);
        let first_seat = (place.rect.y - self.layout.seat.y).abs() < 1.0;
        if place.seated && first_seat {
            let to = place.rect.at(0.5, 0.0);
            return Way::through(&[straight(Point::new(to.x, router.bottom()), to)]);
        }
        let (from, to) = (Point::new(rail, router.bottom()), place.rect.at(1.0, 0.55));
        let bend = Point::new(rail, to.y - 12.0);
        Way::through(&[
            straight(from, bend),
            [bend, Point::new(rail, to.y), Point::new(rail, to.y), to],
        ])
    }

    /// Between two copies.
    fn beside(&self, from: Place, to: Place) -> [Point; 4] {
        if from.column < to.column {
            return level(from.rect.at(1.0, 0.5), to.rect.at(0.0, 0.5));
        }
        if from.column > to.column {
            return level(from.rect.at(0.0, 0.5), to.rect.at(1.0, 0.5));
        }
        let (a, b) = (from.rect.at(0.0, 0.58), to.rect.at(0.0, 0.58));
        let gutter = a.x - self.layout.gutters[from.column];
        let bulge = (8.0 + (a.y - b.y).abs() * 0.12).min(gutter.abs()) * 1.33;
        [
            a,
            Point::new(a.x - bulge, a.y),
            Point::new(b.x - bulge, b.y),
            b,
        ]
    }
}

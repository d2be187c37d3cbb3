//! Draws messages on the canvas between the lines and the cards.

use core::f64::consts::TAU;
use replicascope_engine::sort::sort_by_key;

use web_sys::CanvasRenderingContext2d as Context2d;

use super::layout::Point;
use super::palette::Palette;
use super::traffic::{Mover, Shape};

/// A brush: the canvas with the theme's colours.
pub(crate) struct Brush<'a> {
    pub(crate) on: &'a Context2d,
    pub(crate) colours: &'a Palette,
}

impl Brush<'_> {
    /// Draws messages shape by shape: one path for all of a shape, so that the cost of a frame hardly grows with their number.
    pub(crate) fn movers(&self, movers: &mut [Mover], numbers: bool) {
        sort_by_key(movers, |mover| mover.shape);
        for group in movers.chunk_by(|a, b| a.shape == b.shape) {
            self.group(group[0].shape, group);
        }
        self.wakes(movers);
        self.on.set_global_alpha(1.0);
        if numbers {
            self.numbers(movers);
        }
        for mover in movers.iter().filter(|mover| mover.held) {
            self.held(mover);
        }
    }

    fn group(&self, shape: Shape, movers: &[Mover]) {
        let (on, colours) = (self.on, self.colours);
        let (fill, stroke) = match shape {
            Shape::Diamond | Shape::Dot => (Some(&colours.ink_3), None),
            Shape::Tag => (Some(&colours.primary), None),
            Shape::Question => (Some(&colours.paper), Some((&colours.ink_2, 2.0))),
            Shape::Answer => (Some(&colours.ink_2), None),
            Shape::Cell | Shape::Cells => (Some(&colours.card), Some((&colours.wal, 1.2))),
            Shape::Tick => (None, Some((&colours.ok, 2.4))),
            Shape::Vote | Shape::Arrow => (None, Some((&colours.candidate, 2.2))),
            Shape::Cross => (None, Some((&colours.ink_2, 2.0))),
            Shape::Square => (Some(&colours.paper), Some((&colours.ink_2, 1.6))),
        };
        on.set_global_alpha(if shape == Shape::Dot { 0.5 } else { 1.0 });
        on.begin_path();
        for mover in movers {
            self.outline(mover);
        }
        if let Some(fill) = fill {
            on.set_fill_style_str(fill);
            on.fill();
        }
        if let Some((stroke, width)) = stroke {
            on.set_stroke_style_str(stroke);
            on.set_line_width(width);
            on.stroke();
        }
        if matches!(shape, Shape::Cell | Shape::Cells) {
            self.fillings(movers);
        }
    }

    /// Adds a message to the path.
    fn outline(&self, mover: &Mover) {
        let Point { x, y } = mover.spot.at;
        match mover.shape {
            Shape::Diamond => {
                self.polygon(&[(x, y - 3.4), (x + 3.4, y), (x, y + 3.4), (x - 3.4, y)]);
            }
            Shape::Dot => self.on.rect(x - 1.0, y - 1.0, 2.0, 2.0),
            Shape::Tag => self.tag(mover),
            Shape::Question | Shape::Answer => self.circle(x, y, 5.0),
            Shape::Cell | Shape::Cells => {
                for &beside in cells_of(mover.shape) {
                    self.on.rect(x + beside - 4.0, y - 8.0, 8.0, 16.0);
                }
            }
            Shape::Tick | Shape::Vote => {
                self.line(&[(x - 4.5, y + 0.5), (x - 1.2, y + 3.8), (x + 5.0, y - 3.6)]);
            }
            Shape::Arrow => {
                self.line(&[(x, y + 5.0), (x, y - 5.0)]);
                self.line(&[(x - 4.0, y - 1.0), (x, y - 5.0), (x + 4.0, y - 1.0)]);
            }
            Shape::Cross => {
                self.line(&[(x - 3.5, y - 3.5), (x + 3.5, y + 3.5)]);
                self.line(&[(x + 3.5, y - 3.5), (x - 3.5, y + 3.5)]);
            }
            Shape::Square => self.on.rect(x - 4.5, y - 4.5, 9.0, 9.0),
        }
    }

    /// A tag points along its way.
    fn tag(&self, mover: &Mover) {
        let (Point { x, y }, Point { x: dx, y: dy }) = (mover.spot.at, mover.spot.along);
        let corners = [
            (-8.0, -5.5),
            (2.0, -5.5),
            (8.0, 0.0),
            (2.0, 5.5),
            (-8.0, 5.5),
        ];
        self.polygon(
            &corners
                .map(|(ahead, aside)| (x + ahead * dx - aside * dy, y + ahead * dy + aside * dx)),
        );
    }

    /// A cell of the log on its way is a third full: whoever gets it has received it, no more.
    fn fillings(&self, movers: &[Mover]) {
        self.on.begin_path();
        for mover in movers {
            let Point { x, y } = mover.spot.at;
            for &beside in cells_of(mover.shape) {
                self.on.rect(x + beside - 4.0, y + 2.6, 8.0, 5.4);
            }
        }
        self.on.set_fill_style_str(&self.colours.wal);
        self.on.fill();
    }

    /// Two dashes behind each message, so that its direction is seen in a still.
    fn wakes(&self, movers: &[Mover]) {
        self.on.set_global_alpha(0.4);
        self.on.set_line_width(2.2);
        for group in movers.chunk_by(|a, b| a.shape == b.shape) {
            let shape = group[0].shape;
            if shape.is_chatter() {
                continue;
            }
            self.on.set_stroke_style_str(match shape {
                Shape::Tag => &self.colours.primary,
                Shape::Cell | Shape::Cells => &self.colours.wal,
                Shape::Tick => &self.colours.ok,
                Shape::Vote | Shape::Arrow => &self.colours.candidate,
                _ => &self.colours.ink_2,
            });
            let behind = if shape == Shape::Tag { 10.0 } else { 8.5 };
            self.on.begin_path();
            for mover in group {
                let (at, along) = (mover.spot.at, mover.spot.along);
                // A cell is taller than wide.
                let behind = if shape == Shape::Cell {
                    behind + 2.5 * along.y.abs()
                } else {
                    behind
                };
                for (from, to) in [(behind, behind + 7.0), (behind + 9.5, behind + 12.5)] {
                    self.on
                        .move_to(at.x - along.x * from, at.y - along.y * from);
                    self.on.line_to(at.x - along.x * to, at.y - along.y * to);
                }
            }
            self.on.stroke();
        }
    }

    fn numbers(&self, movers: &[Mover]) {
        self.on.set_font(&format!("11px {}", self.colours.font));
        self.on.set_text_align("center");
        self.on.set_line_join("round");
        self.on.set_line_width(3.0);
        self.on.set_stroke_style_str(&self.colours.paper);
        self.on.set_fill_style_str(&self.colours.ink_2);
        let mut written: Vec<(f64, f64)> = Vec::new();
        for mover in movers.iter().filter(|mover| mover.number > 0) {
            let text = mover.number.to_string();
            let (at, along) = (mover.spot.at, mover.spot.along);
            // Beside one that climbs or falls, above one that runs level.
            let (x, y) = if along.y.abs() > 0.8 {
                (at.x + 17.0, at.y + 4.0)
            } else {
                (at.x, at.y - 11.0)
            };
            // One number over another is none.
            let over = |&(other_x, other_y): &(f64, f64)| {
                (x - other_x).abs() < 26.0 && (y - other_y).abs() < 11.0
            };
            if written.iter().any(over) {
                continue;
            }
            written.push((x, y));
            // Numbers are a help; one that cannot be drawn is no error.
            let _ = self.on.stroke_text(&text, x, y);
            let _ = self.on.fill_text(&text, x, y);
        }
    }

    /// The ring around the message that a person has picked.
    pub(crate) fn picked(&self, mover: &Mover) {
        self.on.set_stroke_style_str(&self.colours.primary);
        self.on.set_line_width(2.0);
        self.on.begin_path();
        self.circle(mover.spot.at.x, mover.spot.at.y, 16.0);
        self.on.stroke();
    }

    fn held(&self, mover: &Mover) {
        self.on.set_stroke_style_str(&self.colours.ink);
        self.on.set_line_width(1.5);
        self.on.begin_path();
        self.circle(mover.spot.at.x, mover.spot.at.y, 13.0);
        self.on.stroke();
    }

    fn circle(&self, x: f64, y: f64, radius: f64) {
        self.on.move_to(x + radius, y);
        // A radius that is not negative cannot fail.
        let _ = self.on.arc(x, y, radius, 0.0, TAU);
    }

    fn line(&self, points: &[(f64, f64)]) {
        for (index, &(x, y)) in points.iter().enumerate() {
            if index == 0 {
                self.on.move_to(x, y);
            } else {
                self.on.line_to(x, y);
            }
        }
    }

    fn polygon(&self, points: &[(f64, f64)]) {
        self.line(points);
        self.on.close_path();
    }
}

/// Where the cells of a shape are, beside its place.
const fn cells_of(shape: Shape) -> &'static [f64] {
    match shape {
        Shape::Cells => &[-9.0, 0.0, 9.0],
        _ => &[0.0],
    }
}

//! Points and rectangles in CSS pixels.

/// A point.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Point {
    /// From the left.
    pub(crate) x: f64,
    /// From the top.
    pub(crate) y: f64,
}

impl Point {
    /// A point.
    #[must_use]
    pub(crate) const fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    /// The point `part` of the way from here to `other`.
    #[must_use]
    pub(crate) fn toward(self, other: Self, part: f64) -> Self {
        Self::new(
            self.x + (other.x - self.x) * part,
            self.y + (other.y - self.y) * part,
        )
    }

    /// How far it is to `other`.
    #[must_use]
    pub(crate) fn distance(self, other: Self) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

/// A rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Rect {
    /// Left edge.
    pub(crate) x: f64,
    /// Top edge.
    pub(crate) y: f64,
    /// Width.
    pub(crate) w: f64,
    /// Height.
    pub(crate) h: f64,
}

impl Rect {
    /// A rectangle on whole pixels, so that hairlines stay sharp.
    #[must_use]
    pub(crate) fn new(x: f64, y: f64, w: f64, h: f64) -> Self {
        Self {
            x: x.round(),
            y: y.round(),
            w: w.round(),
            h: h.round(),
        }
    }

    /// Right edge.
    #[must_use]
    pub(crate) fn right(self) -> f64 {
        self.x + self.w
    }

    /// Bottom edge.
    #[must_use]
    pub(crate) fn bottom(self) -> f64 {
        self.y + self.h
    }

    /// The point at these parts of its width and height.
    #[must_use]
    pub(crate) fn at(self, across: f64, down: f64) -> Point {
        Point::new(self.x + self.w * across, self.y + self.h * down)
    }

    /// Whether the insides of both share a point.
    #[cfg(test)]
    #[must_use]
    pub(crate) fn overlaps(self, other: Self) -> bool {
        self.x < other.right()
            && other.x < self.right()
            && self.y < other.bottom()
            && other.y < self.bottom()
    }

    /// Whether `other` is inside.
    #[cfg(test)]
    #[must_use]
    pub(crate) fn holds(self, other: Self) -> bool {
        self.x <= other.x
            && self.y <= other.y
            && self.right() >= other.right()
            && self.bottom() >= other.bottom()
    }
}

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

/// Adds a command and a point of an SVG path, to a tenth of a pixel. Paths are made anew whenever a log grows, and the
/// standard library's way of writing floats costs more than everything else about them.
pub(crate) fn put(path: &mut String, command: char, x: f64, y: f64) {
    path.push(command);
    put_tenths(path, x);
    path.push(' ');
    put_tenths(path, y);
}

fn put_tenths(path: &mut String, value: f64) {
    let tenths = (value * 10.0).round() as i64;
    if tenths < 0 {
        path.push('-');
    }
    let mut rest = tenths.unsigned_abs();
    let mut digits = [0_u8; 20];
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b'0' + (rest % 10) as u8;
        rest /= 10;
        // The tenths, and at least one digit before them.
        if rest == 0 && first <= digits.len() - 2 {
            break;
        }
    }
    for (index, &digit) in digits.iter().enumerate().skip(first) {
        if index == digits.len() - 1 {
            path.push('.');
        }
        path.push(char::from(digit));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_written_to_a_tenth() {
        let mut path = String::new();
        put(&mut path, 'M', 0.0, 0.04);
        put(&mut path, 'L', -0.5, 123.46);
        put(&mut path, 'L', -12.0, 9.95);
        assert_eq!(path, "M0.0 0.0L-0.5 123.5L-12.0 10.0");
    }
}

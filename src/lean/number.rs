//! Lengths and places as text. The standard library's own is right to the last bit of any number, and 20 KB of code; what is drawn
//! needs a hundredth of a pixel.

use std::fmt::Write as _;

/// A number with so many digits after the point at most, and no zeros at the end.
pub(crate) fn decimal(number: f64, digits: u32) -> String {
    let mut text = String::new();
    write_decimal(&mut text, number, digits);
    text
}

/// Appends what [`decimal`] makes.
pub(crate) fn write_decimal(text: &mut String, number: f64, digits: u32) {
    let scale = 10_u64.pow(digits);
    // What is no number, or beyond all that can be drawn, becomes the nearest that can.
    let scaled = (number.abs() * scale as f64).round() as u64;
    if number < 0.0 && scaled > 0 {
        text.push('-');
    }
    // A string takes all that is written to it.
    let _ = write!(text, "{}", scaled / scale);
    let mut rest = scaled % scale;
    if rest > 0 {
        text.push('.');
    }
    let mut place = scale;
    while rest > 0 {
        place /= 10;
        text.push(char::from(b'0' + (rest / place) as u8));
        rest %= place;
    }
}

/// A length.
pub(crate) fn px(length: f64) -> String {
    decimal(length, 2) + "px"
}

/// A part of a hundred.
pub(crate) fn percent(part: f64) -> String {
    decimal(part, 3) + "%"
}

/// A place to be moved to.
pub(crate) fn moved(x: f64, y: f64) -> String {
    format!("translate({}, {})", px(x), px(y))
}

/// Keeping a number between two others.
pub(crate) trait Within {
    /// As `clamp`, but where the two contradict each other it is the greater one: `clamp` says so with a number as text.
    fn within(self, least: Self, most: Self) -> Self;
}

impl Within for f64 {
    #[allow(clippy::manual_clamp, reason = "this is what takes its place")]
    fn within(self, least: Self, most: Self) -> Self {
        self.min(most).max(least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_rounded_and_has_no_zeros_at_its_end() {
        let said =
            [0.0, -0.0, 12.0, 12.5, 0.05, 0.049, -0.051, -7.25, 99.999].map(|it| decimal(it, 1));
        assert_eq!(
            said,
            ["0", "0", "12", "12.5", "0.1", "0", "-0.1", "-7.3", "100"]
        );
        assert_eq!(decimal(1.0 / 3.0, 3), "0.333");
        assert_eq!(decimal(2.005_1, 3), "2.005");
        assert_eq!(decimal(5.25, 0), "5");
        assert_eq!(decimal(f64::NAN, 2), "0");
    }

    #[test]
    fn lengths_and_places_are_what_a_style_takes() {
        assert_eq!(px(104.257), "104.26px");
        assert_eq!(percent(100.0), "100%");
        assert_eq!(moved(-1.5, 20.0), "translate(-1.5px, 20px)");
    }

    #[test]
    fn a_number_is_kept_within_two_others() {
        let kept = [-1.0, 0.5, 7.0].map(|it: f64| it.within(0.0, 2.0) as u8);
        assert_eq!(kept, [0, 0, 2]);
        assert_eq!(0.5_f64.within(3.0, 2.0) as u8, 3);
    }
}

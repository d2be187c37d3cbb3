//! Numbers and times as people read them.

use replicascope_engine::time::Time;

/// `1,234,567`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 write`, `1,200 writes`.
pub(crate) fn counted(number: u64, one: &str) -> String {
    if number == 1 {
        format!("1 {one}")
    } else {
        format!("{} {one}s", count(number))
    }
}

/// `4.000 s`.
pub(crate) fn seconds(time: Time) -> String {
    format!("{}.{:03} s", time.0 / 1_000_000, time.0 / 1_000 % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_apart() {
        let words = [0, 7, 999, 1_000, 123_456, 1_234_567].map(count);
        assert_eq!(words, ["0", "7", "999", "1,000", "123,456", "1,234,567"]);
        assert_eq!(counted(1, "run"), "1 run");
        assert_eq!(counted(1_200, "run"), "1,200 runs");
    }

    #[test]
    fn times_are_in_seconds() {
        assert_eq!(seconds(Time(61_004_900)), "61.004 s");
    }
}

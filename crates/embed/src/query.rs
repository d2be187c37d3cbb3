//! The parameters of an address, taken apart as browsers do it.

/// The parameters of a query, in order, without the `?` before it: each with its value, if it has one.
pub(crate) fn parameters(query: &str) -> impl Iterator<Item = (String, Option<String>)> + '_ {
    let query = query.strip_prefix('?').unwrap_or(query);
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts.map(|part| {
        let plain = |text: &str| decoded(&text.replace('+', " "));
        match part.split_once('=') {
            Some((name, value)) => (plain(name), Some(plain(value))),
            None => (plain(part), None),
        }
    })
}

/// A text with its `%20` and the like decoded. What is no such sign stays; what is no UTF-8 becomes the replacement character.
#[must_use]
pub fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let digit = |at: usize| char::from(*bytes.get(at)?).to_digit(16);
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(out)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_decoded_and_what_is_none_stays() {
        assert_eq!(decoded("a%20b%C3%A4%2f"), "a bä/");
        assert_eq!(decoded("100%"), "100%");
        assert_eq!(decoded("%4"), "%4");
        assert_eq!(decoded("%zz%41"), "%zzA");
        assert_eq!(decoded("%ff"), "\u{fffd}");
    }

    #[test]
    fn parameters_come_in_order_with_and_without_values() {
        let all: Vec<_> = parameters("?embed&a=1+2&&b=&c=x=y").collect();
        let some = |text: &str| Some(text.to_owned());
        let wanted = [
            ("embed", None),
            ("a", some("1 2")),
            ("b", some("")),
            ("c", some("x=y")),
        ];
        assert_eq!(all, wanted.map(|(name, value)| (name.to_owned(), value)));
    }
}

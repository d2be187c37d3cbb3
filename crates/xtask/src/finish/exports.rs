//! The list of exports of a WebAssembly program, with some taken off.

use crate::failure::Failure;

/// The number of the section that lists exports.
const EXPORTS: u8 = 7;

/// The program without the exports that have `unused` in their name. That there are any is what this is trusted for.
pub(super) fn without(program: &[u8], unused: &str) -> Result<Vec<u8>, Failure> {
    let mut reader = Reader(program);
    let mut out = reader.bytes(8)?.to_vec();
    let mut found = false;
    while !reader.0.is_empty() {
        let kind = reader.bytes(1)?[0];
        let length = reader.number()?;
        let body = reader.bytes(length)?;
        let kept = if kind == EXPORTS {
            found = true;
            exports(body, unused.as_bytes())?
        } else {
            body.to_vec()
        };
        out.push(kind);
        number(&mut out, kept.len());
        out.extend(kept);
    }
    if found {
        Ok(out)
    } else {
        Err(Failure::new("the linked program exports nothing"))
    }
}

/// The body of the section of exports without some of them.
fn exports(body: &[u8], unused: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut reader = Reader(body);
    let count = reader.number()?;
    let (mut kept, mut entries) = (0, Vec::<u8>::new());
    for _ in 0..count {
        let before = reader.0;
        let length = reader.number()?;
        let name = reader.bytes(length)?;
        // What it is, and its number.
        reader.bytes(1)?;
        reader.number()?;
        if !name.windows(unused.len()).any(|part| part == unused) {
            kept += 1;
            entries.extend(&before[..before.len() - reader.0.len()]);
        }
    }
    if kept == count {
        return Err(Failure::new(format!(
            "no export is called like `{}`: a library has changed, and this step of the build may go",
            String::from_utf8_lossy(unused)
        )));
    }
    let mut out = Vec::new();
    number(&mut out, kept);
    out.extend(entries);
    Ok(out)
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self, count: usize) -> Result<&'a [u8], Failure> {
        let (read, left) = self
            .0
            .split_at_checked(count)
            .ok_or_else(|| Failure::new("the linked program ends too early"))?;
        self.0 = left;
        Ok(read)
    }

    /// An unsigned number as WebAssembly writes it: seven bits a byte, the lowest first.
    fn number(&mut self) -> Result<usize, Failure> {
        let mut value = 0_u64;
        for shift in (0..35).step_by(7) {
            let byte = self.bytes(1)?[0];
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return usize::try_from(value)
                    .map_err(|_| Failure::new("the linked program names a number too large"));
            }
        }
        Err(Failure::new("the linked program names a number too long"))
    }
}

fn number(out: &mut Vec<u8>, mut value: usize) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program that exports these, each a function, and has a section before and after.
    fn program(names: &[&str]) -> Vec<u8> {
        let mut body = Vec::new();
        number(&mut body, names.len());
        for name in names {
            number(&mut body, name.len());
            body.extend(name.bytes());
            body.push(0);
            number(&mut body, 300);
        }
        let mut out = b"\0asm\x01\0\0\0".to_vec();
        out.extend([1, 1, 0, EXPORTS]);
        number(&mut out, body.len());
        out.extend(body);
        out.extend([10, 2, 7, 8]);
        out
    }

    #[test]
    fn what_is_named_is_taken_off_and_the_rest_stays_as_it_is() {
        let long = "x".repeat(200);
        let all = program(&["main", "sink_write", &long, "__free_sink"]);
        assert_eq!(without(&all, "sink").unwrap(), program(&["main", &long]));
    }

    #[test]
    fn where_there_is_nothing_to_take_off_or_the_program_is_broken_it_is_said() {
        let said = |result: Result<Vec<u8>, Failure>| result.unwrap_err().to_string();
        let all = program(&["main"]);
        assert!(said(without(&all, "sink")).contains("no export is called like `sink`"));
        assert!(said(without(&all[..all.len() - 1], "main")).contains("ends too early"));
        assert!(said(without(&all[..8], "main")).contains("exports nothing"));
    }
}

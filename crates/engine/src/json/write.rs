//! From values to text.

use core::fmt::{Display, Write as _};

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::Error;

/// `value` as JSON.
pub(super) fn written<T: Serialize + ?Sized>(value: &T, lines: bool) -> Result<String, Error> {
    let mut writer = Writer {
        out: String::new(),
        lines,
        depth: 0,
    };
    value.serialize(&mut writer)?;
    Ok(writer.out)
}

/// The text so far.
struct Writer {
    out: String,
    /// A line for each field and item.
    lines: bool,
    depth: usize,
}

impl Writer {
    fn number(&mut self, number: &dyn Display) -> Result<(), Error> {
        // Writing to a string does not fail.
        let _ = write!(self.out, "{number}");
        Ok(())
    }

    fn text(&mut self, text: &str) {
        self.out.push('"');
        for character in text.chars() {
            match character {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                '\u{8}' => self.out.push_str("\\b"),
                '\u{c}' => self.out.push_str("\\f"),
                '\0'..='\u{1f}' => {
                    // As above.
                    let _ = write!(self.out, "\\u{:04x}", u32::from(character));
                }
                other => self.out.push(other),
            }
        }
        self.out.push('"');
    }

    fn colon(&mut self) {
        self.out.push_str(if self.lines { ": " } else { ":" });
    }

    fn break_line(&mut self) {
        if self.lines {
            self.out.push('\n');
            for _ in 0..self.depth {
                self.out.push_str("  ");
            }
        }
    }

    /// Begins a list or an object.
    fn parts(&mut self, open: char, close: char) -> Parts<'_> {
        self.out.push(open);
        self.depth += 1;
        Parts {
            writer: self,
            first: true,
            close,
            wrapped: false,
        }
    }

    /// Begins a list or an object that is the content of a variant.
    fn parts_of(&mut self, variant: &str, open: char, close: char) -> Parts<'_> {
        let mut outer = self.parts('{', '}');
        outer.name(variant);
        let mut inner = outer.writer.parts(open, close);
        inner.wrapped = true;
        inner
    }
}

/// The parts of a list or an object.
struct Parts<'a> {
    writer: &'a mut Writer,
    first: bool,
    close: char,
    /// It is the only part of an object, named after a variant.
    wrapped: bool,
}

impl Parts<'_> {
    fn next(&mut self) {
        if !core::mem::take(&mut self.first) {
            self.writer.out.push(',');
        }
        self.writer.break_line();
    }

    fn name(&mut self, name: &str) {
        self.next();
        self.writer.text(name);
        self.writer.colon();
    }

    fn finish(self) -> Result<(), Error> {
        let Self {
            writer,
            first,
            close,
            wrapped,
        } = self;
        writer.depth -= 1;
        if !first {
            writer.break_line();
        }
        writer.out.push(close);
        if wrapped {
            writer.depth -= 1;
            writer.break_line();
            writer.out.push('}');
        }
        Ok(())
    }
}

impl<'a> Serializer for &'a mut Writer {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Parts<'a>;
    type SerializeTuple = Parts<'a>;
    type SerializeTupleStruct = Parts<'a>;
    type SerializeTupleVariant = Parts<'a>;
    type SerializeMap = Parts<'a>;
    type SerializeStruct = Parts<'a>;
    type SerializeStructVariant = Parts<'a>;

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.out.push_str(if value { "true" } else { "false" });
        Ok(())
    }

    fn serialize_i8(self, number: i8) -> Result<(), Error> {
        self.serialize_i64(i64::from(number))
    }

    fn serialize_i16(self, number: i16) -> Result<(), Error> {
        self.serialize_i64(i64::from(number))
    }

    fn serialize_i32(self, number: i32) -> Result<(), Error> {
        self.serialize_i64(i64::from(number))
    }

    fn serialize_i64(self, number: i64) -> Result<(), Error> {
        self.number(&number)
    }

    fn serialize_u8(self, number: u8) -> Result<(), Error> {
        self.serialize_u64(u64::from(number))
    }

    fn serialize_u16(self, number: u16) -> Result<(), Error> {
        self.serialize_u64(u64::from(number))
    }

    fn serialize_u32(self, number: u32) -> Result<(), Error> {
        self.serialize_u64(u64::from(number))
    }

    fn serialize_u64(self, number: u64) -> Result<(), Error> {
        self.number(&number)
    }

    fn serialize_f32(self, number: f32) -> Result<(), Error> {
        self.serialize_f64(f64::from(number))
    }

    fn serialize_f64(self, number: f64) -> Result<(), Error> {
        if !number.is_finite() {
            return self.serialize_unit();
        }
        self.number(&number)?;
        if number.fract() == 0.0 {
            self.out.push_str(".0");
        }
        Ok(())
    }

    fn serialize_char(self, character: char) -> Result<(), Error> {
        self.serialize_str(character.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Result<(), Error> {
        self.text(text);
        Ok(())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Error> {
        self.collect_seq(bytes)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.out.push_str("null");
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let mut parts = self.parts('{', '}');
        parts.name(variant);
        value.serialize(&mut *parts.writer)?;
        parts.finish()
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Parts<'a>, Error> {
        Ok(self.parts('[', ']'))
    }

    fn serialize_tuple(self, _length: usize) -> Result<Parts<'a>, Error> {
        Ok(self.parts('[', ']'))
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _length: usize,
    ) -> Result<Parts<'a>, Error> {
        Ok(self.parts('[', ']'))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Parts<'a>, Error> {
        Ok(self.parts_of(variant, '[', ']'))
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Parts<'a>, Error> {
        Ok(self.parts('{', '}'))
    }

    fn serialize_struct(self, _name: &'static str, _length: usize) -> Result<Parts<'a>, Error> {
        Ok(self.parts('{', '}'))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Parts<'a>, Error> {
        Ok(self.parts_of(variant, '{', '}'))
    }
}

macro_rules! items {
    ($($kind:ident $method:ident)*) => {
        $(impl $kind for Parts<'_> {
            type Ok = ();
            type Error = Error;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.next();
                value.serialize(&mut *self.writer)
            }
            fn end(self) -> Result<(), Error> {
                self.finish()
            }
        })*
    };
}

macro_rules! fields {
    ($($kind:ident)*) => {
        $(impl $kind for Parts<'_> {
            type Ok = ();
            type Error = Error;
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Error> {
                self.name(name);
                value.serialize(&mut *self.writer)
            }
            fn end(self) -> Result<(), Error> {
                self.finish()
            }
        })*
    };
}

items! {
    SerializeSeq serialize_element
    SerializeTuple serialize_element
    SerializeTupleStruct serialize_field
    SerializeTupleVariant serialize_field
}

fields! { SerializeStruct SerializeStructVariant }

impl SerializeMap for Parts<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.next();
        let start = self.writer.out.len();
        key.serialize(&mut *self.writer)?;
        // A number as a name.
        if !self.writer.out[start..].starts_with('"') {
            self.writer.out.insert(start, '"');
            self.writer.out.push('"');
        }
        self.writer.colon();
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Result<(), Error> {
        self.finish()
    }
}

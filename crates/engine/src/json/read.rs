//! From text to values: what `serde` asks, answered by the scanner.

use std::borrow::Cow;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer as _, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor, value::StrDeserializer,
};

use super::Error;
use super::scan::{Integer, Scalar, Scanner};

macro_rules! whole_numbers {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.integer(&visitor)? {
                Integer::Whole(number) => visitor.visit_u64(number),
                Integer::Negative(number) => visitor.visit_i64(number),
            }
        })*
    };
}

impl<'de> Deserializer<'de> for &mut Scanner<'de> {
    type Error = Error;

    whole_numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.scalar()? {
            Some(Scalar::Null) => visitor.visit_unit(),
            Some(Scalar::Bool(value)) => visitor.visit_bool(value),
            Some(Scalar::Whole(number)) => visitor.visit_u64(number),
            Some(Scalar::Negative(number)) => visitor.visit_i64(number),
            Some(Scalar::Fraction(number)) => visitor.visit_f64(number),
            Some(Scalar::Text(Cow::Borrowed(text))) => visitor.visit_borrowed_str(text),
            Some(Scalar::Text(Cow::Owned(text))) => visitor.visit_string(text),
            None if self.peek() == b'{' => self.deserialize_map(visitor),
            None => self.deserialize_seq(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.scalar()? {
            Some(Scalar::Bool(value)) => visitor.visit_bool(value),
            other => Err(self.unfit(other.as_ref(), &visitor)),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.scalar()? {
            Some(Scalar::Whole(number)) => visitor.visit_u64(number),
            Some(Scalar::Negative(number)) => visitor.visit_i64(number),
            Some(Scalar::Fraction(number)) => visitor.visit_f64(number),
            other => Err(self.unfit(other.as_ref(), &visitor)),
        }
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.scalar()? {
            Some(Scalar::Text(text)) => visitor.visit_str(&text),
            other => Err(self.unfit(other.as_ref(), &visitor)),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.peek() == b'n' {
            self.skip()?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.scalar()? {
            Some(Scalar::Null) => visitor.visit_unit(),
            other => Err(self.unfit(other.as_ref(), &visitor)),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if !self.opens(b'[')? {
            return Err(self.unfit_next(&visitor));
        }
        let value = visitor.visit_seq(Items {
            scanner: self,
            first: true,
            index: 0,
        });
        let value = value.map_err(|error| self.placed(error))?;
        self.closes(b']')?;
        Ok(value)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if !self.opens(b'{')? {
            return Err(self.unfit_next(&visitor));
        }
        let value = visitor.visit_map(Fields {
            scanner: self,
            first: true,
            name: Cow::Borrowed(""),
        });
        let value = value.map_err(|error| self.placed(error))?;
        self.closes(b'}')?;
        Ok(value)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let bare = match self.peek() {
            b'"' => true,
            b'{' => false,
            _ => return Err(self.unfit_next(&visitor)),
        };
        if !bare {
            self.opens(b'{')?;
        }
        let value = visitor.visit_enum(Variant {
            scanner: self,
            bare,
            name: Cow::Borrowed(""),
        });
        let value = value.map_err(|error| self.placed(error))?;
        if !bare {
            self.closes(b'}')?;
        }
        Ok(value)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.skip()?;
        visitor.visit_unit()
    }
}

/// The items of a list.
struct Items<'a, 'de> {
    scanner: &'a mut Scanner<'de>,
    first: bool,
    index: usize,
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        if !self.scanner.has_more(&mut self.first, b']')? {
            return Ok(None);
        }
        match seed.deserialize(&mut *self.scanner) {
            Ok(value) => {
                self.index += 1;
                Ok(Some(value))
            }
            Err(error) => Err(self.scanner.placed(error).in_item(self.index)),
        }
    }
}

/// The fields of an object.
struct Fields<'a, 'de> {
    scanner: &'a mut Scanner<'de>,
    first: bool,
    /// Of the field that is being read.
    name: Cow<'de, str>,
}

impl Fields<'_, '_> {
    fn here(&self, error: Error) -> Error {
        self.scanner.placed(error).in_field(&self.name)
    }
}

/// A name as a value.
fn name(name: &str) -> StrDeserializer<'_, Error> {
    name.into_deserializer()
}

impl<'de> MapAccess<'de> for Fields<'_, 'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        if !self.scanner.has_more(&mut self.first, b'}')? {
            return Ok(None);
        }
        self.name = self.scanner.name()?;
        match seed.deserialize(name(&self.name)) {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(self.here(error)),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        self.scanner.colon()?;
        seed.deserialize(&mut *self.scanner)
            .map_err(|error| self.here(error))
    }
}

/// A variant of an enum: its name alone, or an object whose only field is called like it.
struct Variant<'a, 'de> {
    scanner: &'a mut Scanner<'de>,
    bare: bool,
    name: Cow<'de, str>,
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(mut self, seed: V) -> Result<(V::Value, Self), Error> {
        self.name = self.scanner.name()?;
        let value = seed.deserialize(name(&self.name))?;
        if !self.bare {
            self.scanner.colon()?;
        }
        Ok((value, self))
    }
}

impl Variant<'_, '_> {
    fn here(&self, error: Error) -> Error {
        self.scanner.placed(error).in_field(&self.name)
    }

    /// There is a value beside the name, or there should be.
    fn needs(&self, what: &'static str) -> Result<(), Error> {
        if self.bare {
            return Err(self.here(Error::invalid_type(Unexpected::UnitVariant, &what)));
        }
        Ok(())
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        if self.bare {
            return Ok(());
        }
        match self.scanner.scalar() {
            Ok(Some(Scalar::Null)) => Ok(()),
            Ok(other) => {
                let error = self.scanner.unfit(other.as_ref(), &"null");
                Err(self.here(error))
            }
            Err(error) => Err(self.here(error)),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        self.needs("newtype variant")?;
        seed.deserialize(&mut *self.scanner)
            .map_err(|error| self.here(error))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, Error> {
        self.needs("tuple variant")?;
        self.scanner
            .deserialize_seq(visitor)
            .map_err(|error| self.here(error))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.needs("struct variant")?;
        self.scanner
            .deserialize_map(visitor)
            .map_err(|error| self.here(error))
    }
}

//! Values as bytes: numbers as LEB128 (as in WebAssembly's binary format, section 5.2.2), texts and lists behind their length.

use alloc::collections::BTreeMap;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::config::schema::json_schema::pattern::Pattern;
use crate::tree::{Datetime, Key, Kind, List, Number, Origin, Segment, Source, Table, Text, TypeSet, Value};

/// The bytes that are written.
pub(super) struct StoredWriter<'s> {
    pub(super) bytes: Vec<u8>,
    /// The text of the schema.
    pub(super) source: &'s Arc<Source>,
    /// The first place in another text, which cannot be written.
    pub(super) foreign: Option<Origin>,
}

/// The bytes that are not read yet.
pub(super) struct StoredReader<'b> {
    pub(super) rest: &'b [u8],
    /// The text of the schema.
    pub(super) source: &'b Arc<Source>,
    /// Equal patterns are compiled once.
    pub(super) patterns: Vec<Pattern>,
}

/// What can be written as bytes and read from them.
pub(super) trait Stored: Sized {
    fn write(&self, writer: &mut StoredWriter<'_>);

    /// `None` if the bytes are none of this type.
    fn read(reader: &mut StoredReader<'_>) -> Option<Self>;
}

/// Writes the fields of a struct one after another.
macro_rules! stored_struct {
    ($type:ident { $($field:ident),+ $(,)? }) => {
        impl Stored for $type {
            fn write(&self, writer: &mut StoredWriter<'_>) {
                let Self { $($field),+ } = self;
                $($field.write(writer);)+
            }

            fn read(reader: &mut StoredReader<'_>) -> Option<Self> {
                Some(Self { $($field: Stored::read(reader)?),+ })
            }
        }
    };
}

/// Writes the number of a variant and its fields.
macro_rules! stored_enum {
    ($type:ident { $($number:literal => $variant:ident $(($content:ident))? $({ $($field:ident),+ })?),+ $(,)? }) => {
        impl Stored for $type {
            fn write(&self, writer: &mut StoredWriter<'_>) {
                match self {
                    $(Self::$variant $(($content))? $({ $($field),+ })? => {
                        writer.bytes.push($number);
                        $($content.write(writer);)?
                        $($($field.write(writer);)+)?
                    })+
                }
            }

            fn read(reader: &mut StoredReader<'_>) -> Option<Self> {
                match reader.byte()? {
                    $($number => {
                        $(let $content = Stored::read(reader)?;)?
                        $($(let $field = Stored::read(reader)?;)+)?
                        Some(Self::$variant $(($content))? $({ $($field),+ })?)
                    })+
                    _ => None,
                }
            }
        }
    };
}

impl StoredReader<'_> {
    pub(super) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn bytes(&mut self, length: usize) -> Option<&[u8]> {
        let (bytes, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(bytes)
    }

    fn text(&mut self) -> Option<&str> {
        let length = usize::read(self)?;
        core::str::from_utf8(self.bytes(length)?).ok()
    }
}

fn write_text(text: &str, writer: &mut StoredWriter<'_>) {
    text.len().write(writer);
    writer.bytes.extend_from_slice(text.as_bytes());
}

impl Stored for u64 {
    fn write(&self, writer: &mut StoredWriter<'_>) {
        let mut rest = *self;
        while rest > 0x7f {
            writer.bytes.push(rest.to_le_bytes()[0] | 0x80);
            rest >>= 7;
        }
        writer.bytes.push(rest.to_le_bytes()[0]);
    }

    fn read(reader: &mut StoredReader<'_>) -> Option<Self> {
        let mut number = 0;
        for shift in (0..Self::BITS).step_by(7) {
            let byte = reader.byte()?;
            number |= Self::from(byte & 0x7f).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }
}

/// A number that is written as another type.
macro_rules! stored_as {
    ($($type:ty),+) => { $(
        impl Stored for $type {
            fn write(&self, writer: &mut StoredWriter<'_>) {
                u64::try_from(*self).unwrap_or(u64::MAX).write(writer);
            }

            fn read(reader: &mut StoredReader<'_>) -> Option<Self> {
                u64::read(reader)?.try_into().ok()
            }
        }
    )+ };
}

stored_as!(u32, usize);

impl Stored for bool {
    fn write(&self, writer: &mut StoredWriter<'_>) {
        writer.bytes.push(u8::from(*self));
    }

    fn read(reader: &mut StoredReader<'_>) -> Option<Self> {
        match reader.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Stored for i64 {
    fn write(&self, writer: &mut StoredWriter<'_>) {
        u64::from_le_bytes(self.to_le_bytes()).write(writer);
    }

    fn read(reader: &mut StoredReader<'_>) -> Option<Self> {
        Some(Self::from_le_bytes(u64::read(reader)?.to_le_bytes()))
    }
}

impl Stored for f64 {
    fn write(&self, writer: &mut StoredWriter<'_>) {
        self.to_bits().write(writer);
    }

    fn read(reader: &mut StoredReader<'_>) -> Option<Self> {
        Some(Self::from_bits(u64::read(reader)?))
    }
}

impl Stored for Text {
    fn write(&self, writer: &mut StoredWriter<'_>) {
        write_text(self, writer);
    }

    fn read(reader: &mut StoredReader<'_>) -> Option<Self> {
        reader.text().map(Self::new)
    }
}

impl Stored for Arc<str> {
    fn write(&self, writer: &mut StoredWriter<'_>) {
        write_text(self, writer);
    }

    fn read(reader: &mut StoredReader<'_>) -> Option<Self> {
        reader.text().map(Self::from)
    }
}

impl<T: Stored> Stored for Option<T> {
    fn write(&self, writer: &mut StoredWriter<'_>) {
        self.is_some().write(writer);
        self.iter().for_each(|some| some.write(writer));
    }

    fn read(reader: &mut StoredReader<'_>) -> Option<Self> {
        if bool::read(reader)? { T::read(reader).map(Some) } else { Some(None) }
    }
}

impl<A: Stored, B: Stored> Stored for (A, B) {
    fn write(&self, writer: &mut StoredWriter<'_>) {
        self.0.write(writer);
        self.1.write(writer);
    }

    fn read(reader: &mut StoredReader<'_>) -> Option<Self> {
        Some((A::read(reader)?, B::read(reader)?))
    }
}

fn write_all<T: Stored>(all: &[T], writer: &mut StoredWriter<'_>) {
    all.len().write(writer);
    all.iter().for_each(|one| one.write(writer));
}

impl<T: Stored> Stored for Vec<T> {
    fn write(&self, writer: &mut StoredWriter<'_>) {
        write_all(self, writer);
    }

    fn read(reader: &mut StoredReader<'_>) -> Option<Self> {
        let length = usize::read(reader)?;
        // Each element takes a byte at least, so a wrong length reserves no more than there are bytes.
        let mut all = Self::with_capacity(length.min(reader.rest.len()));
        for _ in 0..length {
            all.push(T::read(reader)?);
        }
        Some(all)
    }
}

impl<K: Stored + Ord, V: Stored> Stored for BTreeMap<K, V> {
    fn write(&self, writer: &mut StoredWriter<'_>) {
        self.len().write(writer);
        for (name, value) in self {
            name.write(writer);
            value.write(writer);
        }
    }

    fn read(reader: &mut StoredReader<'_>) -> Option<Self> {
        Vec::read(reader).map(Self::from_iter)
    }
}

stored_enum!(Kind {
    0 => Null,
    1 => Bool(bool),
    2 => Number(number),
    3 => String(text),
    4 => Datetime(datetime),
    5 => Array(elements),
    6 => Table(members),
    7 => Unset,
});

/// A value of a schema has no past.
impl Stored for Value {
    fn write(&self, writer: &mut StoredWriter<'_>) {
        self.kind().write(writer);
        self.origin().write(writer);
    }

    fn read(reader: &mut StoredReader<'_>) -> Option<Self> {
        Some(Self::new(Stored::read(reader)?, Stored::read(reader)?))
    }
}

stored_enum!(Segment { 0 => Name(name), 1 => Index(index) });

impl Stored for Key {
    fn write(&self, writer: &mut StoredWriter<'_>) {
        write_all(self.segments(), writer);
    }

    fn read(reader: &mut StoredReader<'_>) -> Option<Self> {
        let mut key = Self::root();
        Vec::read(reader)?.into_iter().for_each(|segment| key.push(segment));
        Some(key)
    }
}

stored_enum!(Number { 0 => Int(int), 1 => Float(float), 2 => Decimal(text) });

impl Stored for TypeSet {
    fn write(&self, writer: &mut StoredWriter<'_>) {
        writer.bytes.push(self.bits());
    }

    fn read(reader: &mut StoredReader<'_>) -> Option<Self> {
        Self::of_bits(reader.byte()?)
    }
}

/// A place in the text of the schema.
impl Stored for Origin {
    fn write(&self, writer: &mut StoredWriter<'_>) {
        if !Arc::ptr_eq(self.source(), writer.source) {
            writer.foreign.get_or_insert_with(|| self.clone());
        }
        let span = self.span();
        span.start.write(writer);
        span.len().write(writer);
    }

    fn read(reader: &mut StoredReader<'_>) -> Option<Self> {
        let (start, length) = <(usize, usize)>::read(reader)?;
        Some(Self::new(reader.source, start..start.checked_add(length)?))
    }
}

impl Stored for Datetime {
    fn write(&self, writer: &mut StoredWriter<'_>) {
        write_text(&self.to_string(), writer);
    }

    fn read(reader: &mut StoredReader<'_>) -> Option<Self> {
        reader.text()?.parse().ok()
    }
}

impl Stored for List {
    fn write(&self, writer: &mut StoredWriter<'_>) {
        self.len().write(writer);
        self.iter().for_each(|element| element.write(writer));
    }

    fn read(reader: &mut StoredReader<'_>) -> Option<Self> {
        Vec::read(reader).map(Self::from_iter)
    }
}

impl Stored for Table {
    fn write(&self, writer: &mut StoredWriter<'_>) {
        self.len().write(writer);
        for (name, member) in self {
            name.write(writer);
            member.write(writer);
        }
    }

    fn read(reader: &mut StoredReader<'_>) -> Option<Self> {
        let members: Vec<(Text, Value)> = Vec::read(reader)?;
        Some(Self::from_iter(members))
    }
}

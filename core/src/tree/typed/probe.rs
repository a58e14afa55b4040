//! Finds the outline of a type, by deserializing it from made-up values.
//!
//! A type stops at the first value that it does not accept. So it is deserialized several times, and each time it gets only
//! the members that it was not asked about yet.
//!
//! Each type has its own copy of what is generic here, and nearly all of it runs once at a start, from a cold cache. So what does not depend
//! on the type is in functions that are not inlined.

use core::cell::Cell;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::adjacently_tagged::is_adjacently_tagged;
use super::enclosing::Enclosing;
use super::failure::TypedFailure;
use super::outline::Outline;
use super::secret::is_secret;
use crate::tree::TypeSet;
use crate::tree::foreign_names::is_datetime;

/// More passes than any settings of a program need.
const MAX_PASSES: usize = 10_000;

impl Outline {
    /// The outline of a type.
    pub fn of<T: DeserializeOwned>() -> Self {
        Self::guarded::<T>(&|pass| pass())
    }

    /// As [`Outline::of`], where `guard` runs each pass over the type and may catch its panics. What was found before a panic
    /// is kept.
    pub fn guarded<T: DeserializeOwned>(guard: &dyn Fn(&mut dyn FnMut())) -> Self {
        let mut outline = Self::default();
        let steps = Cell::new(0);
        for _ in 0..MAX_PASSES {
            let before = steps.get();
            guard(&mut || {
                // Only what the type asks for matters.
                let _ = T::deserialize(Probe { outline: &mut outline, text: "", above: None, steps: &steps });
            });
            if outline.state.is_complete || steps.get() == before {
                break;
            }
        }
        outline.finish();
        outline
    }
}

/// Texts that types with a form of their own may accept.
pub(super) const TEXTS: [&str; 6] = ["", "a", "0", "1s", "127.0.0.1:80", "127.0.0.1"];

/// Makes up a value of any type, so that the errors after a wrong value can be found. `text` is its texts.
pub(super) fn stand_in<'de, S: DeserializeSeed<'de>>(seed: S, text: &str) -> Result<S::Value, TypedFailure> {
    let steps = Cell::new(0);
    seed.deserialize(Probe { outline: &mut Outline::default(), text, above: None, steps: &steps })
}

/// Makes up one value, and notes what it is read as.
struct Probe<'p> {
    outline: &'p mut Outline,
    /// The text of a string.
    text: &'p str,
    above: Option<&'p Enclosing<'p>>,
    /// How many values were asked for.
    steps: &'p Cell<usize>,
}

impl<'p> Probe<'p> {
    #[inline(never)]
    fn ask(&mut self, types: TypeSet) {
        self.outline.types = self.outline.types.or(types);
        if !self.outline.state.is_asked {
            self.outline.state.is_asked = true;
            self.steps.set(self.steps.get() + 1);
        }
    }

    #[inline(never)]
    fn leaf(mut self, types: TypeSet) {
        self.ask(types);
        self.outline.state.is_complete = true;
    }

    /// Ends the search at a type that lies in itself.
    #[cold]
    fn stop(self, types: TypeSet) -> TypedFailure {
        self.leaf(types);
        TypedFailure::mismatch("a value", "a type that contains itself")
    }

    /// Reads a value with others inside. If nothing new was asked for, another pass would find nothing either.
    fn inside<R>(
        mut self,
        types: TypeSet,
        read: impl FnOnce(Probe<'_>) -> Result<R, TypedFailure>,
    ) -> Result<R, TypedFailure> {
        self.ask(types);
        let Self { outline, text, above, steps } = self;
        let before = steps.get();
        let result = read(Probe { outline: &mut *outline, text, above, steps });
        if outline.completes(steps.get() == before) {
            steps.set(steps.get() + 1);
        }
        result
    }

    fn fields<'de, V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TypedFailure> {
        let Some(above) = Enclosing::within(fields.as_ptr().cast(), self.above) else {
            return Err(self.stop(TypeSet::OBJECT));
        };
        self.inside(TypeSet::OBJECT, |probe| {
            let mut access = FieldProbe::of(Probe { above: Some(&above), ..probe }, fields);
            let result = visitor.visit_map(&mut access);
            if let Err(failure) = &result {
                access.note_alias(failure);
            }
            result
        })
    }

    /// A tuple of this length, or a list.
    fn list<'de, V: Visitor<'de>>(self, tuple: Option<usize>, visitor: V) -> Result<V::Value, TypedFailure> {
        let Some(above) = Enclosing::unnamed(self.above) else { return Err(self.stop(TypeSet::ARRAY)) };
        self.inside(TypeSet::ARRAY, |probe| {
            let left = match tuple {
                Some(length) => {
                    probe.outline.rare_mut().items.resize_with(length, Outline::default);
                    0
                }
                None => 1,
            };
            visitor.visit_seq(ElementProbe { probe: Probe { above: Some(&above), ..probe }, next: 0, left })
        })
    }
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = TypedFailure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedFailure> {
        self.outline.is_buffered = true;
        self.leaf(TypeSet::NONE);
        visitor.visit_unit()
    }

    deserialize_methods! { |self, visitor|
        deserialize_bool() => { self.leaf(TypeSet::BOOLEAN); visitor.visit_bool(true) },
        deserialize_i8() => { self.leaf(TypeSet::INTEGER); visitor.visit_i8(1) },
        deserialize_i16() => { self.leaf(TypeSet::INTEGER); visitor.visit_i16(1) },
        deserialize_i32() => { self.leaf(TypeSet::INTEGER); visitor.visit_i32(1) },
        deserialize_i64() => { self.leaf(TypeSet::INTEGER); visitor.visit_i64(1) },
        deserialize_i128() => { self.leaf(TypeSet::INTEGER); visitor.visit_i128(1) },
        deserialize_u8() => { self.leaf(TypeSet::INTEGER); visitor.visit_u8(1) },
        deserialize_u16() => { self.leaf(TypeSet::INTEGER); visitor.visit_u16(1) },
        deserialize_u32() => { self.leaf(TypeSet::INTEGER); visitor.visit_u32(1) },
        deserialize_u64() => { self.leaf(TypeSet::INTEGER); visitor.visit_u64(1) },
        deserialize_u128() => { self.leaf(TypeSet::INTEGER); visitor.visit_u128(1) },
        deserialize_f32() => { self.leaf(TypeSet::NUMBER); visitor.visit_f32(1.0) },
        deserialize_f64() => { self.leaf(TypeSet::NUMBER); visitor.visit_f64(1.0) },
        deserialize_char() => { self.leaf(TypeSet::STRING); visitor.visit_char('a') },
        deserialize_string() => self.deserialize_str(visitor),
        deserialize_identifier() => self.deserialize_str(visitor),
        deserialize_bytes() => { self.leaf(TypeSet::STRING.or(TypeSet::ARRAY)); visitor.visit_bytes(&[]) },
        deserialize_byte_buf() => self.deserialize_bytes(visitor),
        deserialize_unit() => { self.leaf(TypeSet::NULL); visitor.visit_unit() },
        deserialize_unit_struct(&'static str) => self.deserialize_unit(visitor),
        deserialize_seq() => self.list(None, visitor),
        deserialize_ignored_any() => { self.leaf(TypeSet::NONE); visitor.visit_unit() },
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedFailure> {
        let text = self.text;
        self.leaf(TypeSet::STRING);
        visitor.visit_str(text)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, TypedFailure> {
        self.list(Some(length), visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, TypedFailure> {
        self.list(Some(length), visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedFailure> {
        self.outline.types = self.outline.types.or(TypeSet::NULL);
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, TypedFailure> {
        self.outline.is_secret |= is_secret(name);
        let Some(above) = Enclosing::within(name.as_ptr(), self.above) else {
            return Err(self.stop(TypeSet::NONE));
        };
        visitor.visit_newtype_struct(Probe { above: Some(&above), ..self })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedFailure> {
        let Some(above) = Enclosing::unnamed(self.above) else { return Err(self.stop(TypeSet::OBJECT)) };
        self.inside(TypeSet::OBJECT, |probe| {
            visitor.visit_map(EntryProbe { probe: Probe { above: Some(&above), ..probe }, is_read: false })
        })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TypedFailure> {
        if is_datetime(name) {
            return self.deserialize_str(visitor);
        }
        // The type of its content depends on its tag. A struct that was asked before is none.
        let is_new = !self.outline.state.is_asked;
        if self.outline.is_buffered || is_new && is_adjacently_tagged(&visitor) {
            return self.deserialize_any(visitor);
        }
        self.fields(fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TypedFailure> {
        let Some(enclosing) = Enclosing::within(variants.as_ptr().cast(), self.above) else {
            return Err(self.stop(TypeSet::NONE));
        };
        let name = self.outline.next_variant(variants);
        self.inside(TypeSet::NONE, |probe| {
            let Probe { outline, text, steps, .. } = probe;
            let above = Some(&enclosing);
            let result = visitor.visit_enum(VariantProbe {
                probe: Probe { outline: &mut *outline, text, above, steps },
                name,
            });
            if outline.passes_variant(name) {
                steps.set(steps.get() + 1);
            }
            result
        })
    }
}

/// The fields of a struct that were not asked about, in the order of the type, in which the names of one field follow each other.
struct FieldProbe<'p> {
    /// The position of the field that may be next.
    next: usize,
    /// A field that is read once more.
    repeated: Option<&'static str>,
    /// The last field that was read.
    read: Option<&'static str>,
    /// The position of the field whose name was read, but not its value.
    current: Option<usize>,
    probe: Probe<'p>,
}

impl<'p> FieldProbe<'p> {
    #[inline(never)]
    fn of(probe: Probe<'p>, fields: &'static [&'static str]) -> Self {
        if probe.outline.fields.is_empty() {
            probe.outline.fields = fields.iter().map(|name| (*name, Outline::default())).collect();
        }
        let repeated = probe.outline.rare().repeated;
        if repeated.is_some() {
            probe.outline.rare_mut().repeated = None;
            probe.steps.set(probe.steps.get() + 1);
        }
        Self { next: 0, repeated, read: None, current: None, probe }
    }

    /// Goes on to the next name.
    #[inline(never)]
    fn next_name(&mut self) -> Option<&'static str> {
        let fields = &self.probe.outline.fields;
        let is_open = |name, field: &Outline| !field.state.is_complete || Some(name) == self.repeated;
        let mut rest = fields.iter().enumerate().skip(self.next);
        let open = rest.find(|(_, (name, field))| is_open(*name, field));
        self.current = open.map(|(at, _)| at);
        self.next = self.current.map_or(fields.len(), |at| at + 1);
        open.map(|(_, (name, _))| *name)
    }

    /// The probe of the field with the last name.
    #[inline(never)]
    fn value(&mut self) -> Result<Probe<'_>, TypedFailure> {
        let Probe { outline, text, above, steps } = &mut self.probe;
        let Some((name, field)) = self.current.take().and_then(|at| outline.fields.get_mut(at)) else {
            return Err(TypedFailure::mismatch("the name of a field", "its value"));
        };
        self.read = Some(*name);
        Ok(Probe { outline: field, text, above: *above, steps })
    }

    /// Two names of one field follow each other, and the type says so at the second one.
    #[inline(never)]
    fn note_alias(&mut self, failure: &TypedFailure) {
        let outline = &mut *self.probe.outline;
        let second = self.current.and_then(|at| outline.fields.get(at)).map(|(name, _)| *name);
        let (Some(main), Some(first), Some(second)) = (failure.duplicate(), self.read, second) else {
            return;
        };
        let Some(main) = outline.fields.iter().map(|(name, _)| *name).find(|name| *name == main) else {
            return;
        };
        let found = core::mem::take(outline.field_mut(first));
        *outline.field_mut(main) = found;
        for alias in [first, second].into_iter().filter(|name| *name != main) {
            outline.fields.retain(|(name, _)| *name != alias);
            outline.rare_mut().aliases.insert(alias, main);
        }
        outline.rare_mut().repeated = Some(main);
        self.probe.steps.set(self.probe.steps.get() + 1);
    }
}

impl<'de> MapAccess<'de> for &mut FieldProbe<'_> {
    type Error = TypedFailure;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, TypedFailure> {
        let name = self.next_name().map(StrDeserializer::new);
        name.map(|name| seed.deserialize(name)).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, TypedFailure> {
        seed.deserialize(self.value()?)
    }
}

/// One entry of a map.
struct EntryProbe<'p> {
    probe: Probe<'p>,
    is_read: bool,
}

impl<'de> MapAccess<'de> for EntryProbe<'_> {
    type Error = TypedFailure;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, TypedFailure> {
        if core::mem::replace(&mut self.is_read, true) {
            return Ok(None);
        }
        let tried = self.probe.outline.state.tried_texts;
        let key = stand_in(seed, TEXTS.get(usize::from(tried)).unwrap_or(&"a"));
        if key.is_err() && usize::from(tried) + 1 < TEXTS.len() {
            // The next pass tries another text.
            self.probe.outline.state.tried_texts += 1;
            self.probe.outline.others.get_or_insert_default();
            self.probe.steps.set(self.probe.steps.get() + 1);
        }
        key.map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, TypedFailure> {
        let Probe { outline, text, above, steps } = &mut self.probe;
        seed.deserialize(Probe {
            outline: outline.others.get_or_insert_default(),
            text,
            above: *above,
            steps,
        })
    }
}

/// The elements of a list or a tuple.
struct ElementProbe<'p> {
    probe: Probe<'p>,
    /// The next element of a tuple.
    next: usize,
    /// How many elements of a list follow.
    left: usize,
}

impl<'de> SeqAccess<'de> for ElementProbe<'_> {
    type Error = TypedFailure;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, TypedFailure> {
        let Probe { outline, text, above, steps } = &mut self.probe;
        if self.next >= outline.rare().items.len() {
            let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
            self.left = left;
            let elements = outline.elements.get_or_insert_default();
            return seed.deserialize(Probe { outline: elements, text, above: *above, steps }).map(Some);
        }
        let Some(item) = outline.rare_mut().items.get_mut(self.next) else { return Ok(None) };
        self.next += 1;
        let tried = item.state.tried_texts;
        let text = if text.is_empty() { TEXTS.get(usize::from(tried)).unwrap_or(text) } else { text };
        if item.state.is_complete {
            // The elements after it may need another pass.
            return stand_in(seed, text).map(Some);
        }
        let element = seed.deserialize(Probe { outline: item, text, above: *above, steps });
        if element.is_err() && usize::from(tried) + 1 < TEXTS.len() {
            // The next pass tries another text.
            item.state.tried_texts += 1;
            item.state.is_complete = false;
            steps.set(steps.get() + 1);
        }
        element.map(Some)
    }
}

/// One variant of an enum.
struct VariantProbe<'p> {
    probe: Probe<'p>,
    name: &'static str,
}

impl<'p> VariantProbe<'p> {
    /// The probe of the content; the enum is then a table of one member.
    fn content(self) -> Probe<'p> {
        let Probe { outline, text, above, steps } = self.probe;
        outline.types = outline.types.or(TypeSet::OBJECT);
        Probe { outline: outline.field_mut(self.name), text, above, steps }
    }
}

impl<'de> EnumAccess<'de> for VariantProbe<'_> {
    type Error = TypedFailure;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), TypedFailure> {
        let value = seed.deserialize(StrDeserializer::<TypedFailure>::new(self.name))?;
        Ok((value, self))
    }
}

impl<'de> VariantAccess<'de> for VariantProbe<'_> {
    type Error = TypedFailure;

    fn unit_variant(self) -> Result<(), TypedFailure> {
        let outline = self.probe.outline;
        outline.types = outline.types.or(TypeSet::STRING);
        outline.rare_mut().variants.push(self.name);
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, TypedFailure> {
        seed.deserialize(self.content())
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, TypedFailure> {
        self.content().list(Some(length), visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TypedFailure> {
        self.content().fields(fields, visitor)
    }
}

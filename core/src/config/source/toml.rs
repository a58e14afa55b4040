//! TOML: converts the spanned tree of the `toml` crate, keeping the origin of every value.
//!
//! serde would lose the spans inside untagged and flattened types, so the tree is converted before typing.

use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::toml_syntax::diagnostics;
use super::{syntax, too_deep};
use crate::tree::{
    Code, Datetime, Diagnostic, Kind, MAX_DEPTH, Number, Origin, Source, Text, Value, in_report_order,
};

pub(super) fn parse(source: &Arc<Source>) -> Result<Value, Vec<Diagnostic>> {
    let text = source.text();
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut reader = TomlReader { source, diagnostics: diagnostics(source, root.get_ref(), &errors) };
    if reader.diagnostics.is_empty() {
        let value = reader.table(root.into_inner(), Origin::new(source, 0..0), 0);
        if reader.diagnostics.is_empty() {
            return Ok(value);
        }
    }
    Err(in_report_order(reader.diagnostics))
}

struct TomlReader<'s> {
    source: &'s Arc<Source>,
    diagnostics: Vec<Diagnostic>,
}

/// Takes the parsed tree by value, so that its memory is freed early.
impl TomlReader<'_> {
    fn table(&mut self, table: DeTable<'_>, origin: Origin, depth: usize) -> Value {
        if !self.may_descend(&origin, depth) {
            return Value::table([], origin);
        }
        let member = |(name, value): (Spanned<DeString<'_>>, _)| {
            (Text::new(name.get_ref()), self.value(value, depth + 1))
        };
        Value::table(table.into_iter().map(member), origin)
    }

    fn value(&mut self, spanned: Spanned<DeValue<'_>>, depth: usize) -> Value {
        let origin = Origin::new(self.source, spanned.span());
        let kind = match spanned.into_inner() {
            DeValue::String(text) => Kind::String(Text::new(text)),
            DeValue::Boolean(bool) => Kind::Bool(bool),
            DeValue::Datetime(datetime) => Kind::Datetime(Datetime(datetime)),
            DeValue::Integer(int) => match i128::from_str_radix(int.as_str(), int.radix()) {
                Ok(wide) => Kind::Number(match i64::try_from(wide) {
                    Ok(narrow) => Number::Int(narrow),
                    Err(_) => Number::Decimal(wide.to_string().into()),
                }),
                Err(_) if int.radix() == 10 => self.decimal(int.as_str(), &origin),
                Err(_) => self.too_wide(&origin),
            },
            DeValue::Float(float) => match float.as_str().parse::<f64>() {
                Ok(value) if float.as_str().contains(['i', 'n']) => Kind::Number(Number::Float(value)),
                _ => self.decimal(float.as_str(), &origin),
            },
            DeValue::Array(elements) => {
                if !self.may_descend(&origin, depth) {
                    return Value::array([], origin);
                }
                let elements = elements.into_iter().map(|element| self.value(element, depth + 1));
                return Value::array(elements, origin);
            }
            DeValue::Table(table) => return self.table(table, origin, depth),
        };
        Value::new(kind, origin)
    }

    /// A number that keeps its digits where 64 bits do not hold them.
    fn decimal(&mut self, text: &str, origin: &Origin) -> Kind {
        match Number::parse(text.trim_start_matches('+')) {
            Ok(number) => Kind::Number(number),
            Err(_) => self.too_wide(origin),
        }
    }

    fn too_wide(&mut self, origin: &Origin) -> Kind {
        let message = "the number does not fit into 128 bits";
        self.diagnostics.push(syntax(self.source, Code::ParseNumber, message, origin.span()));
        Kind::Null
    }

    fn may_descend(&mut self, origin: &Origin, depth: usize) -> bool {
        if depth >= MAX_DEPTH {
            self.diagnostics.push(too_deep(self.source, origin.span()));
        }
        depth < MAX_DEPTH
    }
}

//! Reading a text as the value of a key. The type comes from the key and is never guessed.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::{Language, parse};
use crate::config::schema::{Facts, Schema};
use crate::tree::typed::LazyOutline;
use crate::tree::{Diagnostic, Key, Kind, Number, Origin, Segment, Source, Text, TypeSet, Value};

/// Why a text is not a value of its key's type. Its message does not quote the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, found {found}")]
pub(crate) struct TextError {
    /// The types that the key allows.
    pub(crate) expected: TypeSet,
    /// A general description of the text.
    pub(crate) found: String,
    /// The text, or the item of a list, that is described.
    text: Option<String>,
}

impl TextError {
    /// The message with the text, which must be no secret.
    pub(crate) fn with_text(&self) -> String {
        let Some(text) = &self.text else { return self.to_string() };
        let is_plain = Number::parse(text).is_ok() || boolean(text).is_some();
        let quoted = |text: &str| {
            let origin = Origin::whole(&Source::variable("", ""));
            Value::new(Kind::String(Text::new(text)), origin).to_string()
        };
        let mut shown = if is_plain { text.clone() } else { quoted(text) };
        if shown.chars().count() > MAX_SHOWN {
            shown = shown.chars().take(MAX_SHOWN - 1).chain(['…']).collect();
        }
        format!("{self} {shown}")
    }
}

/// How many characters of a text an error shows, as for a value of a file.
pub(crate) const MAX_SHOWN: usize = 60;

/// Reads `text`, all of `source`, as a value of the types that `facts` allow.
///
/// If `string` is allowed, the value is that string, byte for byte. Otherwise `null` or an empty text is null
/// for a nullable key; numbers are JSON's; `true`, `yes`, `on`, `1` and their opposites are booleans; a list is
/// JSON if it begins with `[`, else comma-separated with `"` for items that hold a comma, as is a text that is no JSON where
/// the items are strings; a table is JSON.
pub(crate) fn value_of(text: &str, source: &Arc<Source>, facts: &Facts) -> Result<Value, TextError> {
    let origin = Origin::whole(source);
    let wrong = |found: &str| TextError { expected: facts.types, found: found.to_string(), text: None };
    if let Some(kind) = scalar(text, facts.types) {
        return Ok(Value::new(kind, origin));
    }
    let trimmed = text.trim();
    let takes = |types: TypeSet| facts.types.contains(types);
    let mut no_json = None;
    if (trimmed.starts_with('[') && takes(TypeSet::ARRAY))
        || (trimmed.starts_with('{') && takes(TypeSet::OBJECT))
    {
        match json_value(text, source) {
            Ok(value) => return Ok(value),
            Err(found) => no_json = Some(wrong(&found)),
        }
    }
    let has_strings = match facts.item_types.as_slice() {
        [] => facts.element_types.contains(TypeSet::STRING),
        items => items.iter().all(|types| types.contains(TypeSet::STRING)),
    };
    if let Some(no_json) = no_json.clone().filter(|_| !takes(TypeSet::ARRAY) || !has_strings) {
        return Err(no_json);
    }
    if takes(TypeSet::ARRAY) {
        let items = split(trimmed).ok_or_else(|| no_json.unwrap_or_else(|| wrong("an unclosed `\"`")))?;
        let elements = items.iter().enumerate().map(|(index, item)| {
            let types = facts.item_types.get(index).copied().unwrap_or(facts.element_types);
            let kind = scalar(item, types);
            kind.map(|kind| Value::new(kind, origin.clone())).ok_or_else(|| TextError {
                expected: types,
                found: format!("an item of type {}", type_of(item)),
                text: (!item.is_empty()).then(|| item.clone()),
            })
        });
        return Ok(Value::array(elements.collect::<Result<Vec<_>, _>>()?, origin));
    }
    let text = (!trimmed.is_empty()).then(|| trimmed.into());
    Err(TextError { text, ..wrong(type_of(trimmed)) })
}

/// Where a text stops being JSON, and why.
fn not_json(errors: &[Diagnostic]) -> String {
    let Some(first) = errors.first() else { return "invalid JSON".into() };
    let place = match first.origin.as_ref().and_then(Origin::line_column) {
        Some((1, column)) => format!(" at column {column}"),
        Some((line, column)) => format!(" at line {line}, column {column}"),
        None => String::new(),
    };
    format!("invalid JSON{place} ({})", first.message)
}

fn scalar(text: &str, types: TypeSet) -> Option<Kind> {
    let trimmed = text.trim();
    let takes = |wanted: TypeSet| types.contains(wanted);
    if takes(TypeSet::STRING) {
        return Some(Kind::String(Text::new(text)));
    }
    if takes(TypeSet::NULL) && (trimmed.is_empty() || trimmed == "null") {
        return Some(Kind::Null);
    }
    if takes(TypeSet::INTEGER)
        && let Ok(number) = Number::parse(trimmed)
        && (takes(TypeSet::NUMBER) || number.is_integer())
    {
        return Some(Kind::Number(number));
    }
    if takes(TypeSet::BOOLEAN) {
        return boolean(trimmed).map(Kind::Bool);
    }
    None
}

fn boolean(text: &str) -> Option<bool> {
    let is = |words: [&str; 4]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(["true", "yes", "on", "1"]) {
        return Some(true);
    }
    is(["false", "no", "off", "0"]).then_some(false)
}

/// The type that a text looks like, without the text itself.
fn type_of(text: &str) -> &'static str {
    match Number::parse(text) {
        _ if text.is_empty() => "empty string",
        Ok(number) if number.is_integer() => "integer",
        Ok(_) => "number",
        Err(_) if boolean(text).is_some() => "boolean",
        Err(_) if text.starts_with('[') => "array",
        Err(_) if text.starts_with('{') => "object",
        Err(_) => "string",
    }
}

/// Splits at commas outside of double quotes (RFC 4180: `""` in quotes is one quote). Space around an item is
/// dropped; an empty text has no items. `None` for an unclosed quote.
fn split(text: &str) -> Option<Vec<String>> {
    let mut items = Vec::new();
    let mut rest = text;
    if rest.is_empty() {
        return Some(items);
    }
    loop {
        rest = rest.trim_start();
        let after = if let Some(quoted) = rest.strip_prefix('"') {
            let mut item = String::new();
            let mut open = quoted;
            loop {
                let (part, behind) = open.split_once('"')?;
                item.push_str(part);
                match behind.strip_prefix('"') {
                    Some(more) => {
                        item.push('"');
                        open = more;
                    }
                    None => {
                        items.push(item);
                        break behind.trim_start();
                    }
                }
            }
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            let (item, behind) = rest.split_at(end);
            items.push(item.trim_end().to_string());
            behind
        };
        match after.strip_prefix(',') {
            Some(more) => rest = more,
            None if after.is_empty() => return Some(items),
            None => return None,
        }
    }
}

/// The value with `origin` as the origin of all its parts.
pub(super) fn moved(value: &Value, origin: &Origin) -> Value {
    let kind = match value.kind() {
        Kind::Array(elements) => {
            return Value::array(elements.iter().map(|e| moved(e, origin)), origin.clone());
        }
        Kind::Table(members) => {
            let members = members.iter().map(|(name, member)| (name.clone(), moved(member, origin)));
            return Value::table(members, origin.clone());
        }
        kind => kind.clone(),
    };
    Value::new(kind, origin.clone())
}

/// The types of a key: those of the schema, else those that the type of the settings reads, else the type of the value in
/// a layer below, else any, so that a text is a string.
pub(crate) fn types_of_key(
    key: &Key,
    schema: Option<&Schema>,
    outline: Option<&LazyOutline>,
    present: Option<&Value>,
) -> Facts {
    let of_types = |(types, element_types)| Facts { types, element_types, ..Facts::default() };
    let by_schema = schema.and_then(|schema| schema.types(key)).filter(|(types, _)| *types != TypeSet::ANY);
    if let Some(types) = by_schema {
        return of_types(types);
    }
    let by_type =
        outline.and_then(|outline| outline.get(key)).filter(|outline| outline.types() != TypeSet::ANY);
    if let Some(outline) = by_type {
        let facts = of_types((outline.types(), outline.element_types()));
        return Facts { item_types: outline.item_types().collect(), ..facts };
    }
    if schema.is_some() {
        return Facts::default();
    }
    let first = || match key.segments().last() {
        // An item behind the others has their type.
        Some(Segment::Index(_)) => present?.get(&key.parent()?)?.as_array()?.first(),
        _ => None,
    };
    let Some(value) = present.and_then(|present| present.get(key)).or_else(first) else {
        return Facts::default();
    };
    let of = |value: &Value| match value.kind() {
        Kind::Null | Kind::Unset => TypeSet::ANY,
        // A default of 1.0 must not reject 2, nor a default of 1 reject 2.5.
        Kind::Number(_) => TypeSet::NUMBER,
        _ => TypeSet::of(value),
    };
    let element = value.as_array().and_then(|elements| elements.first());
    Facts { types: of(value), element_types: element.map_or(TypeSet::STRING, of), ..Facts::default() }
}

/// Reads the text of a variable or an override as a value of its key; an error comes with the help.
pub(crate) fn value_of_key(
    key: &Key,
    text: &str,
    source: &Arc<Source>,
    schema: Option<&Schema>,
    outline: Option<&LazyOutline>,
    present: Option<&Value>,
) -> Result<Value, (TextError, String)> {
    let mut facts = types_of_key(key, schema, outline, present);
    let is_enum = || outline.and_then(|outline| outline.get(key)).is_some_and(|at| at.variants().count() > 0);
    if text.trim_start().starts_with('{') && facts.types.contains(TypeSet::OBJECT) && is_enum() {
        // No name of a variant.
        facts.types = facts.types.without(TypeSet::STRING);
    }
    if let Some(schema) = schema
        && let Some(outcome) = value_of_union(key, text, source, &facts, schema, present)
    {
        return outcome;
    }
    value_of(text, source, &facts).or_else(|error| {
        // The type of the value below is only likely to be that of the key: the settings may accept others.
        if schema.is_none() && outline.is_some_and(|outline| outline.is_unknown_at(key)) {
            return Ok(Value::new(Kind::String(Text::new(text)), Origin::whole(source)));
        }
        Err((error, forms(&facts)))
    })
}

/// Reads a text that is JSON, whatever the types of its key are; the error says what was found.
pub(crate) fn json_value(text: &str, source: &Arc<Source>) -> Result<Value, String> {
    let name = source.variable_name().unwrap_or(source.name());
    let document = Source::document(source.layer(), name, text);
    let layer = parse(&document, Language::Json).map_err(|errors| not_json(&errors))?;
    Ok(moved(layer.root(), &Origin::whole(source)))
}

/// The value of a key that has several types: the string if the schema accepts it, else the first type in which the text can
/// be read and the schema accepts it. `None` for a key of one type, which may be nullable.
fn value_of_union(
    key: &Key,
    text: &str,
    source: &Arc<Source>,
    facts: &Facts,
    schema: &Schema,
    present: Option<&Value>,
) -> Option<Result<Value, (TextError, String)>> {
    let takes = |types: &TypeSet| facts.types.contains(*types);
    // `1` and `0` are numbers where a number is allowed too.
    let order = [
        TypeSet::STRING,
        TypeSet::NULL,
        TypeSet::INTEGER,
        TypeSet::NUMBER,
        TypeSet::BOOLEAN,
        TypeSet::ARRAY,
        TypeSet::OBJECT,
    ];
    // A number that may have a fraction is an integer too.
    let types = order
        .into_iter()
        .filter(|types| takes(types) && !(*types == TypeSet::INTEGER && takes(&TypeSet::NUMBER)));
    let types: Vec<TypeSet> = types.collect();
    let is_union = types.iter().filter(|types| **types != TypeSet::NULL).count() > 1;
    let is_optional_string = types.contains(&TypeSet::STRING) && types.contains(&TypeSet::NULL);
    if facts.types == TypeSet::ANY || !(is_union || is_optional_string) {
        return None;
    }
    let mut tried: Vec<(TypeSet, String)> = Vec::new();
    for types in types {
        let refusal = match value_of(text, source, &Facts { types, ..facts.clone() }) {
            Ok(value) => match schema.refusal_at(key, &value, present) {
                None => return Some(Ok(value)),
                Some(refusal) => refusal,
            },
            Err(error) => format!("found {}", error.found),
        };
        match tried.iter_mut().find(|(_, known)| *known == refusal) {
            Some((others, _)) => *others = others.or(types),
            None => tried.push((types, refusal)),
        }
    }
    if !is_union {
        return None;
    }
    let shown = (!text.trim().is_empty()).then(|| text.trim().into());
    let error = TextError { expected: facts.types, found: "a wrong text".into(), text: shown };
    let tried: Vec<String> = tried.iter().map(|(types, refusal)| format!("as {types}: {refusal}")).collect();
    let help = format!("{}; or give it as JSON: {}", tried.join("; "), json_form(key, source));
    Some(Err((error, help)))
}

/// How to give the value of a key as JSON, in the layer of a text.
fn json_form(key: &Key, source: &Source) -> String {
    match source.variable_name() {
        Some(name) => format!("`{name}__JSON`"),
        None if source.name().starts_with("--set ") => format!("`--set-json {key}=…`"),
        None => format!("`.set_json(\"{key}\", …)`"),
    }
}

/// A help text: how to write a value of these types.
pub(crate) fn forms(facts: &Facts) -> String {
    let takes = |types: TypeSet| facts.types.contains(types);
    if takes(TypeSet::ARRAY) && !facts.item_types.is_empty() {
        return "write the elements with commas between them, or an array as JSON".into();
    }
    if takes(TypeSet::ARRAY) {
        let (plain, json) = match facts.element_types {
            types if types.contains(TypeSet::STRING) => ("a,b", "[\"a\",\"b\"]"),
            types if types.contains(TypeSet::INTEGER) => ("80,443", "[80,443]"),
            types if types.contains(TypeSet::BOOLEAN) => ("true,false", "[true,false]"),
            _ => return "write an array as JSON: [{…},{…}]".into(),
        };
        return format!("write an array as `{plain}` or as JSON `{json}`");
    }
    if takes(TypeSet::OBJECT) {
        return "write an object as JSON `{\"key\":1}`, or set its keys one by one".into();
    }
    scalar_form(facts.types).map_or_else(|| format!("write {}", facts.types), String::from)
}

/// As [`forms`], for a value in a document.
pub(crate) fn document_forms(types: TypeSet) -> Option<&'static str> {
    match types.without(TypeSet::NULL) {
        _ if types == TypeSet::ANY => None,
        types if types.contains(TypeSet::ARRAY) => Some("write an array such as `[…]`"),
        types if types.contains(TypeSet::OBJECT) => Some("write a table"),
        TypeSet::STRING => Some("write a string in quotes"),
        types => scalar_form(types),
    }
}

fn scalar_form(types: TypeSet) -> Option<&'static str> {
    [
        (TypeSet::BOOLEAN, "write `true` or `false`"),
        (TypeSet::NUMBER, "write a number such as `10` or `0.5`"),
        (TypeSet::INTEGER, "write a whole number such as `10`"),
    ]
    .into_iter()
    .find_map(|(one, form)| types.contains(one).then_some(form))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, types: TypeSet, element_types: TypeSet) -> Result<String, TextError> {
        let source = Source::variable("A", text);
        let facts = Facts { types, element_types, ..Facts::default() };
        value_of(text, &source, &facts).map(|value| value.to_string())
    }

    #[test]
    fn texts_that_several_types_could_read_follow_the_allowed_types() {
        let any = TypeSet::ANY;
        assert_eq!(read("1", TypeSet::BOOLEAN.or(TypeSet::INTEGER), any).unwrap(), "1");
        assert_eq!(read("", TypeSet::ARRAY, TypeSet::INTEGER).unwrap(), "[]");
        let error = read("00123", TypeSet::INTEGER, any).unwrap_err();
        assert_eq!(error.to_string(), "expected integer, found string");
        assert!(read("\"a\"b", TypeSet::ARRAY, TypeSet::STRING).is_err());
    }
}

//! Messages and help texts of the check.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::assertion::{Assertion, list, shortened};
use super::misplaced::where_to_move;
use super::schema::Schema;
use super::violation::{Expected, Violation, ViolationMessage};
use super::violation_context::ViolationContext;
use crate::tree::nearest::nearest;
use crate::tree::{Code, Key, Kind, Number, TypeSet, Value};

/// The message for a value of a type that was not expected.
pub(super) fn type_message(expected: TypeSet, value: &Value, secret: bool) -> ViolationMessage {
    let found = match value.kind() {
        Kind::Datetime(_) => "date",
        _ => value.type_name(),
    };
    let found = match value.kind() {
        Kind::Array(_) | Kind::Table(_) | Kind::Null | Kind::Unset => found.into(),
        _ if secret => found.into(),
        _ => format!("{found} {}", shortened(value)),
    };
    ViolationMessage::Mismatch { expected: Expected::Types(expected), found: Some(found) }
}

/// How to write the value in an allowed type.
pub(super) fn type_way_out(expected: TypeSet, value: &Value) -> Option<String> {
    let takes = |types: TypeSet| expected.contains(types);
    let scalar = || shortened(value);
    // Advice about quotes and brackets is for documents, not for variables and overrides.
    if !value.origin().source().has_lines() {
        return None;
    }
    match value.kind() {
        Kind::String(text) => {
            let is_number =
                Number::parse(text).is_ok_and(|number| takes(TypeSet::NUMBER) || number.is_integer());
            let bare = (takes(TypeSet::INTEGER) && is_number)
                || (takes(TypeSet::BOOLEAN) && matches!(text.as_str(), "true" | "false"));
            if bare {
                return Some(format!("write it without quotes: {text}"));
            }
            takes(TypeSet::ARRAY).then(|| format!("write a list: [{}]", scalar()))
        }
        Kind::Number(_) | Kind::Bool(_) | Kind::Datetime(_) if takes(TypeSet::STRING) => {
            Some(format!("write it in quotes: \"{}\"", scalar()))
        }
        Kind::Number(_) if takes(TypeSet::BOOLEAN) => Some("write `true` or `false`".into()),
        Kind::Number(_) | Kind::Bool(_) if takes(TypeSet::ARRAY) => {
            Some(format!("write a list: [{}]", scalar()))
        }
        Kind::Number(_) if takes(TypeSet::INTEGER) => Some("write a whole number".into()),
        _ => None,
    }
}

/// A violation about an unknown key, with the known ones.
pub(super) fn unknown_key(
    schema: &Schema,
    known: &[&str],
    pattern: Option<&str>,
    code: Code,
    name: &str,
    member: &Value,
    context: &ViolationContext,
) -> Violation {
    let violation = Violation::new(
        code,
        context.key.child(name),
        format!("unknown key `{}`", Key::of([name])),
        &member.origin().of_name(name),
    );
    let move_it = || where_to_move(schema, &context.key, name, member);
    if let Some(help) = (!context.brief).then(move_it).flatten() {
        return violation.help(help);
    }
    let known = || known.iter().copied();
    if let Some(meant) = nearest(name, known()) {
        return violation.help(format!("did you mean `{}`?", Key::of([meant])));
    }
    let names: Vec<String> = known().map(|name| Key::of([name]).to_string()).collect();
    match (names.len(), pattern) {
        (0, None) => violation.help("no key is allowed here"),
        (0, Some(pattern)) => violation.help(format!("a key here must match `{pattern}`")),
        (1..=12, _) => violation.help(format!("known keys: {}", names.join(", "))),
        (count, _) => {
            let shown = names.get(..12).unwrap_or_default().join(", ");
            violation.help(format!("known keys: {shown} and {} more", count - 12))
        }
    }
}

impl Assertion {
    /// Suggests the nearest of the allowed strings.
    pub(super) fn way_out(&self, value: &Value, secret: bool) -> Option<String> {
        let Self::Enum(allowed) = self else { return None };
        let text = value.as_str().filter(|_| !secret)?;
        let meant = nearest(text, allowed.iter().filter_map(Value::as_str))?;
        Some(format!(
            "did you mean {}?",
            list(&[Value::new(Kind::String(meant.into()), value.origin().clone())])
        ))
    }
}

/// `add `port = <integer>` to [server]`.
pub(super) fn how_to_add(schema: &Schema, key: &Key) -> String {
    let facts = schema.facts(key).unwrap_or_default();
    let line = match &facts.default {
        Some(default) if !facts.secret => format!("{} = {default}", last(key)),
        _ if facts.types == TypeSet::ANY => format!("{} = <value>", last(key)),
        _ => format!("{} = <{}>", last(key), facts.types),
    };
    let place = match key.parent() {
        Some(parent) if parent.is_root() => String::new(),
        Some(parent) if parent.last_name().is_none() => format!(" to {parent}"),
        Some(parent) => format!(" to [{parent}]"),
        None => String::new(),
    };
    let range = facts.range.map(|range| format!("; {range}")).unwrap_or_default();
    format!("add `{line}`{place}{range}")
}

fn last(key: &Key) -> String {
    key.last_name().map(|name| Key::of([name]).to_string()).unwrap_or_default()
}

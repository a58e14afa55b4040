//! `show`: the resolved configuration, or one key of it.

use speckit_core::config::redact::redact;
use speckit_core::tree::nearest::nearest_keys;
use speckit_core::tree::print;
use speckit_core::{Code, Diagnostic, Key, KeyError, Segment, Value};

use crate::args::ShowArgs;
use crate::context::{CommandResult, Context, Exit};

pub(crate) fn run(context: &Context, args: &ShowArgs) -> CommandResult {
    let (opened, checked) = context.open_valid()?;
    context.note_trust(&opened);
    let root = checked.merged().root();
    let root = if args.reveal {
        root.clone()
    } else {
        redact(root, &|key, value| opened.rules().keys().is_secret(key, value))
    };
    let key = parse_key(context, args.key.as_deref().unwrap_or_default())?;
    let value = root.get(&key).ok_or_else(|| {
        let facts = opened.rules().schema().and_then(|schema| schema.facts(&key));
        unknown_key(context, &root, &key, facts.is_some_and(|facts| !facts.types.is_empty()))
    })?;
    match (context.is_json(), args.origins) {
        (true, true) => context.terminal.json(&print::origins_json(value)),
        (true, false) => context.terminal.json(value),
        (false, true) => context.terminal.result(&print::with_origins(&alone(value, &key))),
        (false, false) if value.as_table().is_some() => {
            context.terminal.result(&print::to_toml(&alone(value, &key)));
        }
        (false, false) => context.terminal.result(&format!("{value}\n")),
    }
    Ok(Exit::Ok)
}

pub(crate) fn parse_key(context: &Context, text: &str) -> Result<Key, Exit> {
    text.parse().map_err(|error: KeyError| context.fail(format!("`{text}` is not a key: {error}")))
}

/// Reports that a key is not set. If the schema does not know it either, the report names keys that have a similar name.
pub(crate) fn unknown_key(context: &Context, root: &Value, key: &Key, is_known: bool) -> Exit {
    if is_known {
        let message = "nothing sets this key, and it has no default";
        context.refuse(&[Diagnostic::error(Code::NameUnknown, key.clone(), message)]);
        return Exit::Negative;
    }
    let near: Vec<String> = nearest_keys(root, key).iter().map(|key| format!("`{key}`")).collect();
    let diagnostic = Diagnostic::error(Code::NameUnknown, key.clone(), "there is no such key");
    let diagnostic = if near.is_empty() {
        diagnostic
    } else {
        diagnostic.help(format!("did you mean {}?", near.join(" or ")))
    };
    context.refuse(&[diagnostic]);
    Exit::Negative
}

/// The tree that has only this value, at its key. An item of a list stands for the list.
fn alone(value: &Value, key: &Key) -> Value {
    key.segments().iter().rev().fold(value.clone(), |inner, segment| match segment {
        Segment::Name(name) => Value::table([(name.clone(), inner.clone())], inner.origin().clone()),
        Segment::Index(_) => inner,
    })
}

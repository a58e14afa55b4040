//! `show`: the resolved configuration, or one key of it.

use speckit_core::config::redact::redact;
use speckit_core::tree::nearest::nearest_keys;
use speckit_core::tree::print;
use speckit_core::{Code, Diagnostic, Key, Segment, Value};

use crate::args::ShowArgs;
use crate::context::{Context, Outcome};

pub(crate) fn run(context: &Context, args: &ShowArgs) -> Outcome {
    let (opened, checked) = match context.open_valid() {
        Ok(opened) => opened,
        Err(outcome) => return outcome,
    };
    let root = checked.merged().root();
    let root =
        if args.reveal { root.clone() } else { redact(root, &|key| opened.rules().keys().is_secret(key)) };
    let key = match parsed(context, args.key.as_deref().unwrap_or_default()) {
        Ok(key) => key,
        Err(outcome) => return outcome,
    };
    let Some(value) = root.get(&key) else { return unknown(context, &root, &key) };
    match (context.is_json(), args.origins) {
        (true, true) => context.terminal.json(&print::origins_json(value)),
        (true, false) => context.terminal.json(value),
        (false, true) => context.terminal.result(&print::with_origins(&alone(value, &key))),
        (false, false) if value.as_table().is_some() => {
            context.terminal.result(&print::to_toml(&alone(value, &key)));
        }
        (false, false) => context.terminal.result(&format!("{value}\n")),
    }
    Outcome::Yes
}

/// The key that a text names; says on stderr why it is none.
pub(crate) fn parsed(context: &Context, text: &str) -> Result<Key, Outcome> {
    text.parse().map_err(|error: speckit_core::KeyError| {
        context.terminal.note(&format!("error: `{text}` is not a key: {error}\n"));
        Outcome::Failed
    })
}

/// Says that a key is unknown, with those that are near.
pub(crate) fn unknown(context: &Context, root: &Value, key: &Key) -> Outcome {
    let near: Vec<String> = nearest_keys(root, key).iter().map(|key| format!("`{key}`")).collect();
    let finding = Diagnostic::error(Code::NameUnknown, key.clone(), format!("nothing sets `{key}`"));
    let finding =
        if near.is_empty() { finding } else { finding.help(format!("did you mean {}?", near.join(" or "))) };
    context.refuse(&[finding]);
    Outcome::No
}

/// The tree that has only this value, at its key; in a list the value stands alone.
fn alone(value: &Value, key: &Key) -> Value {
    key.segments().iter().rev().fold(value.clone(), |inner, segment| match segment {
        Segment::Name(name) => Value::table([(name.clone(), inner.clone())], inner.origin().clone()),
        Segment::Index(_) => inner,
    })
}

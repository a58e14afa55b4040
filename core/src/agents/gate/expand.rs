//! Replaces the placeholders in the arguments of a provider.

use alloc::string::String;
use alloc::vec::Vec;

use crate::tree::nearest::nearest;

/// The values of `{model}`, `{prompt}` and `{spec}`.
///
/// ```
/// use speckit_core::agents::gate::Placeholders;
/// let texts = Placeholders { model: "gpt-5", prompt: "what is {spec}?", spec: "SPEC-1" };
/// assert_eq!(texts.expand("--model={model}"), "--model=gpt-5");
/// assert_eq!(texts.expand("{spec}: {prompt}"), "SPEC-1: what is {spec}?");
/// assert_eq!(texts.expand("{Model} {}"), "{Model} {}");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placeholders<'t> {
    /// The provider's own id of the model.
    pub model: &'t str,
    /// The prompt of the agent.
    pub prompt: &'t str,
    /// The id of the specification.
    pub spec: &'t str,
}

/// How the placeholders are written.
pub(super) const MODEL: &str = "{model}";
pub(super) const PROMPT: &str = "{prompt}";
pub(super) const SPEC: &str = "{spec}";

impl Placeholders<'_> {
    /// The argument with each placeholder replaced by its value. Other braces are kept, and so are braces in the values:
    /// there is only one pass.
    pub fn expand(&self, argument: &str) -> String {
        let texts = [(MODEL, self.model), (PROMPT, self.prompt), (SPEC, self.spec)];
        let mut expanded = String::with_capacity(argument.len());
        let mut rest = argument;
        while let Some((before, _)) = rest.split_once('{') {
            expanded.push_str(before);
            let braced = rest.get(before.len()..).unwrap_or_default();
            let found = texts.iter().find_map(|(name, text)| Some((braced.strip_prefix(name)?, *text)));
            let (after, text) = found.unwrap_or((braced.get(1..).unwrap_or_default(), "{"));
            expanded.push_str(text);
            rest = after;
        }
        expanded + rest
    }
}

/// Misspelled placeholders in an argument, each with the placeholder that was probably meant, in order.
pub(super) fn near_misses(argument: &str) -> Vec<(&str, &'static str)> {
    let mut found = Vec::new();
    for (at, _) in argument.match_indices('{') {
        let braced = argument.get(at..).unwrap_or_default();
        let Some((inner, _)) = braced.get(1..).and_then(|rest| rest.split_once('}')) else {
            found.extend(unclosed(braced));
            continue;
        };
        let name = inner.trim();
        let is_name = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
        let is_one = [MODEL, PROMPT, SPEC].iter().any(|placeholder| braced.starts_with(placeholder));
        if !is_name || is_one {
            continue;
        }
        let meant = match nearest(name, ["model", "prompt", "spec"]) {
            Some("model") => MODEL,
            Some("prompt") => PROMPT,
            Some("spec") => SPEC,
            _ => continue,
        };
        found.extend(braced.get(..inner.len() + 2).map(|written| (written, meant)));
    }
    found
}

/// A placeholder without its closing brace.
fn unclosed(braced: &str) -> Option<(&str, &'static str)> {
    let length = braced.get(1..)?.find(|c: char| !c.is_alphanumeric()).map_or(braced.len(), |end| end + 1);
    let written = braced.get(..length)?;
    [MODEL, PROMPT, SPEC]
        .into_iter()
        .find(|one| one.strip_suffix('}') == Some(written))
        .map(|one| (written, one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelled_placeholders_are_found_and_other_braces_are_not() {
        for (argument, found) in [
            ("{promt}", &[("{promt}", PROMPT)][..]),
            ("--m={Model} {SPEC}", &[("{Model}", MODEL), ("{SPEC}", SPEC)]),
            ("{ prompt }", &[("{ prompt }", PROMPT)]),
            ("{{modle}}", &[("{modle}", MODEL)]),
            ("{model}{prompt}{spec}", &[]),
            ("{{model}}", &[]),
            ("{\"model\": 1}", &[]),
            ("{} {1} {name} {", &[]),
            ("{é}", &[]),
            ("{prompt", &[("{prompt", PROMPT)]),
            ("{é {spec: {models", &[("{spec", SPEC)]),
        ] {
            assert_eq!(near_misses(argument), found, "{argument}");
        }
    }

    #[test]
    fn a_brace_before_a_placeholder_is_kept() {
        let texts = Placeholders { model: "m", prompt: "{model}", spec: "s" };
        assert_eq!(texts.expand("{{model}}{mod{prompt}"), "{m}{mod{model}");
    }
}

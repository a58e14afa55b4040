//! What is recorded of the diagnostics of a refusal.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use serde_json::{Value as Json, json};

use crate::config::report::MAX_DIAGNOSTICS;
use crate::store::HistoryMode;
use crate::text::size;
use crate::tree::{Diagnostic, most_important};

/// How many bytes of JSON are recorded of one refusal, about.
const MAX_BYTES: usize = 256 << 10;

/// How many bytes are recorded of one text of a diagnostic.
const MAX_TEXT_BYTES: usize = 16 << 10;

/// The recorded diagnostics of a refusal: a part of them, if they are many.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredDiagnostics {
    /// A list of diagnostics as JSON.
    pub diagnostics: Json,
    /// How many more there were.
    pub omitted: u64,
}

impl StoredDiagnostics {
    /// What to record of redacted diagnostics; `None` for nothing. The mode `metadata` drops messages, since they quote values.
    pub fn of(diagnostics: &[Diagnostic], mode: HistoryMode) -> Option<Self> {
        if mode == HistoryMode::Off {
            return None;
        }
        let mut bytes = 0;
        let mut kept: Vec<Json> = Vec::new();
        for diagnostic in most_important(diagnostics, MAX_DIAGNOSTICS) {
            let mut json = serde_json::to_value(diagnostic).unwrap_or_default();
            if let Some(members) = json.as_object_mut().filter(|_| mode == HistoryMode::Metadata) {
                members.remove("message");
                members.remove("help");
            }
            bound_texts(&mut json);
            bytes += json.to_string().len();
            if bytes > MAX_BYTES {
                break;
            }
            kept.push(json);
        }
        let omitted = (diagnostics.len() - kept.len()) as u64;
        Some(Self { diagnostics: kept.into(), omitted })
    }

    /// The text to store.
    pub fn to_text(&self) -> String {
        match self.omitted {
            0 => self.diagnostics.to_string(),
            omitted => json!({ "diagnostics": self.diagnostics, "omitted": omitted }).to_string(),
        }
    }

    /// Parses a text of [`StoredDiagnostics::to_text`]; anything else has no diagnostics.
    pub fn of_text(text: &str) -> Self {
        let mut json: Json = serde_json::from_str(text).unwrap_or_default();
        let omitted = json.get("omitted").and_then(Json::as_u64).unwrap_or_default();
        let diagnostics = json.get_mut("diagnostics").map(Json::take).unwrap_or(json);
        Self { diagnostics, omitted }
    }
}

/// What to record of a report: at most 256 KiB of it.
pub fn stored_report(report: &str) -> Cow<'_, str> {
    beginning(report, MAX_BYTES)
}

/// Keeps the beginning of each long text in a diagnostic.
fn bound_texts(json: &mut Json) {
    match json {
        Json::String(text) => {
            if let Cow::Owned(beginning) = beginning(text, MAX_TEXT_BYTES) {
                *text = beginning;
            }
        }
        Json::Array(elements) => elements.iter_mut().for_each(bound_texts),
        Json::Object(members) => members.values_mut().for_each(bound_texts),
        _ => {}
    }
}

/// The beginning of a text, and how much is left out.
fn beginning(text: &str, max_bytes: usize) -> Cow<'_, str> {
    if text.len() <= max_bytes {
        return text.into();
    }
    let end = (0..=max_bytes).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    let (kept, rest) = text.split_at(end);
    format!("{kept}… ({} more)", size(rest.len() as u64)).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{Code, Key};
    use alloc::vec;

    fn stored(diagnostics: &[Diagnostic], mode: HistoryMode) -> StoredDiagnostics {
        StoredDiagnostics::of(diagnostics, mode).unwrap()
    }

    #[test]
    fn metadata_of_a_refusal_have_no_messages() {
        let all = [Diagnostic::error(Code::SchemaType, Key::of(["a"]), "found 7").help("try 8")];
        assert_eq!(stored(&all, HistoryMode::Full).diagnostics, serde_json::to_value(&all).unwrap());
        let kept = stored(&all, HistoryMode::Metadata).to_text();
        assert!(
            kept.contains("schema/type") && !kept.contains("found 7") && !kept.contains("try 8"),
            "{kept}"
        );
        assert_eq!(StoredDiagnostics::of(&all, HistoryMode::Off), None);
    }

    #[test]
    fn a_part_of_many_diagnostics_is_kept_with_the_count_of_the_rest() {
        let one = Diagnostic::error(Code::SchemaType, Key::of(["a"]), "found 7");
        for (message, kept) in [(1, 100), (10_000, 25), (300_000, 15)] {
            let one = Diagnostic { message: "m".repeat(message), ..one.clone() };
            let all = stored(&vec![one; 110], HistoryMode::Full);
            assert_eq!(all.diagnostics.as_array().unwrap().len(), kept);
            assert_eq!(all.omitted, 110 - kept as u64);
            assert_eq!(StoredDiagnostics::of_text(&all.to_text()), all);
        }
        let all = stored(&[one], HistoryMode::Full);
        assert_eq!(StoredDiagnostics::of_text(&all.to_text()), all);
    }

    #[test]
    fn a_part_of_a_long_text_is_kept_with_the_size_of_the_rest() {
        let one =
            Diagnostic::error(Code::SchemaType, Key::of(["k".repeat(20_000).as_str()]), "é".repeat(20_000));
        let kept = stored(&[one], HistoryMode::Full);
        // Compared without printing them.
        let is = |name: &str, text: String| kept.diagnostics[0][name] == text;
        assert!(is("message", "é".repeat(8192) + "… (23.1 KiB more)"));
        assert!(is("key", "k".repeat(16_384) + "… (3.53 KiB more)"));
        assert_eq!(kept.omitted, 0);
        let report = "r".repeat(300_000);
        assert!(stored_report(&report) == "r".repeat(MAX_BYTES) + "… (37 KiB more)");
        assert_eq!(stored_report("short"), "short");
    }
}

//! The history as JSON.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::{Changes, Difference, Generation, GenerationCause, Refusal};
use crate::text::rfc3339;
use crate::tree::{Key, Value};

/// `[{"key","old","new"}]`, without `old` and `new` where values are not kept; null if nothing is known.
impl Serialize for Changes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unknown => serializer.serialize_unit(),
            Self::Keys(keys) => serializer.collect_seq(keys.iter().map(KeyJson::of)),
            Self::Values(changes) => serializer.collect_seq(changes),
        }
    }
}

#[derive(Serialize)]
struct KeyJson {
    key: String,
}

impl KeyJson {
    fn of(key: &Key) -> Self {
        Self { key: key.to_string() }
    }
}

#[derive(Serialize)]
struct GenerationJson<'a> {
    number: i64,
    time: String,
    time_ms: u64,
    cause: &'static str,
    rolled_back_to: Option<i64>,
    generation: u64,
    fingerprint: &'a str,
    files: Vec<FileJson<'a>>,
    changed: &'a Changes,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolved: Option<Option<&'a Value>>,
}

#[derive(Serialize)]
struct FileJson<'a> {
    path: &'a str,
    fingerprint: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

impl Generation {
    /// `{"number","time","time_ms","cause","rolled_back_to","generation","fingerprint","files":[{"path","fingerprint"}],
    /// "changed"}`.
    pub fn to_json(&self) -> impl Serialize + '_ {
        self.json(&[], None)
    }

    /// As [`Generation::to_json`], with `"resolved"`, null if values are not kept, and with these `"text"`s of its files.
    pub fn to_json_with_values<'a>(&'a self, texts: &'a [String]) -> impl Serialize + 'a {
        self.json(texts, Some(self.state.resolved.as_ref()))
    }

    fn json<'a>(&'a self, texts: &'a [String], resolved: Option<Option<&'a Value>>) -> GenerationJson<'a> {
        let (cause, rolled_back_to) = match self.cause {
            GenerationCause::Opened => ("opened", None),
            GenerationCause::Reloaded => ("reloaded", None),
            GenerationCause::RolledBack(number) => ("rolled_back", Some(number)),
        };
        let files = self.state.sources.iter().enumerate().map(|(at, file)| FileJson {
            path: &file.path,
            fingerprint: &file.fingerprint,
            text: texts.get(at).map(String::as_str),
        });
        GenerationJson {
            number: self.number,
            time: rfc3339(self.accepted_at_ms),
            time_ms: self.accepted_at_ms,
            cause,
            rolled_back_to,
            generation: self.generation,
            fingerprint: &self.state.fingerprint,
            files: files.collect(),
            changed: &self.state.changes,
            resolved,
        }
    }
}

impl Refusal {
    /// `{"time","time_ms","generation","after","files","diagnostics","omitted"}`; `omitted` counts the diagnostics that are not
    /// recorded.
    pub fn to_json(&self) -> Json {
        json!({
            "time": rfc3339(self.refused_at_ms),
            "time_ms": self.refused_at_ms,
            "generation": self.generation,
            "after": self.after,
            "files": self.files,
            "diagnostics": self.diagnostics,
            "omitted": self.omitted,
        })
    }
}

impl Difference {
    /// `{"from","to","changed","is_whole"}`.
    pub fn to_json(&self, from: i64, to: i64) -> impl Serialize + '_ {
        DifferenceJson { from, to, changed: &self.changes, is_whole: self.is_whole }
    }
}

#[derive(Serialize)]
struct DifferenceJson<'a> {
    from: i64,
    to: i64,
    changed: &'a Changes,
    is_whole: bool,
}

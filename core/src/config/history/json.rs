//! The history as JSON.

use alloc::string::ToString as _;
use alloc::vec::Vec;

use serde_json::{Value as Json, json};

use super::{Changes, Difference, Generation, GenerationCause, Refusal};
use crate::text::rfc3339;

impl Changes {
    /// `[{"key","old","new"}]`, without `old` and `new` where values are not kept; null if nothing is known.
    pub fn to_json(&self) -> Json {
        match self {
            Self::Unknown => Json::Null,
            Self::Keys(keys) => keys.iter().map(|key| json!({ "key": key.to_string() })).collect(),
            Self::Values(changes) => changes
                .iter()
                .map(|change| {
                    let side = |value: &Option<crate::tree::Value>| value.as_ref().map_or(Json::Null, crate::tree::Value::to_json);
                    json!({ "key": change.key.to_string(), "old": side(&change.old), "new": side(&change.new) })
                })
                .collect(),
        }
    }
}

impl Generation {
    /// `{"number","time","time_ms","cause","rolled_back_to","generation","fingerprint","files":[{"path","fingerprint"}],
    /// "changed"}`, and with `is_whole` also `"resolved"`, null if values are not kept.
    pub fn to_json(&self, is_whole: bool) -> Json {
        let (cause, back_to) = match self.cause {
            GenerationCause::Opened => ("opened", None),
            GenerationCause::Reloaded => ("reloaded", None),
            GenerationCause::RolledBack(number) => ("rolled_back", Some(number)),
        };
        let files = self.state.sources.iter();
        let files: Vec<Json> =
            files.map(|file| json!({ "path": file.path, "fingerprint": file.fingerprint })).collect();
        let mut json = json!({
            "number": self.number,
            "time": rfc3339(self.accepted_at_ms),
            "time_ms": self.accepted_at_ms,
            "cause": cause,
            "rolled_back_to": back_to,
            "generation": self.generation,
            "fingerprint": self.state.fingerprint,
            "files": files,
            "changed": self.state.changes.to_json(),
        });
        if let Some(members) = json.as_object_mut().filter(|_| is_whole) {
            let resolved = self.state.resolved.as_ref().map_or(Json::Null, crate::tree::Value::to_json);
            members.insert("resolved".into(), resolved);
        }
        json
    }
}

impl Refusal {
    /// `{"time","time_ms","generation","files","diagnostics"}`.
    pub fn to_json(&self) -> Json {
        json!({
            "time": rfc3339(self.refused_at_ms),
            "time_ms": self.refused_at_ms,
            "generation": self.generation,
            "files": self.files,
            "diagnostics": self.diagnostics,
        })
    }
}

impl Difference {
    /// `{"from","to","changed","is_whole"}`.
    pub fn to_json(&self, from: i64, to: i64) -> Json {
        json!({ "from": from, "to": to, "changed": self.changes.to_json(), "is_whole": self.is_whole })
    }
}

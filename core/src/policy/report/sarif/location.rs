//! Places in files, as SARIF has them.

use alloc::format;
use alloc::string::String;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::message::Message;
use crate::policy::findings::{FilePosition, Finding, Position, SourceLine};

/// The name of the checked folder, to which paths are relative.
pub(super) const CHECKED_FOLDER: &str = "SRCROOT";

/// What a path of a URI may not contain, and the colon, which a first part without a scheme may not contain (RFC 3986,
/// 2.3 and 4.2).
const ILLEGAL_IN_PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Location<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: PhysicalLocation<'r>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation<'r> {
    artifact_location: ArtifactLocation,
    region: SourceRegion<'r>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context_region: Option<SourceRegion<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SourceRegion<'r> {
    start_line: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_column: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_line: Option<usize>,
    /// The column after the last character, as in a finding.
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    snippet: Option<Snippet<'r>>,
}

#[derive(Serialize)]
struct Snippet<'r> {
    text: &'r str,
}

impl<'r> Location<'r> {
    /// The place of a finding, with its line.
    pub(super) fn of(finding: &'r Finding) -> Self {
        let (start, end) = (finding.start, finding.end);
        // A snippet is the whole text of its region, and only the first line of a match is at hand.
        let source = finding.source.as_ref().filter(|_| start.line == end.line);
        let region = SourceRegion {
            end_line: Some(end.line),
            end_column: Some(end.column),
            snippet: source.and_then(matched).map(|text| Snippet { text }),
            ..SourceRegion::at(start)
        };
        // A context is larger than what it surrounds (3.29.5).
        let context = source.filter(|source| source.matched != (0..source.text.len()));
        let context_region = context.map(|source| SourceRegion {
            start_column: None,
            snippet: Some(Snippet { text: &source.text }),
            ..SourceRegion::at(start)
        });
        let artifact_location = ArtifactLocation::of(&finding.path);
        let physical_location = PhysicalLocation { artifact_location, region, context_region };
        Self { id: None, physical_location, message: None }
    }

    /// The place of another match of a finding.
    pub(super) fn related(id: usize, place: &FilePosition) -> Self {
        let physical_location = PhysicalLocation {
            artifact_location: ArtifactLocation::of(&place.path),
            region: SourceRegion::at(place.position),
            context_region: None,
        };
        let message = Message::literal("Another match of the rule.");
        Self { id: Some(id), physical_location, message: Some(message) }
    }
}

fn matched(source: &SourceLine) -> Option<&str> {
    source.text.get(source.matched.clone()).filter(|text| !text.is_empty())
}

impl SourceRegion<'_> {
    fn at(place: Position) -> Self {
        let start_column = Some(place.column);
        Self { start_line: place.line, start_column, end_line: None, end_column: None, snippet: None }
    }
}

impl ArtifactLocation {
    /// A path of the checked folder relative to it. Of another path, only the reader of the log can tell what it is relative to.
    fn of(path: &str) -> Self {
        let encoded = |path: &str| format!("{}", utf8_percent_encode(path, ILLEGAL_IN_PATH));
        let has_drive = path
            .as_bytes()
            .get(..3)
            .is_some_and(|start| matches!(start, [letter, b':', b'/'] if letter.is_ascii_alphabetic()));
        let is_below = !path.split('/').any(|part| part == "..");
        let (uri, uri_base_id) = match path.strip_prefix('/') {
            Some(rest) => (format!("file:///{}", encoded(rest.trim_start_matches('/'))), None),
            None if has_drive => (format!("file:///{}", encoded(path).replacen("%3A", ":", 1)), None),
            None => (encoded(path), is_below.then_some(CHECKED_FOLDER)),
        };
        Self { uri, uri_base_id }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_a_reference_of_rfc_3986() {
        for (path, uri, is_relative) in [
            ("src/main.rs", "src/main.rs", true),
            ("a b/50%#?é.rs", "a%20b/50%25%23%3F%C3%A9.rs", true),
            ("c:d", "c%3Ad", true),
            ("<script>\\..\\x", "%3Cscript%3E%5C..%5Cx", true),
            ("a..b", "a..b", true),
            ("../up.toml", "../up.toml", false),
            ("/etc/a b", "file:///etc/a%20b", false),
            ("//host/a", "file:///host/a", false),
            ("C:/a b", "file:///C:/a%20b", false),
        ] {
            let location = ArtifactLocation::of(path);
            assert_eq!((location.uri.as_str(), location.uri_base_id.is_some()), (uri, is_relative));
        }
    }
}

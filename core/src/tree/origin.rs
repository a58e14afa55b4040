//! Where a value comes from: the layer, the text, and the place in it.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;
use core::ops::Range;

use once_cell::race::OnceBox;

/// The kinds of layers, lowest priority first: the order of this enum is the precedence of the runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LayerKind {
    /// Built-in defaults, and the `default`s of the schema.
    Defaults,
    /// A configuration file.
    File,
    /// A source of the embedding program, such as a vault.
    Source,
    /// A value that another host sent.
    Remote,
    /// A variable of a `.env` file.
    Dotenv,
    /// A variable of the environment.
    Env,
    /// A `KEY=VALUE` of the command line or of the embedding program.
    Override,
}

impl LayerKind {
    /// Every kind, lowest priority first.
    pub const ALL: [Self; 7] =
        [Self::Defaults, Self::File, Self::Source, Self::Remote, Self::Dotenv, Self::Env, Self::Override];

    /// The name that reports and JSON use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Defaults => "defaults",
            Self::File => "file",
            Self::Source => "source",
            Self::Remote => "remote",
            Self::Dotenv => "dotenv",
            Self::Env => "env",
            Self::Override => "override",
        }
    }
}

/// One text that set values: a file, a variable, an override.
///
/// `Debug` shows no text, since it may hold secrets.
pub struct Source {
    layer: LayerKind,
    name: String,
    /// The file that the text was read from, if it is not the name.
    path: Option<String>,
    variable: Option<String>,
    text: Arc<str>,
    has_lines: bool,
    /// The line and the column of the file in which a text without lines is written.
    position: Option<(u32, u32)>,
    /// Where each line of a text with lines begins; found when a line is first asked for.
    line_starts: OnceBox<Vec<u32>>,
}

impl Source {
    /// A text with lines: a file, or defaults written as one.
    pub fn document(layer: LayerKind, name: impl Into<String>, text: impl Into<Arc<str>>) -> Arc<Self> {
        Arc::new(Self { has_lines: true, ..Self::without_lines(layer, name.into(), text.into()) })
    }

    /// A former text of the file at `path`.
    pub fn former_document(
        layer: LayerKind,
        name: impl Into<String>,
        path: impl Into<String>,
        text: impl Into<Arc<str>>,
    ) -> Arc<Self> {
        let document = Self::without_lines(layer, name.into(), text.into());
        Arc::new(Self { path: Some(path.into()), has_lines: true, ..document })
    }

    /// A variable of the environment with its text.
    pub fn variable(name: impl Into<String>, text: impl Into<Arc<str>>) -> Arc<Self> {
        let environment = Self::without_lines(LayerKind::Env, "environment".into(), text.into());
        Arc::new(Self { variable: Some(name.into()), ..environment })
    }

    /// A variable of a `.env` file with its text, and the line and the column (from 1) of its name. Reports show the place, but
    /// no line of the file, as a `.env` file often has secrets.
    pub fn dotenv_variable(
        file: impl Into<String>,
        (line, column): (u32, u32),
        name: impl Into<String>,
        text: impl Into<Arc<str>>,
    ) -> Arc<Self> {
        let in_file = Self::without_lines(LayerKind::Dotenv, file.into(), text.into());
        Arc::new(Self { variable: Some(name.into()), position: Some((line, column)), ..in_file })
    }

    /// A text without lines, such as an override; `name` is how it was given (`--set`).
    pub fn fragment(layer: LayerKind, name: impl Into<String>, text: impl Into<Arc<str>>) -> Arc<Self> {
        Arc::new(Self::without_lines(layer, name.into(), text.into()))
    }

    fn without_lines(layer: LayerKind, name: String, text: Arc<str>) -> Self {
        let line_starts = OnceBox::new();
        let (path, variable, position) = (None, None, None);
        Self { layer, name, path, variable, text, has_lines: false, position, line_starts }
    }

    /// The layer that the text belongs to.
    pub fn layer(&self) -> LayerKind {
        self.layer
    }

    /// The file name, `environment`, or how an override was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file that the text was read from; the name, for a text that was read from no file.
    pub fn path(&self) -> &str {
        self.path.as_deref().unwrap_or(&self.name)
    }

    /// The name of the variable, for a source of the environment or of a `.env` file.
    pub fn variable_name(&self) -> Option<&str> {
        self.variable.as_deref()
    }

    /// The whole text. It may hold secrets: redact it with [`crate::config::redact`] before you show it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether places in this text have a line and a column.
    pub fn has_lines(&self) -> bool {
        self.has_lines
    }

    /// The line (from 1) that a byte offset lies in, and the byte range of that line without its end.
    pub fn line_at(&self, offset: u32) -> (u32, Range<usize>) {
        let line_starts = self.line_starts.get_or_init(|| Box::new(self.find_lines()));
        let line = line_starts.partition_point(|start| *start <= offset).max(1);
        let start = line_starts.get(line - 1).map_or(0, |start| *start as usize);
        let end = line_starts.get(line).map_or(self.text.len(), |next| *next as usize);
        let text = self.text.get(start..end).unwrap_or_default();
        let length = text.trim_end_matches(['\n', '\r']).len();
        (u32::try_from(line).unwrap_or(u32::MAX), start..start + length)
    }

    fn find_lines(&self) -> Vec<u32> {
        let ends = self.text.match_indices('\n').filter(|_| self.has_lines);
        let next = ends.filter_map(|(end, _)| u32::try_from(end + 1).ok());
        core::iter::once(0).chain(next).collect()
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("layer", &self.layer)
            .field("name", &self.name)
            .field("variable", &self.variable)
            .finish_non_exhaustive()
    }
}

/// The place that set a value: a source and the bytes of it.
#[derive(Clone, Debug)]
pub struct Origin {
    source: Arc<Source>,
    start: u32,
    end: u32,
}

impl Origin {
    /// The bytes `span` of `source`.
    pub fn new(source: &Arc<Source>, span: Range<usize>) -> Self {
        let bound = |offset: usize| u32::try_from(offset.min(source.text.len())).unwrap_or(u32::MAX);
        Self { source: Arc::clone(source), start: bound(span.start), end: bound(span.end.max(span.start)) }
    }

    /// The whole of `source`.
    pub fn whole(source: &Arc<Source>) -> Self {
        Self::new(source, 0..source.text.len())
    }

    /// The text that contains the place.
    pub fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// The layer of the source.
    pub fn layer(&self) -> LayerKind {
        self.source.layer
    }

    /// The bytes of the place.
    pub fn span(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The text at the place, as it was written. It may be a secret.
    pub fn raw(&self) -> &str {
        self.source.text.get(self.span()).unwrap_or_default()
    }

    /// Line and column of the first character, both from 1; a column counts characters, but no byte order mark.
    /// `None` for a source that is no part of a file.
    pub fn line_column(&self) -> Option<(u32, u32)> {
        if !self.source.has_lines() {
            return self.source.position;
        }
        let (line, bytes) = self.source.line_at(self.start);
        let before = self.source.text.get(bytes.start..self.start as usize).unwrap_or_default();
        let before = if bytes.start == 0 { before.trim_start_matches('\u{feff}') } else { before };
        let column = u32::try_from(before.chars().count()).unwrap_or(u32::MAX - 1) + 1;
        Some((line, column))
    }

    /// The place of the value's name in its table, where the text is `name = value` or `"name": value`; else this
    /// place itself, such as a header.
    #[must_use]
    pub fn of_name(&self, name: &str) -> Self {
        let place = || {
            let before = self.source.text.get(..self.start as usize)?.trim_end();
            let front = before.strip_suffix(['=', ':'])?.trim_end();
            let quoted = ['"', '\'']
                .iter()
                .find_map(|quote| front.strip_suffix(*quote)?.strip_suffix(name)?.strip_suffix(*quote));
            let start = quoted.or_else(|| front.strip_suffix(name))?.len();
            Some(start..front.len())
        };
        if !self.source.has_lines() {
            return self.clone();
        }
        place().map_or_else(|| self.clone(), |span| Self::new(&self.source, span))
    }

    /// The order of reports: by layer, then source, line and column.
    pub fn report_order(&self, other: &Self) -> Ordering {
        let (a, b) = (&*self.source, &*other.source);
        if core::ptr::eq(a, b) {
            // Within one text, lines and columns follow the bytes.
            return if a.has_lines() { self.start.cmp(&other.start) } else { Ordering::Equal };
        }
        (a.layer.cmp(&b.layer))
            .then_with(|| a.name.cmp(&b.name))
            .then_with(|| self.line_column().cmp(&other.line_column()))
            .then_with(|| a.variable.cmp(&b.variable))
    }
}

/// Equal places of equal sources: same layer, same name and the same bytes of the text.
impl PartialEq for Origin {
    fn eq(&self, other: &Self) -> bool {
        (self.start, self.end) == (other.start, other.end)
            && (Arc::ptr_eq(&self.source, &other.source)
                || (self.source.layer == other.source.layer
                    && self.source.name == other.source.name
                    && self.source.variable == other.source.variable
                    && self.source.position == other.source.position
                    && self.source.text == other.source.text))
    }
}

impl Eq for Origin {}

/// `config.toml:12:15`, `.env:3:1`, `APP_SERVER__PORT`, `--set`, `defaults`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.source.variable, self.line_column()) {
            (_, Some((line, column))) => write!(f, "{}:{line}:{column}", self.source.name),
            (Some(variable), None) => f.write_str(variable),
            (None, None) => f.write_str(&self.source.name),
        }
    }
}

/// The contract's JSON: `{"layer","name","line","column","variable"}`.
impl serde::Serialize for Origin {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let place = self.line_column();
        let mut json = serializer.serialize_struct("Origin", 5)?;
        json.serialize_field("layer", &self.source.layer)?;
        json.serialize_field("name", &self.source.name)?;
        json.serialize_field("line", &place.map(|(line, _)| line))?;
        json.serialize_field("column", &place.map(|(_, column)| column))?;
        json.serialize_field("variable", &self.source.variable)?;
        json.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_begin_at_one() {
        let source = Source::document(LayerKind::File, "a.toml", "é = 1\r\nkey = \"ü\" # x\n");
        assert_eq!(Origin::new(&source, 0..2).line_column(), Some((1, 1)));
        assert_eq!(Origin::new(&source, 5..6).line_column(), Some((1, 5)));
        assert_eq!(Origin::new(&source, 14..18).line_column(), Some((2, 7)));
        assert_eq!(Origin::new(&source, 14..18).raw(), "\"ü\"");
        assert_eq!(source.line_at(14), (2, 8..22));
        assert_eq!(Origin::whole(&Source::variable("A", "x")).line_column(), None);
    }

    #[test]
    fn the_name_precedes_the_value() {
        let name_at = |text: &str, name: &str, start: usize| {
            let source = Source::document(LayerKind::File, "a", text);
            Origin::new(&source, start..text.len()).of_name(name).span()
        };
        assert_eq!(name_at("  port = 1", "port", 9), 2..6);
        assert_eq!(name_at("a.\"b c\"=1", "b c", 8), 2..7);
        assert_eq!(name_at("{\"port\" :\n 1", "port", 11), 1..7);
        assert_eq!(name_at("[port]", "port", 0), 0..6);
        assert_eq!(name_at("sport = 1", "other", 8), 8..9);
    }

    #[test]
    fn debug_shows_no_text() {
        let source = Source::variable("TOKEN", "hunter2");
        assert!(!alloc::format!("{:?}", Origin::whole(&source)).contains("hunter2"));
    }
}

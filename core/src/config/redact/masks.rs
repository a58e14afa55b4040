//! Masks hide secrets in source texts and messages.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;

use super::masked_line::MaskedLine;
use super::schema_values::secret_values;
use super::search::is_near;
use super::{REDACTED, unparsed};
use crate::config::Layer;
use crate::config::source::{Language, comments, parse};
use crate::tree::{CodeFamily, Diagnostic, Key, Kind, Origin, Segment, Source, Text, Value, write_quoted};

/// Shorter secrets are not masked in messages, since masking `a` would make every message unreadable.
const SHORTEST_TEXT: usize = 4;

/// The places and the texts of the secrets in some layers.
///
/// If a source belongs to no layer, its secrets are unknown, so all its values are masked. `Masks::default()` has no sources and
/// no names.
#[derive(Clone, Default)]
pub struct Masks {
    sources: Vec<(Arc<Source>, Vec<Range<usize>>)>,
    /// The secret texts, by first character.
    texts: BTreeMap<char, BTreeSet<String>>,
    /// The names of keys, which are shown even in a source that did not parse. Most reports need none of them, so they are not sorted.
    names: Vec<Text>,
    /// The names of secret keys. A comment with one of them may hold a former secret.
    secret_names: BTreeSet<Text>,
}

/// Shows neither secrets nor texts that contain them.
impl core::fmt::Debug for Masks {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Masks").field("sources", &self.sources.len()).finish_non_exhaustive()
    }
}

impl Masks {
    /// Collects the secrets of all layers; `is_secret` is true for a value at or below a secret setting.
    pub fn of<'a>(
        layers: impl IntoIterator<Item = &'a Layer>,
        is_secret: &dyn Fn(&Key, &Value) -> bool,
    ) -> Self {
        let mut masks = Self::default();
        for layer in layers {
            masks.collect(layer.root(), &mut Key::root(), is_secret);
        }
        masks.merge_spans();
        masks
    }

    fn merge_spans(&mut self) {
        for (_, spans) in &mut self.sources {
            *spans = merge_ranges(core::mem::take(spans));
        }
    }

    /// Masks for mistakes inside schema files; see [`Masks::with_schemas`].
    pub fn of_schemas(diagnostics: &[Diagnostic]) -> Self {
        Self::default().with_schemas(diagnostics)
    }

    /// Shows the lines of the schemas that diagnostics are about. A schema has no secrets but the values of `default`, `const`,
    /// `enum` and `examples` of secret keys. The diagnostics must not be those of values, which have codes `schema/…` too: their
    /// secrets would be shown.
    #[must_use]
    pub fn with_schemas(mut self, diagnostics: &[Diagnostic]) -> Self {
        let parsed = diagnostics.iter().filter(|diagnostic| diagnostic.code.family() == CodeFamily::Schema);
        let mut seen: Vec<&Arc<Source>> = Vec::new();
        for source in parsed.filter_map(|diagnostic| diagnostic.origin.as_ref()).map(Origin::source) {
            if seen.iter().any(|known| is_same(known, source)) {
                continue;
            }
            seen.push(source);
            let schema = parse(source, Language::Json).or_else(|_| parse(source, Language::Toml));
            let Ok(schema) = schema else { continue };
            self.source_index(schema.root().origin());
            for value in secret_values(schema.root()) {
                self.collect(value, &mut Key::root(), &|_, _| true);
            }
        }
        self.merge_spans();
        self
    }

    /// Masks for messages that may contain these texts, quoted or not. Texts of fewer than four characters are ignored.
    /// These masks have no sources.
    pub fn of_texts(texts: impl IntoIterator<Item = String>) -> Self {
        Self::default().with_texts(texts)
    }

    /// Adds texts that are masked in messages ([`Masks::of_texts`]).
    #[must_use]
    pub fn with_texts(mut self, texts: impl IntoIterator<Item = String>) -> Self {
        for text in texts {
            self.add_texts(spellings(&text));
        }
        self
    }

    /// Adds the texts of other masks.
    #[must_use]
    pub fn with_texts_from(mut self, others: &Self) -> Self {
        for (first, texts) in &others.texts {
            self.texts.entry(*first).or_default().extend(texts.iter().cloned());
        }
        self
    }

    /// Adds names of secret keys: comments with them are masked.
    #[must_use]
    pub(crate) fn with_secret_names(mut self, names: impl IntoIterator<Item = Text>) -> Self {
        self.secret_names.extend(names);
        self
    }

    /// Adds names of keys, which are shown in a source that did not parse ([`Masks::unparsed_line`]).
    #[must_use]
    pub(crate) fn with_names<'a>(mut self, names: impl IntoIterator<Item = &'a Text>) -> Self {
        self.names.extend(names.into_iter().cloned());
        self
    }

    /// The line in the byte range `line` of a source, with `****` for each masked part, whatever its length is. A comment is masked on the
    /// line of a secret, and if it has the name of a secret key.
    ///
    /// Empty for a source without lines (a variable, an override).
    pub fn line(&self, source: &Arc<Source>, line: Range<usize>) -> String {
        self.source_mask(source, false).line(line).text()
    }

    /// As [`Masks::line`], for a source that did not parse. It shows only punctuation, and the known names of keys where a key
    /// may stand.
    pub fn unparsed_line(&self, source: &Arc<Source>, line: Range<usize>) -> String {
        self.source_mask(source, true).line(line).text()
    }

    /// The message with [`REDACTED`] for each secret text of four characters or more.
    pub fn mask(&self, message: &str) -> String {
        self.mask_part(message, false, false)
    }

    /// As [`Masks::mask`], for a part of a longer text. A secret may be cut at its start or its end; four or more characters
    /// of a cut secret are masked too.
    pub fn mask_part(&self, part: &str, is_start_cut: bool, is_end_cut: bool) -> String {
        let mut clean = String::with_capacity(part.len());
        let mut shown = 0;
        let mut secrets = self.occurrences(part);
        secrets.extend(self.cut_occurrences(part, is_start_cut, is_end_cut));
        for secret in merge_ranges(secrets) {
            clean.push_str(part.get(shown..secret.start).unwrap_or_default());
            clean.push_str(REDACTED);
            shown = secret.end;
        }
        clean.push_str(part.get(shown..).unwrap_or_default());
        clean
    }

    /// Whether the range of the text overlaps a secret of four characters or more. The secret may be cut at either end of the
    /// text, and may contain the whole text.
    #[cfg(feature = "agents")]
    pub(crate) fn overlap(&self, text: &str, range: &Range<usize>) -> bool {
        let mut secrets = self.occurrences(text);
        secrets.extend(self.cut_occurrences(text, true, true));
        let is_within = self.texts.values().flatten().any(|secret| secret.contains(text));
        is_within || !overlapping(&merge_ranges(secrets), range).is_empty()
    }

    /// The diagnostics with [`Masks::mask`] over their messages and their help.
    pub fn masked(&self, diagnostics: &[Diagnostic]) -> Vec<Diagnostic> {
        let mask = |diagnostic: &Diagnostic| Diagnostic {
            message: self.mask(&diagnostic.message),
            help: diagnostic.help.as_deref().map(|help| self.mask(help)),
            ..diagnostic.clone()
        };
        diagnostics.iter().map(mask).collect()
    }

    /// The mask of one source, computed once for many lines.
    pub(crate) fn source_mask<'m>(&'m self, source: &Arc<Source>, unparsed: bool) -> SourceMask<'m> {
        let known = self.sources.iter().find(|(known, _)| is_same(known, source)).filter(|_| !unparsed);
        let (masked, comments) = match known {
            None => {
                let names: BTreeSet<&str> = self.names.iter().map(Text::as_str).collect();
                (unparsed::masked(source.text(), &names), Vec::new())
            }
            Some((_, spans)) => (spans.clone(), comments(source.text()).collect()),
        };
        SourceMask { masks: self, source: Arc::clone(source), masked, comments }
    }

    /// Whether a comment has the name of a secret key, misspelt or as a part of a word: `# APP_PASSWORD=…`.
    fn names_secret(&self, comment: &str) -> bool {
        let comment = comment.to_lowercase();
        let mut words = comment.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-')));
        words.any(|word| {
            let is_meant = |name: &Text| word.contains(&name.to_lowercase()) || is_near(word, name);
            self.secret_names.iter().any(is_meant)
        })
    }

    fn collect(&mut self, value: &Value, key: &mut Key, is_secret: &dyn Fn(&Key, &Value) -> bool) {
        let source = self.source_index(value.origin());
        let members = value.as_table().into_iter().flatten();
        self.names.extend(members.clone().map(|(name, _)| name.clone()));
        let members = members.map(|(name, member)| (Segment::Name(name.clone()), member));
        let elements = value.as_array().into_iter().flatten().enumerate();
        let elements = elements.map(|(index, element)| (Segment::Index(index), element));
        for (segment, inner) in members.chain(elements) {
            key.push(segment);
            self.collect(inner, key, is_secret);
            key.pop();
        }
        match value.kind() {
            Kind::Unset | Kind::Table(_) | Kind::Array(_) => {}
            _ if is_secret(key, value) => {
                self.secret_names.extend(key.last_name().map(Text::new));
                if let Some((_, spans)) = source.and_then(|index| self.sources.get_mut(index)) {
                    spans.push(value.origin().span());
                }
                self.add_scalar(value);
            }
            _ => {}
        }
    }

    /// The index of an origin's source; `None` for a source without lines, which is never shown.
    fn source_index(&mut self, origin: &Origin) -> Option<usize> {
        if !origin.source().has_lines() {
            return None;
        }
        let known = self.sources.iter().rposition(|(known, _)| Arc::ptr_eq(known, origin.source()));
        Some(known.unwrap_or_else(|| {
            self.sources.push((Arc::clone(origin.source()), Vec::new()));
            self.sources.len() - 1
        }))
    }

    /// Adds all spellings of a secret scalar.
    fn add_scalar(&mut self, value: &Value) {
        let mut texts = Vec::new();
        match value.kind() {
            // `true` and `null` occur in ordinary messages.
            Kind::Bool(_) | Kind::Null => return,
            Kind::String(text) => texts.extend(spellings(text)),
            Kind::Number(number) => {
                texts.extend([
                    number.to_string(),
                    number.as_f64().to_string(),
                    format!("{:?}", number.as_f64()),
                ]);
                texts.extend(number.as_i128().map(|int| int.to_string()));
            }
            _ => texts.push(value.to_string()),
        }
        texts.push(value.origin().raw().into());
        self.add_texts(texts);
    }

    /// Adds texts that are secret in messages.
    fn add_texts(&mut self, texts: Vec<String>) {
        for text in texts {
            let text = text.trim().trim_matches(['"', '\'']).trim();
            if let (Some(first), true) = (text.chars().next(), text.chars().count() >= SHORTEST_TEXT) {
                self.texts.entry(first).or_default().insert(text.into());
            }
        }
    }

    /// The ranges of cut secrets: the text begins with the last characters of one (`cret …`), or ends with the first
    /// characters of one (`… sec`).
    fn cut_occurrences(&self, text: &str, is_start_cut: bool, is_end_cut: bool) -> Vec<Range<usize>> {
        let mut ranges = Vec::new();
        for secret in self.texts.values().flatten() {
            let cuts = || secret.char_indices().map(|(at, _)| secret.split_at(at));
            let is_long = |rest: &str| rest.chars().count() >= SHORTEST_TEXT;
            if is_start_cut {
                let ends = cuts().map(|(_, end)| end);
                let longest = ends.take_while(|end| is_long(end)).find(|end| text.starts_with(end));
                ranges.extend(longest.map(|end| 0..end.len()));
            }
            if is_end_cut {
                let mut beginnings =
                    cuts().map(|(beginning, _)| beginning).filter(|beginning| is_long(beginning));
                let longest = beginnings.rfind(|beginning| text.ends_with(*beginning));
                ranges.extend(longest.map(|beginning| text.len() - beginning.len()..text.len()));
            }
        }
        ranges
    }

    /// The ranges of secret texts in another text; overlapping ones are joined.
    fn occurrences(&self, text: &str) -> Vec<Range<usize>> {
        let mut ranges = Vec::new();
        if self.texts.is_empty() {
            return ranges;
        }
        for (at, c) in text.char_indices() {
            let rest = text.get(at..).unwrap_or_default();
            let secrets = self.texts.get(&c).into_iter().flatten();
            ranges.extend(secrets.filter(|s| rest.starts_with(s.as_str())).map(|s| at..at + s.len()));
        }
        merge_ranges(ranges)
    }
}

/// The spellings of a text and of each of its lines: plain, and quoted as TOML, Rust and JSON (also with `\/` for `/`).
fn spellings(text: &str) -> Vec<String> {
    let of_part = |part: &str| {
        let mut quoted = String::new();
        // Writing to a String cannot fail.
        let _ = write_quoted(&mut quoted, part);
        let json = serde_json::Value::from(part).to_string();
        [quoted, format!("{part:?}"), json.replace('/', "\\/"), json, part.into()]
    };
    core::iter::once(text).chain(text.lines()).flat_map(of_part).collect()
}

/// The mask of one source.
pub(crate) struct SourceMask<'m> {
    masks: &'m Masks,
    source: Arc<Source>,
    masked: Vec<Range<usize>>,
    /// All comments, of which some may be secret.
    comments: Vec<Range<usize>>,
}

impl SourceMask<'_> {
    /// Whether this is the mask of that source.
    pub(crate) fn is_of(&self, source: &Arc<Source>) -> bool {
        Arc::ptr_eq(&self.source, source)
    }

    /// The line in the byte range `line` of the source; see [`Masks::line`].
    pub(crate) fn line(&self, line: Range<usize>) -> MaskedLine {
        if !self.source.has_lines() {
            return MaskedLine::new("", line.start, Vec::new());
        }
        let text = self.source.text().get(line.clone()).unwrap_or_default();
        let secret_texts = self.masks.occurrences(text);
        let comments = overlapping(&self.comments, &line).iter().filter(|comment| self.hides(comment));
        let spans = overlapping(&self.masked, &line).iter().chain(comments).cloned();
        let texts = secret_texts.iter().map(|text| line.start + text.start..line.start + text.end);
        MaskedLine::new(text, line.start, merge_ranges(spans.chain(texts).collect()))
    }

    /// Whether a comment begins on the line of a secret, or names one.
    fn hides(&self, comment: &Range<usize>) -> bool {
        let (_, line) = self.source.line_at(u32::try_from(comment.start).unwrap_or(u32::MAX));
        !overlapping(&self.masked, &line).is_empty()
            || self.source.text().get(comment.clone()).is_some_and(|text| self.masks.names_secret(text))
    }
}

fn is_same(a: &Arc<Source>, b: &Arc<Source>) -> bool {
    Arc::ptr_eq(a, b)
        || (a.has_lines() && a.layer() == b.layer() && a.name() == b.name() && a.text() == b.text())
}

/// The ranges, sorted; overlapping and adjacent ones are joined.
pub(super) fn merge_ranges(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut all: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges.into_iter().filter(|range| !range.is_empty()) {
        match all.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => all.push(range),
        }
    }
    all
}

/// Those of some sorted, separate ranges that overlap `range`.
fn overlapping<'r>(ranges: &'r [Range<usize>], range: &Range<usize>) -> &'r [Range<usize>] {
    let first = ranges.partition_point(|one| one.end <= range.start);
    let end = ranges.partition_point(|one| one.start < range.end);
    ranges.get(first..end).unwrap_or_default()
}

#[cfg(test)]
mod tests;

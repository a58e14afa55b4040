//! Reports: diagnostics as readable text, with the source line and a caret under the error.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::sync::Arc;
use alloc::vec::Vec;

use annotate_snippets::Renderer;

use crate::config::redact::{Masks, SourceMask};
use crate::text::{grouped_count, shortened, visible};
use crate::tree::{CodeFamily, Diagnostic, LayerKind, Origin, Severity, Source, most_important};

mod block;
mod composition;
mod excerpt;

pub(crate) use block::{Block, BlockPlace, block_renderer};
pub use composition::composition;
pub(crate) use excerpt::Excerpt;

/// The style of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether to use terminal colours (ANSI codes).
    pub color: bool,
    /// The columns for lines of source; fewer than 40 count as 40.
    pub width: usize,
}

/// No colours, 100 columns.
impl Default for Style {
    fn default() -> Self {
        Self { color: false, width: 100 }
    }
}

/// Writes the diagnostics in the given order, and a line with their count, without a line break at the end; empty without
/// diagnostics. Of more than [`MAX_DIAGNOSTICS`], a line counts the rest; warnings are left out before errors.
///
/// The secrets of `masks` are masked, and so are all values of a source that did not parse (`parse/…`). Control
/// characters are escaped, so that a configuration cannot send commands to the terminal.
///
/// ```
/// use speckit_core::{Code, Diagnostic, Key, LayerKind, Source};
/// use speckit_core::config::redact::Masks;
/// use speckit_core::config::source::{Language, parse};
/// use speckit_core::config::report::{Style, render};
/// let source = Source::document(LayerKind::File, "app.toml", "[server]\nport = 'high'\n");
/// let layer = parse(&source, Language::Toml).unwrap();
/// let key = Key::of(["server", "port"]);
/// let mistake = Diagnostic::error(Code::SchemaType, key.clone(), "expected integer, found string")
///     .at(layer.root().get(&key).unwrap().origin());
/// let masks = Masks::of([&layer], &|_, _| false);
/// assert_eq!(
///     render(&[mistake], &masks, Style::default()),
///     "\
/// error[schema/type]: server.port: expected integer, found string
///  --> app.toml:2:8
///   |
/// 2 | port = 'high'
///   |        ^^^^^^
///
/// 1 error"
/// );
/// ```
pub fn render(diagnostics: &[Diagnostic], masks: &Masks, style: Style) -> String {
    let renderer = block_renderer(style.color);
    let mut report = String::new();
    let mut last = None;
    let shown = most_important(diagnostics, MAX_DIAGNOSTICS);
    for diagnostic in &shown {
        report.push_str(&one(diagnostic, masks, &mut last, &renderer, style.width.max(40)));
        report.push_str("\n\n");
    }
    if shown.len() < diagnostics.len() {
        let [all, shown] = [counts(diagnostics), counts(shown)];
        report.push_str(&format!("and {}\n\n", severity_counts(all.0 - shown.0, all.1 - shown.1, "more ")));
    }
    if !diagnostics.is_empty() {
        report.push_str(&summary(diagnostics));
    }
    report
}

/// How many diagnostics a report shows.
pub const MAX_DIAGNOSTICS: usize = 100;

/// How many characters a report shows of a key, and of a message.
const MAX_CHARACTERS: usize = 1000;

/// How many errors and warnings there are: `2 errors, 1 warning`.
pub fn summary(diagnostics: &[Diagnostic]) -> String {
    let (errors, warnings) = counts(diagnostics);
    severity_counts(errors, warnings, "")
}

/// The numbers of errors and warnings.
fn counts<'d>(diagnostics: impl IntoIterator<Item = &'d Diagnostic>) -> (usize, usize) {
    diagnostics.into_iter().fold((0, 0), |(errors, warnings), diagnostic| match diagnostic.severity {
        Severity::Error => (errors + 1, warnings),
        Severity::Warning => (errors, warnings + 1),
    })
}

/// `2 errors, 1 more warning` for 2, 1 and `more `.
pub(crate) fn severity_counts(errors: usize, warnings: usize, more: &str) -> String {
    let count = |number: usize, noun: &str| grouped_count(number, &format!("{more}{noun}"));
    match (errors, warnings) {
        (errors, 0) => count(errors, "error"),
        (0, warnings) => count(warnings, "warning"),
        (errors, warnings) => format!("{}, {}", count(errors, "error"), count(warnings, "warning")),
    }
}

fn one<'m>(
    diagnostic: &Diagnostic,
    masks: &'m Masks,
    last: &mut Option<LastSource<'m>>,
    renderer: &Renderer,
    width: usize,
) -> String {
    let (mut place, mut notes) = (None, Vec::new());
    if let Some(origin) = &diagnostic.origin {
        let is_unparsed = diagnostic.code.family() == CodeFamily::Parse;
        // A key that is missing at the top of a TOML document has no line.
        let is_whole = origin.span().is_empty() && origin.span().start == 0 && !is_unparsed;
        let name = visible(origin.source().name());
        let has_lines = origin.source().has_lines();
        place = Some(match origin.line_column().filter(|_| has_lines && !is_whole) {
            None if has_lines => BlockPlace::Name(name),
            None => BlockPlace::Name(visible(&place_name(origin))),
            Some((line, column)) => {
                let source = LastSource::of(masks, origin.source(), is_unparsed, last);
                let excerpt = Excerpt::of(origin, &source.mask, width);
                if is_unparsed && excerpt.is_masked && !source.has_note {
                    source.has_note = true;
                    notes.push(("note", MASKED.into()));
                }
                BlockPlace::Line { path: name, line: line as usize, column: column as usize, excerpt }
            }
        });
    }
    notes.extend(diagnostic.help.iter().map(|help| ("help", visible(&masks.mask(help)))));
    let headline = headline(diagnostic, masks);
    Block { severity: diagnostic.severity, code: diagnostic.code.as_str(), headline, place, notes }
        .render(renderer)
}

const MASKED: &str = "`****` hides a text: in a file that does not parse, any value may be a secret";

/// The source of the last diagnostic with a source line.
struct LastSource<'m> {
    is_unparsed: bool,
    mask: SourceMask<'m>,
    /// Whether a note has explained what is masked.
    has_note: bool,
}

impl<'m> LastSource<'m> {
    /// The same as for the last diagnostic, if it is in this source too; else a new one.
    fn of<'l>(
        masks: &'m Masks,
        source: &Arc<Source>,
        is_unparsed: bool,
        last: &'l mut Option<Self>,
    ) -> &'l mut Self {
        if last.as_ref().is_some_and(|last| last.is_unparsed != is_unparsed || !last.mask.is_of(source)) {
            *last = None;
        }
        let new = || Self { is_unparsed, mask: masks.source_mask(source, is_unparsed), has_note: false };
        last.get_or_insert_with(new)
    }
}

fn headline(diagnostic: &Diagnostic, masks: &Masks) -> String {
    let message = visible(&masks.mask(&diagnostic.message));
    let message = shortened(&message, MAX_CHARACTERS);
    if diagnostic.key.is_root() {
        return message.into_owned();
    }
    let key = visible(&diagnostic.key.to_string());
    format!("{}: {message}", shortened(&key, MAX_CHARACTERS))
}

/// The place in a report: the variable, the position in a file, or the override.
fn place_name(origin: &Origin) -> String {
    match origin.layer() {
        LayerKind::Env => format!("{origin} (environment)"),
        _ => origin.to_string(),
    }
}

#[cfg(test)]
mod tests;

//! One block of a report: a headline, a place with its line of source, and notes.

use alloc::string::String;
use alloc::vec::Vec;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin as Place, Renderer, Snippet};

use super::excerpt::Excerpt;
use crate::tree::Severity;

/// One block of a report. No text has a control character, except the line ends of a note.
pub(crate) struct Block<'a> {
    /// How serious it is.
    pub(crate) severity: Severity,
    /// The name of its kind: `schema/type`.
    pub(crate) code: &'a str,
    /// What is wrong.
    pub(crate) headline: String,
    /// Where.
    pub(crate) place: Option<BlockPlace>,
    /// Labels with their texts, below the line of source.
    pub(crate) notes: Vec<(&'static str, String)>,
}

/// The place of a block.
pub(crate) enum BlockPlace {
    /// A place without a line of source.
    Name(String),
    /// A line of a file.
    Line {
        /// The path.
        path: String,
        /// The number of the line.
        line: usize,
        /// The column in the whole line.
        column: usize,
        /// What is shown of the line.
        excerpt: Excerpt,
    },
}

/// The renderer of blocks. `Excerpt` cuts the line, so the renderer must not cut it again.
pub(crate) fn block_renderer(color: bool) -> Renderer {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    renderer.decor_style(DecorStyle::Ascii).term_width(usize::MAX / 4)
}

impl Block<'_> {
    /// The lines of the block, without a line break at the end.
    pub(crate) fn render(self, renderer: &Renderer) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let mut group = Group::with_title(level.primary_title(self.headline).id(self.code));
        let has_line = self.place.as_ref().map(|place| matches!(place, BlockPlace::Line { .. }));
        group = match self.place {
            None => group,
            Some(BlockPlace::Name(name)) => group.element(Place::path(name)),
            Some(BlockPlace::Line { path, line, column, excerpt }) => {
                let caret = AnnotationKind::Primary.span(excerpt.caret);
                group
                    .element(Place::path(path).line(line).char_column(column))
                    .element(Snippet::source(excerpt.text).line_start(line).fold(false).annotation(caret))
            }
        };
        let notes = self.notes.into_iter().map(|(label, text)| {
            let level = match label {
                "help" => Level::HELP,
                "note" => Level::NOTE,
                other => Level::NOTE.with_name(other),
            };
            level.message(text)
        });
        let report = renderer.render(&[notes.fold(group, Group::element)]);
        match has_line {
            // Remove the empty line between the title and its help.
            None => report.replacen("\n |\n", "\n", 1),
            Some(true) => without_break(&report),
            // Indent the arrow, which without line numbers would be at the left edge.
            Some(false) => report.replace('\n', "\n "),
        }
    }
}

/// The place is passed to the renderer separately, as it would compute columns from the cut excerpt. Therefore it writes
/// a break (`:::`) as the fourth line, which is removed here.
fn without_break(report: &str) -> String {
    let lines = report.split_inclusive('\n').enumerate();
    lines.filter(|(index, line)| *index != 3 || !line.contains(":::")).map(|(_, line)| line).collect()
}

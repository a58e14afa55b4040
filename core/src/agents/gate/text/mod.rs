//! Plans, events and runs as text and as JSON.

use alloc::string::String;
use alloc::vec::Vec;

use crate::text::visible;

mod json;
mod plan;
mod run;
mod shell_words;

pub use run::list_text;

/// In characters; a longer text is truncated to its first 60.
const LONGEST: usize = 80;

/// The beginning of a text that is too long for a line; `None`: it is short enough.
fn beginning(text: &str) -> Option<String> {
    text.chars().nth(LONGEST)?;
    Some(text.chars().take(60).chain(['…']).collect())
}

/// A text as one short line, with control characters escaped.
pub(super) fn short(text: &str) -> String {
    visible(&beginning(text).unwrap_or_else(|| text.into()))
}

/// A line of agent output with control characters escaped, except tabs.
pub(super) fn visible_line(line: &str) -> String {
    line.split('\t').map(visible).collect::<Vec<_>>().join("\t")
}

/// Columns as wide as their widest cell, those in `right_aligned` aligned right, without empty columns and trailing spaces.
fn table(rows: &[Vec<String>], right_aligned: &[usize], indent: &str) -> String {
    let width = |text: &str| text.chars().count();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest =
        |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| width(cell)).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(widest).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::from(indent);
        let mut gap = "";
        for (at, (cell, widest)) in
            row.iter().zip(&widths).enumerate().filter(|(_, (_, widest))| **widest > 0)
        {
            let padding = " ".repeat(widest - width(cell));
            line.push_str(gap);
            match right_aligned.contains(&at) {
                true => line.extend([padding.as_str(), cell]),
                false => line.extend([cell, padding.as_str()]),
            }
            gap = "   ";
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

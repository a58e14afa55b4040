//! Tables of text.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::visible;

/// Rows in aligned columns, two spaces between them. What a terminal would not show in a cell is escaped.
///
/// ```
/// let rows = [["APP_PORT".to_string(), "port".to_string()]];
/// assert_eq!(speckit_core::text::columns(&["VARIABLE", "KEY"], &rows), "VARIABLE  KEY\nAPP_PORT  port\n");
/// ```
pub fn columns<const N: usize>(header: &[&str; N], rows: &[[String; N]]) -> String {
    let header = header.map(String::from);
    let rows: Vec<[String; N]> = rows.iter().map(|row| row.each_ref().map(|cell| visible(cell))).collect();
    let all = || core::iter::once(&header).chain(&rows);
    let mut widths = [0; N];
    for row in all() {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_string() + "\n"
    };
    all().map(line).collect()
}

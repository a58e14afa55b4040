//! An address as a QR code of half blocks, for a terminal.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

/// How dark modules differ from light ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum QrColors {
    /// Black and white, whatever the colours of the terminal are.
    Own,
    /// The text of the terminal is light: blocks are the light modules.
    OnDark,
    /// The text of the terminal is dark: blocks are the dark modules.
    OnLight,
}

impl QrColors {
    /// Without colours, `COLORFGBG` (`15;0`: the colours of text and background, which some terminals set) decides; most
    /// terminals are dark.
    pub(super) fn of(has_color: bool, colorfgbg: Option<&str>) -> Self {
        let background = colorfgbg.and_then(|colors| colors.rsplit(';').next());
        match background {
            _ if has_color => Self::Own,
            // Of the 16 colours these are light grey and white.
            Some("7" | "15") => Self::OnLight,
            _ => Self::OnDark,
        }
    }
}

/// A QR code with its quiet zone. Two modules share a character, one above the other.
pub(super) struct QrPicture {
    code: QrCode,
}

/// Readers need so many light modules around the code (ISO/IEC 18004, 9.1).
const QUIET_MODULES: usize = 4;

/// Black on white in the colour cube of xterm, which no theme changes.
const BLACK_ON_WHITE: &str = "\u{1b}[38;5;16;48;5;231m";
const RESET: &str = "\u{1b}[0m";

impl QrPicture {
    /// The picture of a text; `None`: it is too long for a QR code. A terminal does not damage a code, so that the lowest level of
    /// correction is enough, and gives the smallest picture.
    pub(super) fn of(text: &str) -> Option<Self> {
        let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
        Some(Self { code })
    }

    /// The columns and rows that it takes.
    pub(super) fn size(&self) -> (usize, usize) {
        let modules = self.modules();
        (modules, modules.div_ceil(2))
    }

    /// The lines of the picture. They hold control sequences if the colours are [`QrColors::Own`].
    pub(super) fn lines(&self, colors: QrColors) -> String {
        let mut lines = String::new();
        let (begin, end) = if colors == QrColors::Own { (BLACK_ON_WHITE, RESET) } else { ("", "") };
        for row in (0..self.modules()).step_by(2) {
            let character = |column| {
                let has_block = |row| self.is_dark(column, row) != (colors == QrColors::OnDark);
                match (has_block(row), has_block(row + 1)) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                }
            };
            let row: String = (0..self.modules()).map(character).collect();
            // Writing into a string does not fail.
            let _ = writeln!(lines, "{begin}{row}{end}");
        }
        lines
    }

    fn modules(&self) -> usize {
        self.code.width() + 2 * QUIET_MODULES
    }

    /// Whether a module is dark; those around the code are light.
    fn is_dark(&self, column: usize, row: usize) -> bool {
        let width = self.code.width();
        match (column.checked_sub(QUIET_MODULES), row.checked_sub(QUIET_MODULES)) {
            (Some(column), Some(row)) if column < width && row < width => {
                self.code[(column, row)] == Color::Dark
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: &str = "https://id.example.com/device?user_code=WDJB-MJHT";

    /// The modules of a picture as a reader sees them, row by row: `true` is dark.
    fn read(lines: &str, blocks_are_dark: bool) -> Vec<Vec<bool>> {
        let mut rows = Vec::new();
        for line in lines.lines() {
            let halves = |character| match character {
                '█' => (true, true),
                '▀' => (true, false),
                '▄' => (false, true),
                ' ' => (false, false),
                other => panic!("{other:?}"),
            };
            let row: Vec<(bool, bool)> = line.chars().map(halves).collect();
            rows.push(row.iter().map(|(upper, _)| *upper == blocks_are_dark).collect());
            rows.push(row.iter().map(|(_, lower)| *lower == blocks_are_dark).collect());
        }
        rows
    }

    #[test]
    fn the_picture_is_the_code_with_a_quiet_zone_of_four_modules() {
        let picture = QrPicture::of(ADDRESS).unwrap();
        let code = QrCode::with_error_correction_level(ADDRESS, EcLevel::L).unwrap();
        let rows = read(&picture.lines(QrColors::OnLight), true);
        let width = code.width();
        for (y, row) in rows.iter().enumerate() {
            assert_eq!(row.len(), width + 8);
            for (x, dark) in row.iter().enumerate() {
                let expected = (4..width + 4).contains(&x)
                    && (4..width + 4).contains(&y)
                    && code[(x - 4, y - 4)] == Color::Dark;
                assert_eq!(*dark, expected, "{x}, {y}");
            }
        }
        assert!(rows.len() >= width + 8);
    }

    #[test]
    fn a_dark_terminal_shows_the_same_modules() {
        let picture = QrPicture::of(ADDRESS).unwrap();
        let on_light = read(&picture.lines(QrColors::OnLight), true);
        assert_eq!(read(&picture.lines(QrColors::OnDark), false), on_light);
        let own = picture.lines(QrColors::Own).replace(BLACK_ON_WHITE, "").replace(RESET, "");
        assert_eq!(read(&own, true), on_light);
    }

    #[test]
    fn the_size_is_that_of_the_lines() {
        let picture = QrPicture::of(ADDRESS).unwrap();
        let (columns, rows) = picture.size();
        let lines = picture.lines(QrColors::OnDark);
        assert_eq!(lines.lines().count(), rows);
        assert!(lines.lines().all(|line| line.chars().count() == columns));
        assert_eq!((columns, rows), (37, 19));
    }

    #[test]
    fn a_text_that_is_too_long_has_no_picture() {
        assert!(QrPicture::of(&"a".repeat(3000)).is_none());
    }

    #[test]
    fn without_colours_the_terminal_says_whether_it_is_light() {
        for (has_color, colorfgbg, expected) in [
            (true, Some("0;15"), QrColors::Own),
            (false, Some("0;15"), QrColors::OnLight),
            (false, Some("0;default;7"), QrColors::OnLight),
            (false, Some("15;0"), QrColors::OnDark),
            (false, Some(""), QrColors::OnDark),
            (false, None, QrColors::OnDark),
        ] {
            assert_eq!(QrColors::of(has_color, colorfgbg), expected, "{colorfgbg:?}");
        }
    }
}

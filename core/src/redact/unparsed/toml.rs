//! TOML, line by line.

use core::ops::Range;

use super::{Regular, Scan};

impl Scan<'_> {
    /// Reads to the end of the line, or of the last of the lines that a long text goes over.
    pub(super) fn toml_line(&mut self) -> Regular {
        if self.open.is_empty() {
            self.blank();
            match self.peek() {
                None | Some(b'\n' | b'#') => {}
                Some(b'[') => self.header()?,
                Some(_) => {
                    self.key_and_equals()?;
                    self.toml_value()?;
                }
            }
        }
        loop {
            self.blank();
            match (self.peek(), self.open.last()) {
                (None | Some(b'\n'), _) => return Some(()),
                (Some(b'#'), _) => self.comment(),
                (Some(_), None) => return None,
                (Some(b','), _) => self.at += 1,
                (Some(b']'), Some(b'[')) | (Some(b'}'), Some(b'{')) => {
                    self.at += 1;
                    self.open.pop();
                }
                (Some(_), Some(b'{')) => {
                    self.key_and_equals()?;
                    self.toml_value()?;
                }
                (Some(_), Some(_)) => self.toml_value()?,
            }
        }
    }

    fn header(&mut self) -> Regular {
        let double = self.take(b"[[");
        if !double {
            self.take(b"[");
        }
        self.key()?;
        self.header_read = self.take(if double { b"]]" } else { b"]" });
        self.header_read.then_some(())
    }

    fn key_and_equals(&mut self) -> Regular {
        let start = self.at;
        if self.key().is_some() && self.take(b"=") {
            return Some(());
        }
        self.at = start;
        None
    }

    /// Names with dots between them, and the blanks behind.
    fn key(&mut self) -> Regular {
        let start = self.at;
        loop {
            self.blank();
            let name = match self.peek() {
                Some(b'"' | b'\'') => self.text_on_one_line(),
                _ => self.run(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')),
            };
            self.blank();
            match name {
                None => {
                    self.at = start;
                    return None;
                }
                Some(_) if self.take(b".") => {}
                Some(_) => return Some(()),
            }
        }
    }

    fn toml_value(&mut self) -> Regular {
        self.blank();
        let span = match self.peek()? {
            open @ (b'[' | b'{') => {
                self.at += 1;
                self.open.push(open);
                return Some(());
            }
            b'"' if self.rest().starts_with("\"\"\"") => self.long_text("\"\"\"")?,
            b'\'' if self.rest().starts_with("'''") => self.long_text("'''")?,
            b'"' | b'\'' => self.text_on_one_line()?,
            _ => {
                let span = self.word(b",]}#")?;
                // A blank may stand between the date and the time (TOML 1.0, "Offset Date-Time").
                let is_date = span.len() == 10 && self.bytes(&span).get(4) == Some(&b'-');
                if is_date && self.rest().starts_with(' ') && self.byte(1).is_some_and(|b| b.is_ascii_digit())
                {
                    self.at += 1;
                    span.start..self.word(b",]}#")?.end
                } else {
                    span
                }
            }
        };
        self.mask(span);
        Some(())
    }

    fn comment(&mut self) {
        let rest = self.rest();
        let end = self.at + rest.find('\n').unwrap_or(rest.len());
        let comment = self.at..end;
        self.plan.comments.push(comment.clone());
        self.mask(comment);
        self.at = end;
    }

    fn long_text(&mut self, quotes: &'static str) -> Option<Range<usize>> {
        let start = self.at;
        let mut end = start + quotes.len();
        loop {
            let rest = self.text.get(end..).unwrap_or_default();
            if rest.is_empty() {
                self.torn = true;
                self.mask(start..self.text.len());
                self.at = self.text.len();
                return None;
            }
            if rest.starts_with(quotes) {
                // One or two quotes may stand right before the closing ones (TOML 1.0, "String").
                let more = rest.bytes().skip(3).take(2).take_while(|b| quotes.as_bytes().contains(b)).count();
                self.at = end + quotes.len() + more;
                return Some(start..self.at);
            }
            let escape = quotes.starts_with('"') && rest.starts_with('\\');
            end += rest.chars().take(if escape { 2 } else { 1 }).map(char::len_utf8).sum::<usize>();
        }
    }
}

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
                (Some(b']'), Some(b'[')) | (Some(b'}'), Some(b'{')) => self.close(),
                (Some(b','), Some(_)) if self.before == b'v' => self.step(b','),
                (Some(_), Some(b'{')) if self.before != b'v' => {
                    self.key_and_equals()?;
                    self.toml_value()?;
                }
                (Some(_), Some(b'[')) if self.before != b'v' => self.toml_value()?,
                _ => return None,
            }
        }
    }

    fn header(&mut self) -> Regular {
        let double = self.take(b"[[");
        if !double {
            self.take(b"[");
        }
        self.key()?;
        self.take(if double { b"]]" } else { b"]" }).then_some(())
    }

    fn key_and_equals(&mut self) -> Regular {
        let start = self.at;
        let equals = self.key().map(|()| self.at).filter(|_| self.take(b"="));
        // `MIIEabc=` and `MIIEabc==` may be the end of a text in base64.
        let is_padding = equals.is_some_and(|equals| {
            !self.bytes(&(start..equals)).ends_with(b" ")
                && matches!(self.peek(), None | Some(b'\n' | b'\r' | b'='))
        });
        if equals.is_none() || is_padding {
            self.at = start;
            return None;
        }
        Some(())
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
                self.open(open);
                return Some(());
            }
            b'"' if self.rest().starts_with("\"\"\"") => self.long_text("\"\"\"")?,
            b'\'' if self.rest().starts_with("'''") => self.long_text("'''")?,
            b'"' | b'\'' => self.text_on_one_line()?,
            _ => {
                let span = self.word(b"")?;
                // A blank may stand between the date and the time (TOML 1.0, "Offset Date-Time").
                let is_date = span.len() == 10 && self.bytes(&span).get(4) == Some(&b'-');
                if is_date && self.rest().starts_with(' ') && self.byte(1).is_some_and(|b| b.is_ascii_digit())
                {
                    self.at += 1;
                    span.start..self.word(b"")?.end
                } else {
                    span
                }
            }
        };
        self.mask(span);
        self.before = b'v';
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

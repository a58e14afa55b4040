//! Strings, and the expansions that strings and commands contain.

use memchr::{memchr, memchr2};

use super::{Enclosure, Limit, MAX_NESTED, Mode, Place, Quoting, Region, Shell};

impl Shell<'_, '_> {
    /// Reads a part of a string in double quotes or of a here-document.
    pub(super) fn step_in_string(&mut self, byte: u8) {
        match byte {
            b'\\' => self.take(Region::String, 2),
            b'$' => self.dollar(Region::String, Quoting::Quoted),
            b'`' => self.backquotes(),
            _ => {
                let ends = |byte: &u8| matches!(byte, b'"' | b'\\' | b'$' | b'`');
                let rest = self.rest();
                self.take(
                    Region::String,
                    rest.iter().skip(1).position(ends).map_or(rest.len(), |length| length + 1),
                );
            }
        }
    }

    /// Reads a part of `${…}`.
    pub(super) fn step_in_parameter(&mut self, byte: u8, quoting: Quoting) {
        match byte {
            b'\'' if quoting == Quoting::Quoted => self.quoted_apostrophe(),
            b'$' if quoting == Quoting::Quoted => self.dollar(Region::Code, quoting),
            b'\\' | b'\'' | b'"' | b'`' | b'$' => self.quote_or_expansion(byte),
            _ => self.take(Region::Code, 1),
        }
    }

    /// For Bash a string is here, in which a brace closes nothing; for POSIX an apostrophe. A second one in the line decides.
    fn quoted_apostrophe(&mut self) {
        let rest = self.rest().get(1..).unwrap_or_default();
        let end = memchr2(b'\'', b'\n', rest).filter(|end| rest.get(*end) == Some(&b'\''));
        self.take(Region::Code, end.map_or(1, |end| end + 2));
    }

    /// Reads a string, an expansion or an escaped character outside of strings.
    pub(super) fn quote_or_expansion(&mut self, byte: u8) {
        let rest = self.rest();
        match byte {
            b'\\' => {
                self.take(Region::Code, 2);
                if rest.get(1) != Some(&b'\n') {
                    self.place = Place::WithinWord;
                }
            }
            b'\'' => {
                self.single_quotes(rest.get(1..).and_then(|rest| memchr(b'\'', rest)).map(|end| end + 2))
            }
            b'"' => self.double_quotes(1),
            b'`' => self.backquotes(),
            _ => match rest.get(1) {
                Some(b'\'') => self.single_quotes(unescaped(rest, 2, b'\'').map(|end| end + 1)),
                Some(b'"') => self.double_quotes(2),
                _ => self.dollar(Region::Code, Quoting::Unquoted),
            },
        }
    }

    fn single_quotes(&mut self, length: Option<usize>) {
        match length {
            Some(length) => self.take(Region::String, length),
            None => self.take_rest(),
        }
        self.place = Place::WithinWord;
    }

    fn double_quotes(&mut self, mark: usize) {
        self.modes.push(Mode::DoubleQuotes { start: self.scanner.position() });
        self.take(Region::String, mark);
    }

    /// Reads `$`, and opens what follows. The region is that of the text around.
    fn dollar(&mut self, region: Region, quoting: Quoting) {
        self.place = Place::WithinWord;
        match self.rest().get(1..).unwrap_or_default() {
            [b'(', b'(', ..] => {
                self.open(Enclosure::Arithmetic, 3);
                self.open(Enclosure::Arithmetic, 0);
            }
            [b'(', ..] => self.open(Enclosure::Substitution, 2),
            [b'{', ..] => {
                self.take(Region::Code, 2);
                self.modes.push(Mode::Parameter(quoting));
            }
            [b'#' | b'$' | b'?' | b'!' | b'*' | b'@' | b'-', ..] => self.take(region, 2),
            _ => self.take(region, 1),
        }
    }

    /// The first backquote without a backslash closes, whatever is between.
    fn backquotes(&mut self) {
        self.place = Place::WithinWord;
        match unescaped(self.rest(), 1, b'`').filter(|_| self.limits.len() < MAX_NESTED) {
            Some(length) => {
                let end = self.scanner.position() + length;
                self.limits.push(Limit { modes: self.modes.len(), end, closing: 1 });
                self.open(Enclosure::Whole, 1);
            }
            None => self.take_rest(),
        }
    }
}

/// The position of the first such byte without a backslash.
fn unescaped(rest: &[u8], mut at: usize, byte: u8) -> Option<usize> {
    loop {
        at += memchr2(byte, b'\\', rest.get(at..)?)?;
        if rest.get(at) == Some(&byte) {
            return Some(at);
        }
        at += 2;
    }
}

//! The here-documents of a line, whose bodies begin at the line's end.

use super::{HereDocument, Limit, MAX_NESTED, Mode, Place, Region, Shell};

impl Shell<'_, '_> {
    /// Reads `<<` and the delimiter, or `<<<`.
    pub(super) fn here_document(&mut self) {
        let rest = self.rest();
        match HereDocument::read(rest).filter(|_| self.limits.len() < MAX_NESTED) {
            Some((document, length)) => {
                self.documents.push(document);
                self.take(Region::Code, length);
                self.place = Place::WithinWord;
            }
            None => {
                self.take(Region::Code, if rest.starts_with(b"<<<") { 3 } else { 2 });
                self.place = Place::Argument;
            }
        }
    }

    /// Reads the bodies of the line that has ended.
    pub(super) fn begin_here_documents(&mut self) {
        if let Some(Mode::Commands(commands)) = self.modes.last()
            && let Some(documents) = self.documents.get_mut(commands.outer_documents..)
        {
            documents.reverse();
        }
        self.read_here_documents();
    }

    /// Reads bodies, the last one first, up to one that may contain commands: it becomes a mode.
    pub(super) fn read_here_documents(&mut self) {
        let Some(Mode::Commands(commands)) = self.modes.last() else { return };
        let outer = commands.outer_documents;
        self.place = Place::Command;
        while self.documents.len() > outer
            && let Some(document) = self.documents.pop()
        {
            let Some((body, closing)) = document.lengths(self.rest()) else {
                self.documents.truncate(outer);
                return self.take_rest();
            };
            if !document.literal {
                let end = self.scanner.position() + body;
                self.limits.push(Limit { modes: self.modes.len(), end, closing });
                return self.modes.push(Mode::HereDocument { documents: self.documents.len() });
            }
            self.take(Region::String, body);
            self.take(Region::Code, closing);
        }
    }
}

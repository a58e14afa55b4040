//! Whether a slash begins a regular expression, and a brace an object.

/// What stands before a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// A value: a slash after it divides.
    Value,
    /// An operator, a keyword or a bracket: a value follows, and a brace begins an object.
    Operator,
    /// The beginning of a statement: a brace begins a block.
    Statement,
    /// The end of a block.
    Block,
    /// A keyword with a condition in parentheses. A statement follows them.
    Condition,
    /// The dot before the name of a property.
    Dot,
}

impl Before {
    pub(super) fn is_before_value(self) -> bool {
        !matches!(self, Self::Value | Self::Dot)
    }

    /// What stands before the token after this word.
    pub(super) fn after_word(self, word: &[u8]) -> Self {
        match word {
            _ if self == Self::Dot => Self::Value,
            b"if" | b"while" | b"for" | b"with" => Self::Condition,
            // `for await (…)`
            b"await" if self == Self::Condition => Self::Condition,
            b"else" | b"do" => Self::Statement,
            b"await" | b"case" | b"default" | b"delete" | b"extends" | b"in" | b"instanceof" | b"new"
            | b"of" | b"return" | b"throw" | b"typeof" | b"void" | b"yield" => Self::Operator,
            _ => Self::Value,
        }
    }
}

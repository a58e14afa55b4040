//! Texts that are too long for a line.

use alloc::borrow::Cow;

/// The text with at most `max` characters, the last of them an ellipsis if it is longer.
///
/// ```
/// assert_eq!(speckit_core::text::shortened("a long text", 7), "a long…");
/// ```
pub fn shortened(text: &str, max: usize) -> Cow<'_, str> {
    if text.char_indices().nth(max).is_none() {
        return text.into();
    }
    text.chars().take(max.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_longer_text_is_shortened() {
        assert_eq!([0, 1, 2, 3, 4].map(|max| shortened("äbc", max)), ["…", "…", "ä…", "äbc", "äbc"]);
    }
}

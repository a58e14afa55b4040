//! Why a source cannot be read.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use speckit_core::text::{shortened, visible};

/// How many characters of a reason are shown.
const MAX_REASON: usize = 500;
/// How many causes of an error are shown: the chain of a wrong error may be endless.
const MAX_CAUSES: usize = 10;

/// Why a source cannot be read: any error, or a text. `?` converts errors.
///
/// Its text is shown without control characters, and at most 500 characters of it. Secrets of the configuration are masked in it.
///
/// ```
/// use speckit::SourceError;
/// let error: SourceError = std::io::Error::other("connection refused").into();
/// assert_eq!(error.to_string(), "connection refused");
/// assert_eq!(SourceError::from("a\nb").to_string(), r"a\nb");
/// ```
pub struct SourceError {
    error: Box<dyn Error + Send + Sync>,
    retry_after: Option<Duration>,
}

impl SourceError {
    /// Asks for at least this wait before the next read, such as `Retry-After` of HTTP; at most one hour counts.
    ///
    /// ```
    /// use std::time::Duration;
    /// let error = speckit::SourceError::from("status 503").retry_after(Duration::from_secs(10));
    /// ```
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    pub(super) fn suggested(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for SourceError {
    fn from(error: E) -> Self {
        Self { error: error.into(), retry_after: None }
    }
}

/// The error and its causes, on one line.
impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.error.to_string();
        let causes = std::iter::successors(self.error.source(), |&error| error.source());
        for own in causes.take(MAX_CAUSES).map(ToString::to_string) {
            // Many errors repeat their cause.
            if !text.contains(&own) {
                text = format!("{text}: {own}");
            }
        }
        // An escape is longer than its character.
        f.write_str(&shortened(&visible(&shortened(&text, MAX_REASON)), MAX_REASON))
    }
}

impl fmt::Debug for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SourceError").field(&self.to_string()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An error that is its own cause.
    #[derive(Debug)]
    struct Endless;

    impl fmt::Display for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("endless")
        }
    }

    impl Error for Endless {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(self)
        }
    }

    #[derive(Debug)]
    struct Outer(std::io::Error);

    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("no answer")
        }
    }

    impl Error for Outer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn the_causes_follow_the_error() {
        let error = SourceError::from(Outer(std::io::Error::other("connection refused")));
        assert_eq!(error.to_string(), "no answer: connection refused");
    }

    #[test]
    fn a_reason_is_one_line_of_bounded_length() {
        let text = SourceError::from("\u{1b}[31m\n".repeat(1000)).to_string();
        assert!(text.starts_with(r"\u{1b}[31m\n\u{1b}") && text.ends_with('…'), "{text}");
        assert_eq!(text.chars().count(), MAX_REASON);
        assert_eq!(SourceError::from(Endless).to_string(), "endless");
    }
}

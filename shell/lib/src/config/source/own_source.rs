//! A source as the builder keeps it.

use std::sync::Arc;

use speckit_core::config::source_machine::SourceTiming;
use speckit_core::text::{shortened, visible};

use super::Source;
use super::hint::Hint;
use super::reading::{Cancel, Reply, on_thread};

/// How many characters of a name are shown.
const MAX_NAME: usize = 200;

/// A source as the builder keeps it.
pub(crate) struct OwnSource {
    pub(super) name: Arc<str>,
    pub(super) is_required: bool,
    pub(super) timing: SourceTiming,
    /// Whether a task of a tokio runtime reads it.
    pub(super) is_async: bool,
    pub(super) connect: Box<dyn Fn(Hint) + Send>,
    /// Begins a read, with the version of the content in use.
    pub(super) read: Box<dyn Fn(Option<Box<str>>, Reply) -> Cancel + Send>,
}

impl OwnSource {
    pub(crate) fn of(source: impl Source) -> Self {
        let source = Arc::new(source);
        let connected = Arc::clone(&source);
        Self {
            name: shown(&source.name()),
            is_required: source.is_required(),
            timing: SourceTiming {
                poll_interval: source.poll_interval(),
                time_limit: source.timeout(),
                retry: source.backoff(),
            },
            is_async: false,
            connect: Box::new(move |hint| connected.connect(hint)),
            read: Box::new(move |version, reply| {
                let source = Arc::clone(&source);
                let read = move || match version {
                    Some(version) => source.read_if_changed(&version),
                    None => source.read(),
                };
                on_thread(read, reply)
            }),
        }
    }
}

#[cfg(feature = "tokio")]
impl OwnSource {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether a task of a tokio runtime reads it.
    pub(crate) fn is_async(&self) -> bool {
        self.is_async
    }
}

/// A name as reports show it.
pub(super) fn shown(name: &str) -> Arc<str> {
    shortened(&visible(name), MAX_NAME).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_of_bounded_length() {
        let name = shown(&"\u{1b}\n".repeat(100));
        assert!(name.starts_with(r"\u{1b}\n") && name.ends_with('…'), "{name}");
        assert_eq!(name.chars().count(), MAX_NAME);
    }
}

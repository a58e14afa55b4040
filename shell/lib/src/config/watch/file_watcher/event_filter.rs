//! Filters the events of the system, on its own thread.

use std::collections::BTreeSet;
use std::mem;
use std::path::{Path, PathBuf};

use notify::event::{AccessKind, AccessMode, EventKind, MetadataKind, ModifyKind, RenameMode};

use super::Interests;
use crate::sync::Mutex;

/// Calls the hint for each event that matters.
pub(super) struct EventFilter {
    state: Mutex<FilterState>,
    hint: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct FilterState {
    interests: Interests,
    lost: LostWatches,
}

/// The folders whose watches are lost.
#[derive(Debug, Default)]
pub(super) struct LostWatches {
    is_all: bool,
    places: BTreeSet<PathBuf>,
}

impl EventFilter {
    pub(super) fn new(hint: impl Fn() + Send + Sync + 'static) -> Self {
        Self { state: Mutex::default(), hint: Box::new(hint) }
    }

    /// Reports that something may have changed.
    pub(super) fn hint(&self) {
        (self.hint)();
    }

    /// Handles one event.
    pub(super) fn handle(&self, event: notify::Result<notify::Event>) {
        if self.state.lock().matters(event) {
            self.hint();
        }
    }

    /// Replaces the interests. Returns whether a new one is among them.
    pub(super) fn set_interests(&self, interests: Interests) -> bool {
        let mut state = self.state.lock();
        let is_news = interests.has_names_missing_in(&state.interests);
        state.interests = interests;
        is_news
    }

    /// The watches lost since the last call.
    pub(super) fn take_lost(&self) -> LostWatches {
        mem::take(&mut self.state.lock().lost)
    }
}

impl FilterState {
    fn matters(&mut self, event: notify::Result<notify::Event>) -> bool {
        // An overflow names no path: anything may have happened.
        let Some(event) = event.ok().filter(|event| !event.need_rescan()) else {
            self.lost.is_all = true;
            return true;
        };
        if !may_change_content(&event.kind) {
            return false;
        }
        if may_move_folders(&event.kind) {
            let moved = event.paths.iter().filter(|path| self.interests.are_below(path));
            self.lost.places.extend(moved.cloned());
        }
        event.paths.iter().any(|path| self.interests.matches(path))
    }
}

impl LostWatches {
    /// Whether the watch of `folder` is lost: with a folder, the watcher drops all watches in it.
    pub(super) fn hold(&self, folder: &Path) -> bool {
        self.is_all || self.places.iter().any(|place| folder.starts_with(place))
    }
}

/// Reading causes events too, also our own reading. A change of permissions is no such thing: it may make
/// a file readable, or no longer.
fn may_change_content(kind: &EventKind) -> bool {
    match kind {
        EventKind::Access(access) => *access == AccessKind::Close(AccessMode::Write),
        EventKind::Modify(ModifyKind::Metadata(what)) => *what != MetadataKind::AccessTime,
        _ => true,
    }
}

/// A new folder loses no watch: the removal of the folder before it was reported on its own.
fn may_move_folders(kind: &EventKind) -> bool {
    match kind {
        EventKind::Create(_) | EventKind::Access(_) => false,
        EventKind::Modify(ModifyKind::Name(which)) => !matches!(which, RenameMode::To | RenameMode::Both),
        EventKind::Modify(what) => *what == ModifyKind::Any,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use notify::Event;
    use notify::event::{CreateKind, DataChange, Flag, RemoveKind};

    use super::super::PathKind;
    use super::*;

    fn event_filter() -> (EventFilter, Arc<AtomicUsize>) {
        let hints = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&hints);
        let event_filter = EventFilter::new(move || {
            counter.fetch_add(1, Ordering::SeqCst);
        });
        let look = |path: &Path| if path.extension().is_some() { PathKind::File } else { PathKind::Folder };
        assert!(event_filter.set_interests(Interests::of(&["/etc/app/a.toml".into()], look)));
        (event_filter, hints)
    }

    fn event(kind: EventKind, path: &str) -> notify::Result<Event> {
        Ok(Event::new(kind).add_path(path.into()))
    }

    fn is_hint(kind: EventKind, path: &str) -> bool {
        let (event_filter, hints) = event_filter();
        event_filter.handle(event(kind, path));
        hints.load(Ordering::SeqCst) == 1
    }

    #[test]
    fn what_may_change_content_is_a_hint_and_reading_is_none() {
        let file = "/etc/app/a.toml";
        for kind in [
            EventKind::Any,
            EventKind::Other,
            EventKind::Create(CreateKind::File),
            EventKind::Remove(RemoveKind::File),
            EventKind::Modify(ModifyKind::Any),
            EventKind::Modify(ModifyKind::Data(DataChange::Any)),
            EventKind::Modify(ModifyKind::Name(RenameMode::To)),
            EventKind::Modify(ModifyKind::Metadata(MetadataKind::Any)),
            EventKind::Modify(ModifyKind::Metadata(MetadataKind::Permissions)),
            EventKind::Access(AccessKind::Close(AccessMode::Write)),
        ] {
            assert!(is_hint(kind, file), "{kind:?}");
            assert!(!is_hint(kind, "/etc/app/b.toml"), "{kind:?} of another file");
        }
        for kind in [
            EventKind::Access(AccessKind::Any),
            EventKind::Access(AccessKind::Read),
            EventKind::Access(AccessKind::Open(AccessMode::Any)),
            EventKind::Access(AccessKind::Close(AccessMode::Read)),
            EventKind::Modify(ModifyKind::Metadata(MetadataKind::AccessTime)),
        ] {
            assert!(!is_hint(kind, file), "{kind:?}");
        }
    }

    #[test]
    fn an_overflow_loses_every_watch_and_so_does_an_error() {
        let overflow = || Ok(Event::new(EventKind::Other).set_flag(Flag::Rescan));
        for event in [overflow(), Err(notify::Error::generic("read failed"))] {
            let (event_filter, hints) = event_filter();
            event_filter.handle(event);
            assert_eq!(hints.load(Ordering::SeqCst), 1);
            let lost = event_filter.take_lost();
            assert!(lost.hold(Path::new("/")) && lost.hold(Path::new("/etc/app")));
            assert!(!event_filter.take_lost().hold(Path::new("/")), "it is reported once");
        }
    }

    #[test]
    fn with_a_folder_that_goes_the_watches_in_it_are_lost() {
        for kind in [
            EventKind::Remove(RemoveKind::Folder),
            EventKind::Modify(ModifyKind::Name(RenameMode::From)),
            EventKind::Modify(ModifyKind::Name(RenameMode::Any)),
        ] {
            let (event_filter, hints) = event_filter();
            event_filter.handle(event(kind, "/etc"));
            assert_eq!(hints.load(Ordering::SeqCst), 1, "{kind:?}");
            let lost = event_filter.take_lost();
            assert!(lost.hold(Path::new("/etc")) && lost.hold(Path::new("/etc/app")), "{kind:?}");
            assert!(!lost.hold(Path::new("/")) && !lost.hold(Path::new("/etcetera")), "{kind:?}");
        }
    }

    #[test]
    fn what_comes_or_is_not_on_the_way_loses_no_watch() {
        let (event_filter, _) = event_filter();
        for (kind, path) in [
            (EventKind::Create(CreateKind::Folder), "/etc"),
            (EventKind::Modify(ModifyKind::Name(RenameMode::To)), "/etc"),
            (EventKind::Modify(ModifyKind::Data(DataChange::Any)), "/etc/app"),
            (EventKind::Remove(RemoveKind::Folder), "/var"),
            (EventKind::Remove(RemoveKind::File), "/etc/app/a.toml"),
        ] {
            event_filter.handle(event(kind, path));
            let lost = event_filter.take_lost();
            assert!(!lost.hold(Path::new("/etc/app")) && lost.places.is_empty(), "{kind:?} {path}");
        }
    }
}

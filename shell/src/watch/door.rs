use speckit_core::{Diagnostic, WatchMode};
use std::path::PathBuf;
pub(super) struct Door;
impl Door {
    pub(super) fn open(_: WatchMode, _: impl Fn() + Send + Sync + 'static) -> Result<Self, Vec<Diagnostic>> {
        Ok(Self)
    }
    pub(super) fn follow(&mut self, _: &[PathBuf]) -> Vec<Diagnostic> {
        Vec::new()
    }
    pub(super) fn polls(&self) -> bool {
        true
    }
}

//! Ends running commands from another thread.
#![expect(clippy::disallowed_methods, reason = "this module belongs to the door to measured processes")]

use std::fmt;
use std::io::{self, PipeReader, PipeWriter};
use std::sync::Arc;

use crate::sync::Mutex;

/// Ends the runs of every [`CommandRunner`](super::CommandRunner) that has it, such as when the user presses Ctrl-C.
///
/// A command runs in a process group of its own, so the terminal does not send Ctrl-C to it.
#[derive(Clone)]
pub struct CommandStopper(Arc<StopPipe>);

/// A pipe that wakes a poll when its writer is closed.
struct StopPipe {
    reader: PipeReader,
    writer: Mutex<Option<PipeWriter>>,
}

impl CommandStopper {
    /// A stopper that has not stopped.
    ///
    /// # Errors
    /// The system has no free descriptors.
    pub fn new() -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        Ok(Self(Arc::new(StopPipe { reader, writer: Mutex::new(Some(writer)) })))
    }

    /// Stops: a running command is terminated, and no further one is started.
    pub fn stop(&self) {
        *self.0.writer.lock() = None;
    }

    /// Whether it has stopped.
    pub fn is_stopped(&self) -> bool {
        self.0.writer.lock().is_none()
    }

    /// Hangs up once it has stopped.
    pub(super) fn descriptor(&self) -> &PipeReader {
        &self.0.reader
    }
}

impl fmt::Debug for CommandStopper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommandStopper").field("is_stopped", &self.is_stopped()).finish()
    }
}

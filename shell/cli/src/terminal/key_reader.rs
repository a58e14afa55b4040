//! A thread that reads keys.
#![expect(clippy::disallowed_methods, reason = "the thread ends with the reader, and is joined")]

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use ratatui::crossterm::event::KeyEvent;

/// Reads keys until it is dropped, or until the terminal is closed.
pub(crate) struct KeyReader {
    is_stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// How long the thread waits for a key before it checks whether to stop.
const TICK: Duration = Duration::from_millis(100);

impl KeyReader {
    /// Calls `receive` with each key, and with the error that ends the reading: the terminal is closed.
    ///
    /// # Errors
    /// The system has no thread.
    pub(crate) fn start(mut receive: impl FnMut(io::Result<KeyEvent>) + Send + 'static) -> io::Result<Self> {
        let is_stopped = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&is_stopped);
        let thread = thread::Builder::new().spawn(move || {
            let mut keyboard = Keyboard::default();
            while !stopped.load(Ordering::Relaxed) {
                if let Err(error) = keyboard.read(&mut |key| receive(Ok(key))) {
                    return receive(Err(error));
                }
            }
        })?;
        Ok(Self { is_stopped, thread: Some(thread) })
    }
}

impl Drop for KeyReader {
    fn drop(&mut self) {
        self.is_stopped.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // The thread runs no code that could panic.
            let _ = thread.join();
        }
    }
}

/// Standard input as a keyboard. The reader of crossterm 0.29 does not serve: it never returns after the end of the input, nor
/// from the beginning of a sequence.
#[cfg(unix)]
#[derive(Default)]
struct Keyboard {
    decoder: super::key_decoder::KeyDecoder,
}

#[cfg(unix)]
impl Keyboard {
    /// Waits for bytes, not longer than a tick or two, and passes on the keys in them.
    ///
    /// # Errors
    /// The terminal is closed.
    fn read(&mut self, receive: &mut dyn FnMut(KeyEvent)) -> io::Result<()> {
        use rustix::event::{PollFd, PollFlags, poll};
        use rustix::io::Errno;

        if !super::foreground::keyboard() {
            // Reading would stop this process.
            speckit::internal::clock::sleep(TICK);
            return Ok(());
        }
        let stdin = rustix::stdio::stdin();
        let patience = self.decoder.patience();
        let timeout = rustix::time::Timespec::try_from(patience.unwrap_or(TICK)).ok();
        match poll(&mut [PollFd::new(&stdin, PollFlags::IN)], timeout.as_ref()) {
            Err(Errno::INTR) => return Ok(()),
            Err(error) => return Err(error.into()),
            Ok(0) => {
                if patience.is_some() {
                    self.decoder.pause().into_iter().for_each(receive);
                }
                return Ok(());
            }
            Ok(_) => {}
        }
        let mut bytes = [0; 1024];
        match rustix::io::read(stdin, &mut bytes) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                let bytes = bytes.iter().take(count);
                bytes.filter_map(|byte| self.decoder.push(*byte)).for_each(receive);
                Ok(())
            }
            Err(Errno::INTR | Errno::AGAIN) => Ok(()),
            // A job that was moved to the background meanwhile, and that nobody can continue.
            Err(_) if !super::foreground::keyboard() => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(not(unix))]
#[derive(Default)]
struct Keyboard;

#[cfg(not(unix))]
impl Keyboard {
    fn read(&mut self, receive: &mut dyn FnMut(KeyEvent)) -> io::Result<()> {
        use ratatui::crossterm::event::{Event, poll, read};
        if poll(TICK)?
            && let Event::Key(key) = read()?
        {
            receive(key);
        }
        Ok(())
    }
}

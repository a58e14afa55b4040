//! Whether standard output was closed when the process began (`>&-`).
//!
//! Before `main`, Rust opens the null device in the place of a closed standard stream, and nothing distinguishes the two any
//! more. The loader calls the functions of `.init_array` earlier.

#[cfg(target_os = "linux")]
mod at_start {
    use std::sync::atomic::{AtomicBool, Ordering};

    static IS_CLOSED: AtomicBool = AtomicBool::new(false);

    #[expect(
        unsafe_code,
        reason = "the loader calls each pointer of this section, and this one is to such a function"
    )]
    #[used]
    #[unsafe(link_section = ".init_array")]
    static LOOK: extern "C" fn() = look;

    extern "C" fn look() {
        let descriptor = rustix::io::fcntl_getfd(rustix::stdio::stdout());
        IS_CLOSED.store(descriptor == Err(rustix::io::Errno::BADF), Ordering::Relaxed);
    }

    pub(super) fn is_closed() -> bool {
        IS_CLOSED.load(Ordering::Relaxed)
    }
}

/// The error of writing to a standard output that was closed from the start. Only Linux knows of it.
pub(super) fn stdout_error() -> Option<std::io::Error> {
    #[cfg(target_os = "linux")]
    if at_start::is_closed() {
        return Some(rustix::io::Errno::BADF.into());
    }
    None
}

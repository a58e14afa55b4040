//! Starts a program by posix_spawn(3), which takes the same time however much memory this process uses.
//!
//! The standard library does so too, but has no stable way to ask for a session.
#![expect(
    clippy::disallowed_methods,
    reason = "this module is the door to processes in sessions of their own"
)]
#![expect(unsafe_code, reason = "only functions of the C library start a program in a session without fork")]

use std::ffi::{CString, NulError, c_char, c_int, c_short};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStringExt as _;
use std::ptr::null_mut;

use rustix::process::Pid;

use super::Program;
use crate::os::environment;

/// The program is found in the `PATH` of this process. As with the standard library, it inherits the signal mask, and gets the default
/// action of SIGPIPE, which Rust programs ignore.
pub(super) fn spawn(program: &Program<'_>, streams: [OwnedFd; 3]) -> io::Result<Pid> {
    let name = CString::new(program.name)?;
    let arguments = c_strings(program.arguments.iter().map(|argument| argument.clone().into_bytes()))?;
    let variables = environment::with(&program.variables);
    let variables =
        c_strings(variables.map(|(name, value)| [name.into_vec(), value.into_vec()].join(&b'=')))?;
    let argv = null_terminated([&name].into_iter().chain(&arguments));
    let envp = null_terminated(&variables);
    // The copies have numbers above those of the standard streams, so that no stream takes the place of another one.
    let streams = streams.iter().map(OwnedFd::try_clone).collect::<io::Result<Vec<_>>>()?;
    let actions = FileActions::new(&streams)?;
    let attributes = Attributes::of_session()?;
    let mut pid = 0;
    // SAFETY: every pointer is to a value that outlives the call. The lists end with a null pointer, and their texts with a zero byte; the
    // call does not write to them.
    let result = unsafe {
        let (actions, attributes) = (&raw const actions.0, &raw const attributes.0);
        libc::posix_spawnp(&raw mut pid, name.as_ptr(), actions, attributes, argv.as_ptr(), envp.as_ptr())
    };
    check(result)?;
    Pid::from_raw(pid).ok_or_else(|| io::Error::other("the new process has no number"))
}

/// What the child does with its descriptors before it becomes the program.
struct FileActions(libc::posix_spawn_file_actions_t);

impl FileActions {
    /// Makes these descriptors its standard input, output and error.
    fn new(streams: &[OwnedFd]) -> io::Result<Self> {
        let mut actions = MaybeUninit::uninit();
        // SAFETY: the call initializes the actions, if it does not fail.
        let mut actions = unsafe {
            check(libc::posix_spawn_file_actions_init(actions.as_mut_ptr()))?;
            Self(actions.assume_init())
        };
        for (number, stream) in (0..).zip(streams) {
            // SAFETY: the actions are initialized.
            check(unsafe {
                libc::posix_spawn_file_actions_adddup2(&raw mut actions.0, stream.as_raw_fd(), number)
            })?;
        }
        Ok(actions)
    }
}

impl Drop for FileActions {
    fn drop(&mut self) {
        // SAFETY: the actions are initialized, and not used again.
        unsafe { libc::posix_spawn_file_actions_destroy(&raw mut self.0) };
    }
}

/// What the child does besides.
struct Attributes(libc::posix_spawnattr_t);

impl Attributes {
    /// Makes it lead a session, with the default action of SIGPIPE.
    fn of_session() -> io::Result<Self> {
        let (mut attributes, mut signals) = (MaybeUninit::uninit(), MaybeUninit::uninit());
        // SAFETY: the first call initializes the attributes, if it does not fail, and `sigemptyset` the set of signals.
        unsafe {
            check(libc::posix_spawnattr_init(attributes.as_mut_ptr()))?;
            let mut attributes = Self(attributes.assume_init());
            libc::sigemptyset(signals.as_mut_ptr());
            libc::sigaddset(signals.as_mut_ptr(), libc::SIGPIPE);
            check(libc::posix_spawnattr_setsigdefault(&raw mut attributes.0, signals.as_ptr()))?;
            let flags = libc::POSIX_SPAWN_SETSID | libc::POSIX_SPAWN_SETSIGDEF as c_short;
            // Fails before version 2.26 of the GNU C library, which has no sessions.
            check(libc::posix_spawnattr_setflags(&raw mut attributes.0, flags))?;
            Ok(attributes)
        }
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: the attributes are initialized, and not used again.
        unsafe { libc::posix_spawnattr_destroy(&raw mut self.0) };
    }
}

fn c_strings(texts: impl Iterator<Item = Vec<u8>>) -> Result<Vec<CString>, NulError> {
    texts.map(CString::new).collect()
}

fn null_terminated<'a>(texts: impl IntoIterator<Item = &'a CString>) -> Vec<*mut c_char> {
    texts.into_iter().map(|text| text.as_ptr().cast_mut()).chain([null_mut()]).collect()
}

/// These functions return the number of their error, or 0.
fn check(result: c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(result)) }
}

//! Opens an address in the browser of the machine.
#![expect(clippy::disallowed_methods, reason = "only this module opens a browser")]

use std::io;

/// Opens an address, and does not wait for the browser.
///
/// # Errors
/// There is no program that opens addresses, or it failed at once.
pub(super) fn open(address: &str) -> io::Result<()> {
    open::that_detached(address)
}

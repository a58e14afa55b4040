//! Extended attributes of files (xattr(7)), such as access control lists (acl(5)).

use std::path::Path;

use system::{list, remove, set, value};

/// The access control list.
const ACCESS_LIST: &str = "system.posix_acl_access";

/// What the system computes from the content of a file (xattr(7), capabilities(7)), and what is wrong for another content.
const OF_CONTENT: [&str; 3] = ["security.capability", "security.evm", "security.ima"];

/// Gives a new file the attributes of an old one, and only those; returns the names of those that it lacks.
pub(super) fn copy(old: &Path, new: &Path) -> Vec<String> {
    let wanted = list(old);
    // A folder may give its new files an access control list.
    for name in list(new) {
        if !wanted.contains(&name) && !name.starts_with("security.") {
            remove(new, &name);
        }
    }
    let copied = wanted.iter().filter(|name| !OF_CONTENT.contains(&name.as_str()));
    copied.filter(|name| !is_copied(old, new, name)).cloned().collect()
}

/// Whether both files have the same access control list, or none.
pub(super) fn have_same_list(old: &Path, new: &Path) -> bool {
    value(old, ACCESS_LIST) == value(new, ACCESS_LIST)
}

fn is_copied(old: &Path, new: &Path, name: &str) -> bool {
    let Some(wanted) = value(old, name) else { return false };
    value(new, name).as_ref() == Some(&wanted) || set(new, name, &wanted)
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
mod system {
    use std::path::Path;

    use rustix::buffer::spare_capacity;
    use rustix::fs::{XattrFlags, getxattr, listxattr, removexattr, setxattr};

    /// The limit of Linux for the names of all attributes, and for each value, in bytes.
    const MAX_BYTES: usize = 64 << 10;

    /// The names of the attributes; none on a file system that has no attributes.
    pub(super) fn list(path: &Path) -> Vec<String> {
        let mut names = Vec::with_capacity(MAX_BYTES);
        if listxattr(path, spare_capacity(&mut names)).is_err() {
            return Vec::new();
        }
        let names = names.split(|byte| *byte == 0).filter(|name| !name.is_empty());
        names.map(|name| String::from_utf8_lossy(name).into_owned()).collect()
    }

    pub(super) fn value(path: &Path, name: &str) -> Option<Vec<u8>> {
        let mut value = Vec::with_capacity(MAX_BYTES);
        getxattr(path, name, spare_capacity(&mut value)).ok()?;
        Some(value)
    }

    /// Whether it could be set.
    pub(super) fn set(path: &Path, name: &str, value: &[u8]) -> bool {
        setxattr(path, name, value, XattrFlags::empty()).is_ok()
    }

    /// Removes an attribute if the system permits it.
    pub(super) fn remove(path: &Path, name: &str) {
        let _ = removexattr(path, name);
    }
}

/// Other systems have other means.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
mod system {
    use std::path::Path;

    pub(super) fn list(_: &Path) -> Vec<String> {
        Vec::new()
    }

    pub(super) fn value(_: &Path, _: &str) -> Option<Vec<u8>> {
        None
    }

    pub(super) fn set(_: &Path, _: &str, _: &[u8]) -> bool {
        false
    }

    pub(super) fn remove(_: &Path, _: &str) {}
}

//! Pointers of Git LFS: small files that stand in a commit for large ones.

/// A pointer is shorter than this (git-lfs `docs/spec.md`: "must be less than 1024 bytes in size").
pub const MAX_POINTER_BYTES: usize = 1024;

/// Its first line, by the same document.
const FIRST_LINE: &[u8] = b"version https://git-lfs.github.com/spec/v1\n";

/// Whether the content of a file is a pointer of Git LFS.
///
/// ```
/// use speckit_core::policy::git::is_lfs_pointer;
/// assert!(is_lfs_pointer(b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"));
/// assert!(!is_lfs_pointer(b"version = 1\n"));
/// ```
pub fn is_lfs_pointer(content: &[u8]) -> bool {
    content.len() < MAX_POINTER_BYTES && content.starts_with(FIRST_LINE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_file_is_no_pointer() {
        let mut content = FIRST_LINE.to_vec();
        content.resize(MAX_POINTER_BYTES - 1, b' ');
        assert!(is_lfs_pointer(&content));
        content.push(b' ');
        assert!(!is_lfs_pointer(&content));
    }

    #[test]
    fn the_first_line_is_whole() {
        assert!(!is_lfs_pointer(b"version https://git-lfs.github.com/spec/v1"));
        assert!(!is_lfs_pointer(b"version https://git-lfs.github.com/spec/v10\n"));
        assert!(!is_lfs_pointer(b" version https://git-lfs.github.com/spec/v1\n"));
    }
}

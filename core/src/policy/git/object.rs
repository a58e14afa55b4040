//! Ids of objects, and the lines of `git cat-file --batch` about them.

use alloc::string::String;
use core::fmt;

use super::error::UnexpectedOutput;

/// The id of an object: 40 or 64 hexadecimal digits (SHA-1 or SHA-256).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(String);

impl ObjectId {
    /// The id with these digits; `None` for another text.
    ///
    /// ```
    /// use speckit_core::policy::git::ObjectId;
    /// assert!(ObjectId::new("4b825dc642cb6eb9a060e54bf8d69288fbee4904").is_some());
    /// assert!(ObjectId::new("4b825dc").is_none());
    /// ```
    pub fn new(digits: &str) -> Option<Self> {
        let is_id = matches!(digits.len(), 40 | 64) && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        is_id.then(|| Self(digits.into()))
    }

    /// Its digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it has only zeros, with which git names an object that does not exist.
    pub fn is_null(&self) -> bool {
        self.0.bytes().all(|digit| digit == b'0')
    }

    /// The id of the tree without files, of the same hash function. git knows it in every repository.
    #[must_use]
    pub fn empty_tree(&self) -> Self {
        Self(if self.0.len() == 40 { EMPTY_TREE_SHA1 } else { EMPTY_TREE_SHA256 }.into())
    }
}

/// `git hash-object -t tree /dev/null` in a repository of each hash function.
const EMPTY_TREE_SHA1: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
const EMPTY_TREE_SHA256: &str = "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321";

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What precedes the bytes of an object in the output of `git cat-file --batch`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlobHeader {
    /// So many bytes follow, and a line end.
    Bytes(u64),
    /// The repository does not have the object; nothing follows.
    Missing,
}

/// Reads a line `<id> SP <type> SP <size>`, or `<id> SP missing`.
///
/// # Errors
/// The line has another form.
pub fn parse_blob_header(line: &str) -> Result<BlobHeader, UnexpectedOutput> {
    let mut words = line.trim_end_matches('\n').split(' ');
    match (words.next(), words.next(), words.next(), words.next()) {
        (Some(_), Some("missing"), None, None) => Ok(BlobHeader::Missing),
        (Some(_), Some(_), Some(size), None) => {
            size.parse().map(BlobHeader::Bytes).map_err(|_| UnexpectedOutput)
        }
        _ => Err(UnexpectedOutput),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn an_id_has_40_or_64_hexadecimal_digits() {
        let ok = |digits: &str| ObjectId::new(digits).is_some();
        assert!(ok(&"0a".repeat(20)) && ok(&"Ab".repeat(32)));
        assert!(!ok("") && !ok(&"0".repeat(39)) && !ok(&"0".repeat(41)) && !ok(&"0g".repeat(20)));
        assert!(!ok(&"é".repeat(20)), "40 bytes, but no digits");
    }

    #[test]
    fn the_empty_tree_is_that_of_the_hash_function() {
        let of = |length| ObjectId::new(&"0".repeat(length)).unwrap().empty_tree();
        assert_eq!((of(40).as_str().len(), of(64).as_str().len()), (40, 64));
        assert!(!of(40).is_null());
    }

    #[test]
    fn headers_of_blobs_are_read() {
        let id = "1".repeat(40);
        assert_eq!(parse_blob_header(&format!("{id} blob 12\n")), Ok(BlobHeader::Bytes(12)));
        assert_eq!(parse_blob_header(&format!("{id} missing\n")), Ok(BlobHeader::Missing));
        for wrong in ["", "\n", "x", "x blob", "x blob -1", "x blob 1 2", "x blob 99999999999999999999"] {
            assert_eq!(parse_blob_header(wrong), Err(UnexpectedOutput), "{wrong}");
        }
    }
}

//! The files in the output of `git diff --raw -z`.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use super::error::UnexpectedOutput;
use super::object::ObjectId;

/// A file with the content that a commit will have, or has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct ChangedFile {
    /// The path, with `/` between folders. Bytes that are not UTF-8 are replaced by U+FFFD.
    pub path: String,
    /// The path as git has it.
    pub path_bytes: Vec<u8>,
    /// The object with the content.
    pub id: ObjectId,
    /// Whether the file may be executed.
    pub mode: FileMode,
}

/// The kinds of regular files that git distinguishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileMode {
    /// Mode 100644, or the historical 100664.
    Plain,
    /// Mode 100755.
    Executable,
}

/// The changed files in the order of their paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Changes {
    /// The regular files.
    pub files: Vec<ChangedFile>,
    /// How many other entries there are.
    pub skipped: SkippedEntries,
}

/// The entries of a tree that are no regular files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SkippedEntries {
    /// Mode 120000: the object is a path.
    pub symlinks: usize,
    /// Mode 160000: the object is a commit of another repository.
    pub submodules: usize,
}

impl Changes {
    /// Reads the output of `git diff --raw -z --no-abbrev --no-renames`. Deleted and unmerged paths are left out.
    ///
    /// # Errors
    /// The output has another form.
    ///
    /// ```
    /// use speckit_core::policy::git::Changes;
    /// let id = "0cfbf08886fca9a91cb753ec8734c84fcbe52c9f";
    /// let output = format!(":000000 100644 {} {id} A\0a file\0", "0".repeat(40));
    /// let changes = Changes::parse(output.as_bytes()).unwrap();
    /// assert_eq!(changes.files[0].path, "a file");
    /// assert_eq!(changes.files[0].id.as_str(), id);
    /// ```
    pub fn parse(output: &[u8]) -> Result<Self, UnexpectedOutput> {
        Self::parse_some(output, &|_| true)
    }

    /// As [`Changes::parse`], with only the wanted paths.
    ///
    /// # Errors
    /// The output has another form.
    pub fn parse_some(output: &[u8], is_wanted: &dyn Fn(&[u8]) -> bool) -> Result<Self, UnexpectedOutput> {
        let mut changes = Self::default();
        for entry in entries(output) {
            let entry = entry?;
            match entry.mode {
                _ if entry.is_gone || !is_wanted(entry.path) => {}
                "120000" => changes.skipped.symlinks += 1,
                "160000" => changes.skipped.submodules += 1,
                mode => changes.files.push(ChangedFile {
                    path: String::from_utf8_lossy(entry.path).into_owned(),
                    path_bytes: entry.path.to_vec(),
                    id: ObjectId::new(entry.id).ok_or(UnexpectedOutput)?,
                    mode: if mode == "100755" { FileMode::Executable } else { FileMode::Plain },
                }),
            }
        }
        changes.sort();
        Ok(changes)
    }

    /// Adds the files of other changes. A path stays twice if its contents differ.
    pub fn extend(&mut self, other: Self) {
        self.files.extend(other.files);
        self.sort();
        self.skipped.symlinks += other.skipped.symlinks;
        self.skipped.submodules += other.skipped.submodules;
    }

    fn sort(&mut self) {
        self.files.sort_by(|a, b| (&a.path_bytes, &a.id, a.mode).cmp(&(&b.path_bytes, &b.id, b.mode)));
        self.files.dedup();
    }
}

/// The paths in the output of `git diff-tree --stdin -c --raw -z`, whatever happened to them.
///
/// # Errors
/// The output has another form.
pub fn changed_paths(output: &[u8]) -> Result<BTreeSet<&[u8]>, UnexpectedOutput> {
    entries(output).map(|entry| entry.map(|entry| entry.path)).collect()
}

/// One entry: what the path is after the change.
struct RawEntry<'a> {
    mode: &'a str,
    id: &'a str,
    is_gone: bool,
    path: &'a [u8],
}

/// The entries `:<mode> SP <mode> SP <id> SP <id> SP <status> NUL <path> NUL` (git-diff-tree(1), "Raw output format").
///
/// An entry of a merge begins with a colon for each parent and has as many more modes and ids, of which the last ones are those of
/// the merge.
fn entries(output: &[u8]) -> impl Iterator<Item = Result<RawEntry<'_>, UnexpectedOutput>> {
    let mut fields = output.split(|byte| *byte == 0);
    core::iter::from_fn(move || {
        let about = fields.next().filter(|about| !about.is_empty())?;
        Some(fields.next().and_then(|path| entry(about, path)).ok_or(UnexpectedOutput))
    })
}

fn entry<'a>(about: &'a [u8], path: &'a [u8]) -> Option<RawEntry<'a>> {
    let about = core::str::from_utf8(about).ok()?;
    let words = about.trim_start_matches(':');
    let parents = about.len() - words.len();
    let mut words = words.split(' ');
    let mode = words.by_ref().nth(parents)?;
    let id = words.by_ref().nth(parents)?;
    let status = words.next()?;
    let is_whole = parents > 0 && words.next().is_none() && !path.is_empty();
    is_whole.then_some(RawEntry { mode, id, is_gone: mode == "000000" || status.starts_with('U'), path })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::ToString as _;

    const NULL: &str = "0000000000000000000000000000000000000000";
    const ONE: &str = "1111111111111111111111111111111111111111";
    const TWO: &str = "2222222222222222222222222222222222222222";

    fn paths(output: &str) -> Vec<String> {
        Changes::parse(output.as_bytes()).unwrap().files.into_iter().map(|file| file.path).collect()
    }

    #[test]
    fn regular_files_are_read_in_the_order_of_their_paths() {
        let output = format!(
            ":100644 100755 {ONE} {TWO} M\0b\n\"c\" d\0:000000 100644 {NULL} {ONE} A\0a\0:120000 100644 {ONE} {TWO} T\0c\0"
        );
        assert_eq!(paths(&output), ["a", "b\n\"c\" d", "c"]);
        let changes = Changes::parse(output.as_bytes()).unwrap();
        assert_eq!(changes.files[1].mode, FileMode::Executable);
        assert_eq!((changes.files[0].id.as_str(), changes.files[1].id.as_str()), (ONE, TWO));
    }

    #[test]
    fn links_and_submodules_are_counted_and_deleted_paths_are_not() {
        let output = format!(
            ":100644 120000 {ONE} {TWO} T\0l\0:000000 160000 {NULL} {ONE} A\0m\0:100644 000000 {ONE} {NULL} D\0d\0:000000 000000 {NULL} {NULL} U\0u\0"
        );
        let changes = Changes::parse(output.as_bytes()).unwrap();
        assert_eq!(changes.files, []);
        assert_eq!(changes.skipped, SkippedEntries { symlinks: 1, submodules: 1 });
        let only_the_link = Changes::parse_some(output.as_bytes(), &|path| path == b"l").unwrap();
        assert_eq!(only_the_link.skipped, SkippedEntries { symlinks: 1, submodules: 0 });
    }

    #[test]
    fn a_path_that_is_not_utf_8_keeps_its_bytes() {
        let mut output = format!(":000000 100644 {NULL} {ONE} A\0").into_bytes();
        output.extend(b"a\xffb\0");
        let changes = Changes::parse(&output).unwrap();
        assert_eq!((&*changes.files[0].path, &*changes.files[0].path_bytes), ("a\u{fffd}b", &b"a\xffb"[..]));
    }

    #[test]
    fn an_entry_of_a_merge_has_the_content_of_the_merge() {
        let three = "3".repeat(40);
        let output =
            format!("::100644 100644 100644 {ONE} {TWO} {three} MM\0b\0:000000 100644 {NULL} {ONE} A\0c\0");
        assert_eq!(Changes::parse(output.as_bytes()).unwrap().files[0].id.to_string(), three);
        assert_eq!(changed_paths(output.as_bytes()), Ok([&b"b"[..], b"c"].into()));
    }

    #[test]
    fn another_form_is_refused() {
        let refused = |output: &str| Changes::parse(output.as_bytes()) == Err(UnexpectedOutput);
        assert!(refused("x\0a\0"));
        assert!(refused(&format!(":100644 100644 {ONE} {TWO} M\0")), "no path");
        assert!(refused(&format!("100644 100644 {ONE} {TWO} M\0a\0")), "no colon");
        assert!(refused(":100644 100644 1111 2222 M\0a\0"), "abbreviated ids");
        assert!(refused(&format!(":100644 100644 {ONE} {TWO}\0a\0")), "no status");
        assert!(refused(&format!(":100644 100644 {ONE} {TWO} M\ta\0b\0c")), "not separated by NUL");
        assert_eq!(paths(""), [""; 0]);
    }

    #[test]
    fn equal_files_are_one_and_different_contents_of_a_path_are_two() {
        let of = |id: &str| Changes::parse(format!(":000000 100644 {NULL} {id} A\0a\0").as_bytes()).unwrap();
        let mut changes = of(ONE);
        changes.extend(of(ONE));
        assert_eq!(changes.files.len(), 1);
        changes.extend(of(TWO));
        assert_eq!(changes.files.len(), 2);
    }
}

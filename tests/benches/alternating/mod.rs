//! A configuration file that alternates between two texts.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

/// A file with one of two contents, in its own folder.
///
/// Both contents are already on the disk, and an edit is a rename, so that no measurement waits for a disk.
pub struct Alternating {
    folder: TempDir,
    contents: [PathBuf; 2],
    edits: usize,
}

impl Alternating {
    /// A file with the first of the texts.
    pub fn of(texts: [&str; 2]) -> Self {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let contents = ["first", "second"].map(|name| folder.path().join(name));
        for (path, text) in contents.iter().zip(texts) {
            fs::write(path, text).expect("the text can be written");
        }
        let file = Self { folder, contents, edits: 0 };
        file.save();
        file
    }

    /// The path of the file.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("config.toml")
    }

    /// Gives the file its other text.
    pub fn edit(&mut self) {
        self.edits += 1;
        self.save();
    }

    /// Replaces the file by one of the same text.
    pub fn save(&self) {
        let neighbour = self.folder.path().join("neighbour");
        fs::hard_link(&self.contents[self.edits % 2], &neighbour).expect("the folder takes a link");
        // A rename over another link of the same file does nothing.
        let _ = fs::remove_file(self.path());
        fs::rename(&neighbour, self.path()).expect("the file can be replaced");
    }
}

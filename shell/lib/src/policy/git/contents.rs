//! The contents of changed files, from one `git cat-file --batch`.
#![expect(clippy::disallowed_methods, reason = "this module is a door to git")]

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Stdio};
use std::slice;
use std::thread::{self, JoinHandle};

use speckit_core::policy::git::{
    BlobHeader, ChangedFile, Changes, GitError, is_lfs_pointer, parse_blob_header,
};

use super::GitRepository;
use super::command::Git;

const COMMAND: &str = "cat-file --batch";
/// How many ids are written before their contents are read: enough that git never waits for the next one, and so few that they fit
/// into the smallest pipe of Linux (one page; pipe(7)). So a write never waits for git while git waits for a read.
const MAX_OUTSTANDING: usize = 32;
/// A header is an id, a type and a size.
const MAX_HEADER_BYTES: u64 = 256;
/// How much of the standard error is kept.
const MAX_STDERR_BYTES: u64 = 64 << 10;

/// The content of a changed file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content {
    /// Its bytes, as they are committed.
    Bytes(Vec<u8>),
    /// A pointer of Git LFS: the content is not in the repository.
    LfsPointer,
    /// More bytes than wanted.
    TooLarge {
        /// How many.
        bytes: u64,
    },
    /// The repository does not have the object.
    Missing,
}

impl GitRepository {
    /// The contents of files, one after another in their order. Larger ones than `max_bytes` are not read into memory.
    ///
    /// # Errors
    /// git cannot be started. A later failure is an item, and the last one.
    pub fn contents<'a>(&self, changes: &'a Changes, max_bytes: u64) -> Result<Contents<'a>, GitError> {
        let batch = if changes.files.is_empty() { None } else { Some(Batch::start(&self.git)?) };
        Ok(Contents { files: changes.files.iter(), unasked: changes.files.iter(), max_bytes, batch })
    }
}

/// Files with their contents; see [`GitRepository::contents`].
#[derive(Debug)]
pub struct Contents<'a> {
    files: slice::Iter<'a, ChangedFile>,
    unasked: slice::Iter<'a, ChangedFile>,
    max_bytes: u64,
    /// `None` at the end, and after a failure.
    batch: Option<Batch>,
}

impl<'a> Iterator for Contents<'a> {
    type Item = Result<(&'a ChangedFile, Content), GitError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.batch.as_mut()?;
        let Some(file) = self.files.next() else {
            return self.batch.take()?.finish().err().map(Err);
        };
        let read =
            Self::ask(batch, &mut self.unasked, self.files.len()).and_then(|()| batch.read(self.max_bytes));
        match read {
            Ok(Some(content)) => Some(Ok((file, content))),
            Ok(None) => {
                self.batch = None;
                Some(Err(GitError::Unexpected { command: COMMAND }))
            }
            Err(error) => {
                let failed = self.batch.take()?.finish().err();
                let reason = error.to_string();
                Some(Err(failed.unwrap_or(GitError::Failed { command: COMMAND, reason })))
            }
        }
    }
}

impl<'a> Contents<'a> {
    /// Writes the next ids. `unread` files come after the one that is read next.
    fn ask(batch: &mut Batch, unasked: &mut slice::Iter<'a, ChangedFile>, unread: usize) -> io::Result<()> {
        let Some(input) = &mut batch.input else { return Ok(()) };
        let outstanding = unread + 1 - unasked.len();
        let ids = unasked.by_ref().take(MAX_OUTSTANDING.saturating_sub(outstanding));
        let lines: String = ids.flat_map(|file| [file.id.as_str(), "\n"]).collect();
        input.write_all(lines.as_bytes())?;
        if unasked.len() == 0 {
            batch.input = None;
        }
        Ok(())
    }
}

/// A running `git cat-file --batch`. Dropping it ends it.
#[derive(Debug)]
struct Batch {
    git: Git,
    child: Child,
    /// `None` once every id is written.
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    stderr: Option<JoinHandle<Vec<u8>>>,
}

impl Batch {
    fn start(git: &Git) -> Result<Self, GitError> {
        let mut command = git.command(&["cat-file", "--batch"]);
        let mut child = git.spawn(command.stdin(Stdio::piped()))?;
        let unexpected = || GitError::Unexpected { command: COMMAND };
        let output = BufReader::new(child.stdout.take().ok_or_else(unexpected)?);
        let (input, stderr) = (child.stdin.take(), child.stderr.take());
        let stderr = stderr.map(|stderr| thread::spawn(move || read_stderr(stderr)));
        Ok(Self { git: git.clone(), child, input, output, stderr })
    }

    /// The content of the next object; `None` if the output has another form.
    fn read(&mut self, max_bytes: u64) -> io::Result<Option<Content>> {
        let mut header = String::new();
        self.output.by_ref().take(MAX_HEADER_BYTES).read_line(&mut header)?;
        if header.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let size = match parse_blob_header(&header) {
            Ok(BlobHeader::Bytes(size)) => size,
            Ok(BlobHeader::Missing) => return Ok(Some(Content::Missing)),
            Err(_) => return Ok(None),
        };
        let is_too_large = size > max_bytes;
        let mut content = Vec::new();
        let mut bytes = self.output.by_ref().take(size);
        let read = if is_too_large {
            io::copy(&mut bytes, &mut io::sink())?
        } else {
            bytes.read_to_end(&mut content)? as u64
        };
        let mut line_end = [0];
        self.output.read_exact(&mut line_end)?;
        Ok(match line_end {
            _ if read != size => None,
            [b'\n'] if is_too_large => Some(Content::TooLarge { bytes: size }),
            [b'\n'] if is_lfs_pointer(&content) => Some(Content::LfsPointer),
            [b'\n'] => Some(Content::Bytes(content)),
            _ => None,
        })
    }

    /// Waits for the end of git.
    fn finish(mut self) -> Result<(), GitError> {
        self.input = None;
        let status = self.child.wait();
        let stderr = self.stderr.take().and_then(|stderr| stderr.join().ok()).unwrap_or_default();
        match status {
            Ok(status) if status.success() => Ok(()),
            _ => Err(self.git.failed(COMMAND, &stderr)),
        }
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.input = None;
        // Both fail if it has ended; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(stderr) = self.stderr.take() {
            let _ = stderr.join();
        }
    }
}

/// The beginning of the standard error. The rest is read too, since git would wait for it.
fn read_stderr(mut stderr: ChildStderr) -> Vec<u8> {
    let mut bytes = Vec::new();
    // What cannot be read is not reported either.
    let _ = stderr.by_ref().take(MAX_STDERR_BYTES).read_to_end(&mut bytes);
    let _ = io::copy(&mut stderr, &mut io::sink());
    bytes
}

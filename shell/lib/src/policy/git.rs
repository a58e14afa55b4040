//! A git repository: what is staged, and what a range or a push changes.
//!
//! git is asked with the environment of this process, so that a hook reads the index of the commit that is being made
//! (`GIT_INDEX_FILE`). No command changes the work tree, the index or the stash.

use std::path::Path;

use speckit_core::policy::git::{Changes, GitError, ObjectId, Range, parse_range};

mod command;
mod contents;
mod hook;
mod message;
mod pushed;

use command::{DIFF_OPTIONS, Git};
pub use contents::{Content, Contents};

/// The repository of a folder.
#[derive(Clone, Debug)]
pub struct GitRepository {
    git: Git,
    has_work_tree: bool,
    is_shallow: bool,
}

impl GitRepository {
    /// Finds the repository as git does from this folder.
    ///
    /// # Errors
    /// There is no repository, it belongs to another user, or git is missing.
    pub fn discover(folder: &Path) -> Result<Self, GitError> {
        const COMMAND: &str = "rev-parse";
        let git = Git::new(folder);
        let output = git.run(COMMAND, &["--is-inside-work-tree", "--is-shallow-repository"])?;
        match output.split(|byte| *byte == b'\n').collect::<Vec<_>>().as_slice() {
            [work_tree, shallow, _] => {
                Ok(Self { has_work_tree: *work_tree == b"true", is_shallow: *shallow == b"true", git })
            }
            _ => Err(GitError::Unexpected { command: COMMAND }),
        }
    }

    /// The folder that it was found from.
    pub fn folder(&self) -> &Path {
        self.git.folder()
    }

    /// The files that the next commit changes, compared with `HEAD`. Their paths are relative to the folder, and files outside it
    /// are left out.
    ///
    /// Within a hook these are the files of the commit that is being made: of `git commit -a`, `--only` or `--amend` too. A path that
    /// is only announced (`git add --intent-to-add`) is not staged.
    ///
    /// # Errors
    /// There is no work tree, or git fails.
    pub fn staged(&self) -> Result<Changes, GitError> {
        if !self.has_work_tree {
            return Err(GitError::NoWorkTree { folder: self.git.folder_text() });
        }
        // The empty order file replaces that of `diff.orderFile`.
        let options = ["--cached", "--relative", "--ita-invisible-in-index", "-O/dev/null"];
        self.changes("diff --cached", &["diff"], &options)
    }

    /// The files that differ between the two revisions of `A..B`, or in `A...B` those that B changed since it left A, as they are in B.
    /// Their paths are relative to the folder, and files outside it are left out.
    ///
    /// Zeros for A stand for a new branch, of which every file is given, and zeros for B for a deleted one, which has none.
    ///
    /// # Errors
    /// The range has another form, a revision is unknown, or it is not in this shallow clone.
    pub fn range(&self, range: &str) -> Result<Changes, GitError> {
        let sides = parse_range(range)?;
        if sides.is_deleted() {
            return Ok(Changes::default());
        }
        let to = self.resolve(&sides.to, "tree")?;
        let from = if sides.is_new() {
            ObjectId::new(&sides.from).map(|id| id.empty_tree().to_string())
        } else if sides.is_from_merge_base {
            Some(self.merge_base(range, &sides)?)
        } else {
            Some(self.resolve(&sides.from, "tree")?)
        };
        let from = from.ok_or_else(|| GitError::InvalidRange { range: range.into() })?;
        self.changes("diff-tree", &["diff-tree", "-r", "--relative"], &[&from, &to])
    }

    /// The files in the output of a diff command.
    fn changes(&self, name: &'static str, command: &[&str], rest: &[&str]) -> Result<Changes, GitError> {
        let arguments = [command, &DIFF_OPTIONS, rest].concat();
        let output = self.git.output(name, &arguments)?;
        Changes::parse(&output).map_err(|_| GitError::Unexpected { command: name })
    }

    /// The id of the object of this kind that a revision names.
    fn resolve(&self, revision: &str, kind: &str) -> Result<String, GitError> {
        let peeled = format!("{revision}^{{{kind}}}");
        let id = self.git.answer("rev-parse", &["rev-parse", "--verify", "--quiet", &peeled])?;
        id.ok_or_else(|| {
            let revision = revision.into();
            if self.is_shallow {
                GitError::Shallow { revision }
            } else {
                GitError::UnknownRevision { revision }
            }
        })
    }

    fn merge_base(&self, range: &str, sides: &Range) -> Result<String, GitError> {
        let (from, to) = (self.resolve(&sides.from, "commit")?, self.resolve(&sides.to, "commit")?);
        let base = self.git.answer("merge-base", &["merge-base", &from, &to])?;
        base.ok_or_else(|| match self.is_shallow {
            true => GitError::Shallow { revision: range.into() },
            false => GitError::NoMergeBase { range: range.into() },
        })
    }
}

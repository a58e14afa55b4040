//! The files that a push changes.

use std::collections::BTreeSet;

use speckit_core::policy::git::{Changes, GitError, ObjectId, PushedRef, changed_paths, parse_pushed};

use super::GitRepository;
use super::command::DIFF_OPTIONS;

const TREES: &str = "diff-tree";
const PATHS: &str = "diff-tree --stdin";

impl GitRepository {
    /// The files that a push changes, as they are in the last commit of each branch. `input` is what git writes to the standard input
    /// of the hook pre-push or pre-receive. Their paths are relative to the top of the work tree.
    ///
    /// These are the files of commits that no remote branch has: those of others that were merged are left out, and of the first push
    /// every file counts. A deleted branch has none.
    ///
    /// # Errors
    /// A line has another form, or git fails.
    pub fn pushed(&self, input: &[u8]) -> Result<Changes, GitError> {
        let mut changes = Changes::default();
        for pushed in parse_pushed(&String::from_utf8_lossy(input))? {
            if let Some(new) = &pushed.new {
                changes.extend(self.pushed_ref(&pushed, new)?);
            }
        }
        Ok(changes)
    }

    fn pushed_ref(&self, pushed: &PushedRef, new: &ObjectId) -> Result<Changes, GitError> {
        // Of a branch that others have pushed to, the last commit is not here until it is fetched.
        let old = match &pushed.old {
            Some(old) => self.resolve(old.as_str(), "commit").ok(),
            None => None,
        };
        if old.is_none() && !self.knows_other_side(pushed.is_received)? {
            return self.every_file(new);
        }
        let paths = self.paths_of_new_commits(new.as_str(), old.as_deref(), pushed.is_received)?;
        let paths = changed_paths(&paths).map_err(|_| GitError::Unexpected { command: PATHS })?;
        if paths.is_empty() {
            return Ok(Changes::default());
        }
        let before = old.unwrap_or_else(|| new.empty_tree().to_string());
        self.changed_among(&before, new, &paths)
    }

    /// Whether any commit is known that the other side has.
    fn knows_other_side(&self, is_received: bool) -> Result<bool, GitError> {
        let arguments: &[&str] = if is_received { &["--count=1"] } else { &["--count=1", "refs/remotes"] };
        self.git.run("for-each-ref", arguments).map(|refs| !refs.is_empty())
    }

    /// The files of a commit. The history of a first push need not be read for them, since each is new. A tag of a file has none.
    fn every_file(&self, new: &ObjectId) -> Result<Changes, GitError> {
        match self.resolve(new.as_str(), "commit") {
            Ok(commit) => {
                let command = ["diff-tree", "-r", "--no-relative"];
                self.changes(TREES, &command, &[new.empty_tree().as_str(), &commit])
            }
            Err(_) => Ok(Changes::default()),
        }
    }

    /// Those of the paths that differ between a tree and a commit.
    fn changed_among(
        &self,
        before: &str,
        new: &ObjectId,
        paths: &BTreeSet<&[u8]>,
    ) -> Result<Changes, GitError> {
        let arguments = [&["diff-tree", "-r", "--no-relative"], &DIFF_OPTIONS[..], &[before, new.as_str()]];
        let output = self.git.output(TREES, &arguments.concat())?;
        let changes = Changes::parse_some(&output, &|path| paths.contains(path));
        changes.map_err(|_| GitError::Unexpected { command: TREES })
    }

    /// The output of `git diff-tree` about the commits that are new on the other side. Of a merge, only the paths that differ from all
    /// its parents count.
    fn paths_of_new_commits(
        &self,
        new: &str,
        old: Option<&str>,
        is_received: bool,
    ) -> Result<Vec<u8>, GitError> {
        let known = if is_received { "--all" } else { "--remotes" };
        let arguments: Vec<_> = [new, "--not", known].into_iter().chain(old).collect();
        let commits = self.git.run("rev-list", &arguments)?;
        if commits.is_empty() {
            return Ok(commits);
        }
        let options =
            ["--raw", "-z", "--no-abbrev", "--no-renames", "--no-relative", "--ignore-submodules=none"];
        let arguments =
            [&["diff-tree", "--stdin", "-r", "-c", "--root", "--no-commit-id"], &options[..]].concat();
        self.git.output_of_input(PATHS, &arguments, &commits)
    }
}

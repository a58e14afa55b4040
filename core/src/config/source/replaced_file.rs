//! What a new file has in common with the one whose place it takes.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::text::{command_line, count};
use crate::tree::{Code, Diagnostic, Key};

/// Who may use a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileAccess {
    /// The id of the user that it belongs to.
    pub user: u32,
    /// The id of its group.
    pub group: u32,
    /// Its permissions, with the set-user-ID, set-group-ID and sticky bits (`chmod(2)`).
    pub mode: u32,
}

impl FileAccess {
    /// The permissions of the file that replaces this one, where the system has given it this user and this group.
    ///
    /// Where one of them could not be kept, the group may do no more than everybody, since it is another group. So it is where the access
    /// control list could not be kept: the bits of the group are then the most that the list permits anybody. A new user or
    /// group does not get the right to act as the old one.
    ///
    /// ```
    /// use speckit_core::config::source::FileAccess;
    /// let old = FileAccess { user: 100, group: 200, mode: 0o640 };
    /// assert_eq!(old.mode_of_new(100, 200, true), 0o640);
    /// assert_eq!(old.mode_of_new(100, 0, true), 0o600);
    /// ```
    pub fn mode_of_new(self, user: u32, group: u32, has_same_list: bool) -> u32 {
        const SET_USER: u32 = 0o4000;
        const SET_GROUP: u32 = 0o2000;
        const GROUP: u32 = 0o070;
        let mut mode = self.mode;
        if user != self.user {
            mode &= !SET_USER;
        }
        if group != self.group {
            mode &= !SET_GROUP;
        }
        if group != self.group || !has_same_list {
            mode &= !GROUP | (mode & 0o007) << 3;
        }
        mode
    }
}

/// A file that was replaced by a new one, as far as the new one differs in more than its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplacedFile {
    /// The access of the old and of the new file, if they differ.
    pub access: Option<(FileAccess, FileAccess)>,
    /// The number of other names (hard links) of the old file.
    pub other_names: u64,
    /// The names of the extended attributes that the new file lacks, such as that of an access control list.
    pub lost_attributes: Vec<String>,
}

impl ReplacedFile {
    /// A warning for each difference, with the command that removes it; `path` is the name of the file.
    pub fn warnings(&self, path: &str) -> Vec<Diagnostic> {
        let warning = |message: String| Diagnostic::warning(Code::FileReplaced, Key::root(), message);
        let access = self.access.filter(|(old, new)| old != new).map(|(old, new)| {
            warning(format!("`{path}` {}", difference(old, new)))
                .help(format!("as a user who may change this: {}", commands(path, old, new).join(" && ")))
        });
        let names = (self.other_names > 0).then(|| {
            let names = count(self.other_names, "other name");
            let verb = if self.other_names == 1 { "keeps" } else { "keep" };
            warning(format!(
                "`{path}` is a new file: {names} of the old one (hard links) {verb} the old content"
            ))
            .help(format!("link each of them again: {} OTHER-NAME", command_line(&["ln", "-f", path])))
        });
        let attributes = (!self.lost_attributes.is_empty()).then(|| {
            let names: Vec<String> = self.lost_attributes.iter().map(|name| format!("`{name}`")).collect();
            let noun = if names.len() == 1 { "attribute" } else { "attributes" };
            warning(format!("`{path}` has lost the extended {noun} {}", names.join(", ")))
                .help("set access control lists with setfacl, and other attributes with setfattr")
        });
        [access, names, attributes].into_iter().flatten().collect()
    }
}

/// How the access of two files differs.
fn difference(old: FileAccess, new: FileAccess) -> String {
    let mut parts = Vec::new();
    if old.user != new.user {
        parts.push(format!("belonged to user {} and belongs to user {} now", old.user, new.user));
    }
    if old.group != new.group {
        parts.push(format!("had the group {} and has the group {} now", old.group, new.group));
    }
    if old.mode != new.mode {
        parts.push(format!("had the mode {:04o} and has the mode {:04o} now", old.mode, new.mode));
    }
    parts.join("; it ")
}

/// The commands that give a file its old access.
fn commands(path: &str, old: FileAccess, new: FileAccess) -> Vec<String> {
    let mut commands = Vec::new();
    if (old.user, old.group) != (new.user, new.group) {
        commands.push(command_line(&["chown", &format!("{}:{}", old.user, old.group), path]));
    }
    if old.mode != new.mode {
        commands.push(command_line(&["chmod", &format!("{:04o}", old.mode), path]));
    }
    commands
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    const OLD: FileAccess = FileAccess { user: 100, group: 200, mode: 0o640 };

    #[test]
    fn another_group_may_do_what_everybody_may() {
        for (mode, expected) in
            [(0o640, 0o600), (0o664, 0o644), (0o604, 0o604), (0o777, 0o777), (0o2750, 0o700)]
        {
            assert_eq!(FileAccess { mode, ..OLD }.mode_of_new(100, 0, true), expected, "{mode:o}");
        }
    }

    #[test]
    fn without_its_access_control_list_the_mask_is_no_permission_of_the_group() {
        assert_eq!(OLD.mode_of_new(100, 200, false), 0o600);
        assert_eq!(OLD.mode_of_new(100, 200, true), 0o640);
    }

    #[test]
    fn nobody_gets_the_right_to_act_as_the_new_user_or_group() {
        let old = FileAccess { mode: 0o6755, ..OLD };
        assert_eq!(old.mode_of_new(100, 200, true), 0o6755);
        assert_eq!(old.mode_of_new(0, 200, true), 0o2755);
        assert_eq!(old.mode_of_new(100, 0, true), 0o4755);
        assert_eq!(old.mode_of_new(0, 0, true), 0o755);
    }

    #[test]
    fn a_file_that_differs_in_its_content_only_has_no_warning() {
        assert_eq!(ReplacedFile::default().warnings("a.toml"), []);
        let same = ReplacedFile { access: Some((OLD, OLD)), ..ReplacedFile::default() };
        assert_eq!(same.warnings("a.toml"), []);
    }

    #[test]
    fn each_difference_has_a_warning_with_the_command_that_removes_it() {
        let new = FileAccess { user: 0, group: 0, mode: 0o600 };
        let replaced = ReplacedFile {
            access: Some((OLD, new)),
            other_names: 2,
            lost_attributes: vec!["user.a".into(), "system.posix_acl_access".into()],
        };
        let warnings = replaced.warnings("a b.toml");
        let texts =
            warnings.iter().map(|warning| (warning.message.as_str(), warning.help.as_deref().unwrap()));
        assert_eq!(
            texts.collect::<Vec<_>>(),
            [
                (
                    "`a b.toml` belonged to user 100 and belongs to user 0 now; it had the group 200 and has the group 0 now; \
                     it had the mode 0640 and has the mode 0600 now",
                    "as a user who may change this: chown 100:200 'a b.toml' && chmod 0640 'a b.toml'"
                ),
                (
                    "`a b.toml` is a new file: 2 other names of the old one (hard links) keep the old content",
                    "link each of them again: ln -f 'a b.toml' OTHER-NAME"
                ),
                (
                    "`a b.toml` has lost the extended attributes `user.a`, `system.posix_acl_access`",
                    "set access control lists with setfacl, and other attributes with setfattr"
                ),
            ]
        );
    }
}

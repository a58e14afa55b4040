//! What git writes to the standard input of the hooks that run before a push.

use alloc::string::String;
use alloc::vec::Vec;

use super::error::GitError;
use super::object::ObjectId;

/// A ref that a push changes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PushedRef {
    /// Its name on the other side, such as `refs/heads/main`.
    pub name: String,
    /// What it points to before; `None` if it is new.
    pub old: Option<ObjectId>,
    /// What it points to afterwards; `None` if it is deleted.
    pub new: Option<ObjectId>,
    /// Whether this repository receives the push, rather than sends it.
    pub is_received: bool,
}

/// Reads the lines of pre-push, `<local ref> SP <local id> SP <remote ref> SP <remote id>`, and those of pre-receive,
/// `<old id> SP <new id> SP <ref>` (githooks(5)).
///
/// # Errors
/// [`GitError::PushLine`]: a line has another form.
///
/// ```
/// use speckit_core::policy::git::parse_pushed;
/// let id = "0cfbf08886fca9a91cb753ec8734c84fcbe52c9f";
/// let none = "0".repeat(40);
/// let pushed = parse_pushed(&format!("refs/heads/a {id} refs/heads/b {none}\n")).unwrap();
/// assert_eq!(pushed[0].name, "refs/heads/b");
/// assert_eq!(pushed[0].old, None);
/// ```
pub fn parse_pushed(input: &str) -> Result<Vec<PushedRef>, GitError> {
    let parsed = |line: &str| parse_line(line).ok_or_else(|| GitError::PushLine { line: line.into() });
    input.lines().filter(|line| !line.is_empty()).map(parsed).collect()
}

fn parse_line(line: &str) -> Option<PushedRef> {
    let present = |id: ObjectId| Some(id).filter(|id| !id.is_null());
    let (front, last) = line.rsplit_once(' ')?;
    let (front, middle) = front.rsplit_once(' ')?;
    if let Some(old) = ObjectId::new(last) {
        // The local ref is what the user typed, and may contain blanks: `HEAD@{1 day ago}`.
        let (_, new) = front.rsplit_once(' ')?;
        let new = ObjectId::new(new)?;
        return Some(PushedRef {
            name: middle.into(),
            old: present(old),
            new: present(new),
            is_received: false,
        });
    }
    let (old, new) = (ObjectId::new(front)?, ObjectId::new(middle)?);
    Some(PushedRef { name: last.into(), old: present(old), new: present(new), is_received: true })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    const NULL: &str = "0000000000000000000000000000000000000000";
    const ONE: &str = "1111111111111111111111111111111111111111";
    const TWO: &str = "2222222222222222222222222222222222222222";

    fn parsed(line: &str) -> (String, bool, bool, bool) {
        let pushed = parse_pushed(line).unwrap();
        assert_eq!(pushed.len(), 1);
        let PushedRef { name, old, new, is_received } = pushed[0].clone();
        (name, old.is_some(), new.is_some(), is_received)
    }

    #[test]
    fn new_changed_and_deleted_branches_are_told_apart() {
        let of = |local: &str, new: &str, old: &str| parsed(&format!("{local} {new} refs/heads/b {old}\n"));
        let name = || String::from("refs/heads/b");
        assert_eq!(of("refs/heads/a", ONE, TWO), (name(), true, true, false));
        assert_eq!(of("refs/heads/a", ONE, NULL), (name(), false, true, false));
        assert_eq!(of("(delete)", NULL, TWO), (name(), true, false, false));
        assert_eq!(of("HEAD@{1 day ago}", ONE, TWO), (name(), true, true, false));
    }

    #[test]
    fn the_lines_of_pre_receive_have_three_fields() {
        assert_eq!(parsed(&format!("{NULL} {ONE} refs/heads/b")), ("refs/heads/b".into(), false, true, true));
        assert_eq!(parsed(&format!("{ONE} {NULL} refs/heads/b")), ("refs/heads/b".into(), true, false, true));
    }

    #[test]
    fn nothing_is_pushed_without_lines() {
        assert_eq!(parse_pushed(""), Ok(Vec::new()));
        assert_eq!(parse_pushed("\n"), Ok(Vec::new()));
    }

    #[test]
    fn a_line_of_another_form_is_refused() {
        for wrong in ["x", "a b c", "a b c d", &format!("{ONE} refs/heads/b"), &format!("a {ONE} {TWO}")] {
            let line = String::from(wrong);
            assert_eq!(parse_pushed(wrong), Err(GitError::PushLine { line }));
        }
    }
}

//! For each watched path: the entries of folders whose change can change its content.
//!
//! The content at a path changes when the file changes, or when any part of its path does: a replaced folder, a link with a
//! new target, a folder that is created later.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::ops::Bound::{Included, Unbounded};
use std::path::{Component, Path, PathBuf};

/// As many links as Linux follows in one path; more are a loop.
const MAX_LINKS: usize = 40;

/// The kind of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PathKind {
    /// Missing or not accessible.
    Nothing,
    /// A link with its target; a relative target starts in the link's folder.
    Link(PathBuf),
    /// A folder.
    Folder,
    /// A file or anything else.
    File,
}

/// The folders on the way to the watched paths, with the names that matter in each. The key is the real path of a folder,
/// with links resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Interests {
    folders: BTreeMap<PathBuf, Interest>,
    files: BTreeSet<PathBuf>,
}

/// The names that matter in a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Interest {
    names: BTreeSet<OsString>,
    any_name: bool,
    has_direct_target: bool,
}

impl Interests {
    /// Resolves each of the absolute `paths`, and collects the names on the way. Each path is looked up once.
    pub(super) fn of(paths: &[PathBuf], look: impl Fn(&Path) -> PathKind) -> Self {
        let mut interests = Self::default();
        let mut seen = BTreeMap::<PathBuf, PathKind>::new();
        for path in paths {
            interests.walk(path, |place| seen.entry(place.to_owned()).or_insert_with(|| look(place)).clone());
        }
        interests
    }

    /// The folders, parents first.
    pub(super) fn folders(&self) -> impl Iterator<Item = (&Path, &Interest)> {
        self.folders.iter().map(|(folder, interest)| (folder.as_path(), interest))
    }

    /// The real paths of the existing files.
    pub(super) fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(PathBuf::as_path)
    }

    /// Whether a change at `path` may matter.
    pub(super) fn matches(&self, path: &Path) -> bool {
        let in_folder = || {
            let interest = self.folders.get(path.parent()?)?;
            Some(interest.matches(path.file_name()?))
        };
        self.folders.contains_key(path) || in_folder() == Some(true)
    }

    /// Whether one of the folders is `path`, or is below it.
    pub(super) fn are_below(&self, path: &Path) -> bool {
        // Paths are ordered by their components: so the content of a folder follows directly after the folder.
        let next = self.folders.range::<Path, _>((Included(path), Unbounded)).next();
        next.is_some_and(|(folder, _)| folder.starts_with(path))
    }

    /// Whether there is a name that `before` does not have.
    pub(super) fn has_names_missing_in(&self, before: &Self) -> bool {
        self.folders.iter().any(|(folder, interest)| {
            before.folders.get(folder).is_none_or(|known| {
                !known.any_name && (interest.any_name || !interest.names.is_subset(&known.names))
            })
        })
    }

    /// Moves the names of the folder `twin` to `folder`, which is the same folder at another path.
    pub(super) fn merge_folder(&mut self, twin: &Path, folder: &Path) {
        let Some(of_twin) = self.folders.remove(twin) else { return };
        let interest = self.folders.entry(folder.into()).or_default();
        interest.names.extend(of_twin.names);
        interest.any_name |= of_twin.any_name;
        interest.has_direct_target |= of_twin.has_direct_target;
    }

    fn walk(&mut self, path: &Path, mut look: impl FnMut(&Path) -> PathKind) {
        let mut real = PathBuf::new();
        let mut remaining = names_backwards(path);
        let mut hops = 0;
        while let Some(name) = remaining.pop() {
            match Path::new(&name).components().next() {
                Some(Component::Normal(_)) => {}
                Some(Component::ParentDir) => {
                    real.pop();
                    continue;
                }
                Some(Component::CurDir) | None => continue,
                Some(Component::RootDir | Component::Prefix(_)) => {
                    real.push(name);
                    continue;
                }
            }
            let place = real.join(&name);
            let interest = self.folders.entry(real.clone()).or_default();
            interest.names.insert(name);
            match look(&place) {
                PathKind::Folder => real = place,
                PathKind::Link(target) if hops < MAX_LINKS => {
                    interest.has_direct_target = true;
                    hops += 1;
                    remaining.extend(names_backwards(&target));
                }
                PathKind::File if remaining.is_empty() => {
                    interest.has_direct_target = true;
                    self.files.insert(place);
                    return;
                }
                PathKind::Link(_) | PathKind::File | PathKind::Nothing => {
                    interest.has_direct_target = true;
                    return;
                }
            }
        }
        let folder = self.folders.entry(real).or_default();
        folder.any_name = true;
        folder.has_direct_target = true;
    }
}

impl Interest {
    /// Whether this folder is a watched path, or directly contains its file, a link on the way, or its first missing name.
    pub(super) fn has_direct_target(&self) -> bool {
        self.has_direct_target
    }

    fn matches(&self, name: &OsStr) -> bool {
        // On these systems, events may have the name in another case.
        let ignores_case = cfg!(any(windows, target_os = "macos"));
        self.any_name
            || self.names.contains(name)
            || (ignores_case && self.names.iter().any(|known| known.eq_ignore_ascii_case(name)))
    }
}

fn names_backwards(path: &Path) -> Vec<OsString> {
    let mut names = path.components().map(|name| name.as_os_str().to_owned()).collect::<Vec<_>>();
    names.reverse();
    names
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// A tree of folders (`/a/`), files (`/a`) and links (`/a -> b`) with their parents.
    fn tree(lines: &str) -> BTreeMap<PathBuf, PathKind> {
        let mut tree = BTreeMap::new();
        for line in lines.split_whitespace().collect::<Vec<_>>().join(" ").replace(" -> ", ">").split(' ') {
            let (path, found) = match line.split_once('>') {
                Some((path, target)) => (path, PathKind::Link(target.into())),
                None if line.ends_with('/') => (line.trim_end_matches('/'), PathKind::Folder),
                None => (line, PathKind::File),
            };
            for folder in Path::new(path).ancestors().skip(1) {
                tree.insert(folder.into(), PathKind::Folder);
            }
            tree.insert(path.into(), found);
        }
        tree
    }

    /// The folders with their names (`*`: any); `!` marks a folder with a direct target, `=` a file.
    fn interests(lines: &str, paths: &[&str]) -> String {
        let tree = tree(lines);
        let look = |path: &Path| tree.get(path).cloned().unwrap_or(PathKind::Nothing);
        let paths = paths.iter().map(PathBuf::from).collect::<Vec<_>>();
        let interests = Interests::of(&paths, look);
        let lines = interests.folders().map(|(folder, interest)| {
            let names = interest.names.iter().map(|name| format!(" {}", name.display())).collect::<String>();
            let close = if interest.has_direct_target() { "!" } else { "" };
            format!("{close}{}:{names}{}", folder.display(), if interest.any_name { " *" } else { "" })
        });
        let files = interests.files().map(|file| format!("= {}", file.display()));
        lines.chain(files).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn each_folder_on_the_way_has_the_names_that_matter() {
        for (case, tree, paths, expected) in [
            (
                "the next name in each folder",
                "/etc/app/a.toml",
                &["/etc/app/a.toml"][..],
                "/: etc\n/etc: app\n!/etc/app: a.toml\n= /etc/app/a.toml",
            ),
            (
                "two files share their folders",
                "/etc/a /etc/b",
                &["/etc/b", "/etc/./a", "/etc/x/../a"],
                "/: etc\n!/etc: a b x\n= /etc/a\n= /etc/b",
            ),
            ("a folder", "/etc/conf.d/", &["/etc/conf.d"], "/: etc\n/etc: conf.d\n!/etc/conf.d: *"),
            ("the root", "/etc/", &["/"], "!/: *"),
            ("the first missing name", "/etc/", &["/etc/app/conf/a.toml"], "/: etc\n!/etc: app"),
            ("a file instead of a folder", "/etc/app", &["/etc/app/a.toml"], "/: etc\n!/etc: app"),
            (
                "each link of a Kubernetes volume",
                "/cfg/..2024_1/app.toml /cfg/..data -> ..2024_1 /cfg/app.toml -> ..data/app.toml",
                &["/cfg/app.toml"],
                "/: cfg\n!/cfg: ..2024_1 ..data app.toml\n!/cfg/..2024_1: app.toml\n= /cfg/..2024_1/app.toml",
            ),
            (
                "a link in the middle",
                "/srv/releases/42/conf/a.toml /srv/current -> releases/42",
                &["/srv/current/conf/a.toml"],
                "/: srv\n!/srv: current releases\n/srv/releases: 42\n/srv/releases/42: conf\n\
                 !/srv/releases/42/conf: a.toml\n= /srv/releases/42/conf/a.toml",
            ),
            (
                "absolute links, and `..` from the real folder",
                "/opt/v2/etc/ /opt/v2/common.toml /app -> /opt/v2/etc /opt/v2/etc/a.toml -> ../common.toml",
                &["/app/a.toml"],
                "!/: app opt\n/opt: v2\n!/opt/v2: common.toml etc\n!/opt/v2/etc: a.toml\n= /opt/v2/common.toml",
            ),
            ("a link to a missing target", "/a -> b/c", &["/a"], "!/: a b"),
            ("a loop of two links", "/a -> b /b -> a", &["/a"], "!/: a b"),
            ("a link into itself", "/a -> a/a", &["/a/x"], "!/: a"),
        ] {
            assert_eq!(interests(tree, paths), expected, "{case}");
        }
    }

    #[test]
    fn forty_links_are_followed_and_no_more() {
        let chain = |links: usize| {
            let links = (0..links).map(|n| format!("/l{n} -> l{}", n + 1));
            links.collect::<Vec<_>>().join(" ")
        };
        let ends = |links| interests(&format!("{} /l{links}", chain(links)), &["/l0"]).contains("= ");
        assert!(ends(40) && !ends(41));
    }

    #[test]
    fn each_path_is_looked_up_once() {
        let looked = RefCell::new(Vec::new());
        let tree = tree("/etc/conf.d/a.toml /etc/conf.d/b.toml");
        let paths = ["/etc/conf.d", "/etc/conf.d/a.toml", "/etc/conf.d/b.toml"].map(PathBuf::from);
        Interests::of(&paths, |path| {
            looked.borrow_mut().push(path.to_owned());
            tree.get(path).cloned().unwrap_or(PathKind::Nothing)
        });
        let places = ["/etc", "/etc/conf.d", "/etc/conf.d/a.toml", "/etc/conf.d/b.toml"].map(PathBuf::from);
        assert_eq!(looked.into_inner(), places);
    }

    fn of(lines: &str, paths: &[&str]) -> Interests {
        let tree = tree(lines);
        let paths = paths.iter().map(PathBuf::from).collect::<Vec<_>>();
        Interests::of(&paths, |path| tree.get(path).cloned().unwrap_or(PathKind::Nothing))
    }

    #[test]
    fn only_names_that_matter_match() {
        let interests = of("/etc/app/a.toml /etc/conf.d/", &["/etc/app/a.toml", "/etc/conf.d"]);
        for path in ["/", "/etc", "/etc/app", "/etc/app/a.toml", "/etc/conf.d", "/etc/conf.d/new"] {
            assert!(interests.matches(Path::new(path)), "{path}");
        }
        for path in ["/var", "/etc/passwd", "/etc/app/a.toml~", "/etc/app/b/a.toml", "/etc/conf.d/x/y", ""] {
            assert!(!interests.matches(Path::new(path)), "{path}");
        }
    }

    #[test]
    fn a_parent_of_a_watched_folder_is_compared_by_whole_names() {
        let interests = of("/etc/app/v1/a.toml", &["/etc/app/v1/a.toml"]);
        for path in ["/", "/etc", "/etc/app", "/etc/app/v1"] {
            assert!(interests.are_below(Path::new(path)), "{path}");
        }
        for path in ["/etc/app/v1/a.toml", "/etc/ap", "/etc/app/v", "/etc/app/v0", "/zzz"] {
            assert!(!interests.are_below(Path::new(path)), "{path}");
        }
    }

    #[test]
    fn only_a_new_name_is_missing_in_the_names_before() {
        let one = of("/a /b", &["/a"]);
        let both = of("/a /b", &["/a", "/b"]);
        let any = of("/a", &["/a", "/"]);
        assert!(
            both.has_names_missing_in(&one)
                && any.has_names_missing_in(&one)
                && one.has_names_missing_in(&Interests::default())
        );
        assert!(
            !one.has_names_missing_in(&both)
                && !both.has_names_missing_in(&both)
                && !one.has_names_missing_in(&any)
        );
    }

    #[test]
    fn a_folder_at_two_paths_becomes_one_with_the_names_of_both() {
        let mut interests = of("/m/a /n/b", &["/m/a", "/n/b"]);
        interests.merge_folder(Path::new("/n"), Path::new("/m"));
        assert!(interests.matches(Path::new("/m/b")) && interests.matches(Path::new("/m/a")));
        assert_eq!(
            interests.folders().map(|(folder, _)| folder).collect::<Vec<_>>(),
            [Path::new("/"), Path::new("/m")]
        );
    }
}

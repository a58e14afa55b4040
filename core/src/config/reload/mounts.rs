//! The filesystem of a path, from the text of `/proc/self/mountinfo` (proc_pid_mountinfo(5)), and whether the system's
//! file events are complete there.
//!
//! ```
//! use speckit_core::config::reload::mounts::Mounts;
//! let mounts = Mounts::parse(
//!     "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n\
//!      41 27 0:38 /etc /srv/app\\040data rw,relatime shared:7 - nfs4 files:/etc rw\n",
//! );
//! let mount = mounts.of("/srv/app data/app.toml").unwrap();
//! assert_eq!((mount.point(), mount.filesystem()), ("/srv/app data", "nfs4"));
//! assert!(!mount.reports_changes_made_elsewhere());
//! assert!(mounts.of("/etc/app.toml").unwrap().reports_changes_made_elsewhere());
//! ```

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

/// All mounts, in the order of mounting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mounts(Vec<Mount>);

/// One mounted filesystem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    point: String,
    filesystem: String,
}

impl Mounts {
    /// The mounts in the text of `/proc/self/mountinfo`. Malformed lines are skipped.
    pub fn parse(mountinfo: &str) -> Self {
        Self(mountinfo.lines().filter_map(Mount::parse).collect())
    }

    /// The mount that an absolute path without links is on: the one with the longest mount point that leads to
    /// it, and of several at the same point the last, which hides the others.
    pub fn of(&self, path: &str) -> Option<&Mount> {
        let leading = self.0.iter().filter(|mount| mount.leads_to(path));
        leading.max_by_key(|mount| mount.point.len())
    }
}

impl Mount {
    /// Where it is mounted, as an absolute path.
    pub fn point(&self) -> &str {
        &self.point
    }

    /// The type of the filesystem, such as `ext4` or `fuse.sshfs`.
    pub fn filesystem(&self) -> &str {
        &self.filesystem
    }

    /// Whether `path` itself is the mount point. If it is a file, it was mounted as a single file.
    pub fn is_at(&self, path: &str) -> bool {
        self.point == path
    }

    /// Whether changes made by other machines or processes arrive as events of the system.
    ///
    /// inotify(7): "Inotify reports only events that a user-space program triggers through the filesystem API. As
    /// a result, it does not catch remote events that occur on network filesystems." So it is with every
    /// filesystem that another kernel or a process behind FUSE may change: those of networks and clusters, and
    /// folders that a virtual machine shares with its host.
    pub fn reports_changes_made_elsewhere(&self) -> bool {
        match self.filesystem.as_str() {
            // These go through FUSE too, but nobody else changes them: a local disk, and the root of a container.
            "fuseblk" | "fuse.fuse-overlayfs" => true,
            "nfs" | "nfs4" | "cifs" | "smb2" | "smb3" | "smbfs" | "ncpfs" | "afs" | "coda" | "davfs" => false,
            "ceph" | "glusterfs" | "lustre" | "gpfs" | "beegfs" | "pvfs2" | "orangefs" | "ocfs2" | "gfs2" => {
                false
            }
            "9p" | "virtiofs" | "vboxsf" | "vmhgfs" | "prl_fs" | "drvfs" | "fakeowner" | "osxfs" => false,
            other => other != "fuse" && !other.starts_with("fuse."),
        }
    }

    /// A line such as `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`.
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split(' ');
        let point = unescaped(fields.nth(4)?);
        // The options of the mount, and optional fields up to the hyphen.
        let filesystem = fields.skip(1).skip_while(|field| *field != "-").nth(1)?;
        let is_whole = point.starts_with('/') && !filesystem.is_empty();
        is_whole.then(|| Self { point, filesystem: unescaped(filesystem) })
    }

    fn leads_to(&self, path: &str) -> bool {
        let Some(rest) = path.strip_prefix(&self.point) else { return false };
        rest.is_empty() || rest.starts_with('/') || self.point.ends_with('/')
    }
}

/// A field without its escapes: a space, tab, line feed or backslash is written as a backslash and three octal digits.
fn unescaped(field: &str) -> String {
    let mut parts = field.split('\\');
    let mut plain = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let code = part.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok()).filter(u8::is_ascii);
        match (code, part.get(3..)) {
            (Some(code), Some(rest)) => {
                plain.push(char::from(code));
                plain.push_str(rest);
            }
            _ => {
                plain.push('\\');
                plain.push_str(part);
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A container: its root, a folder of the host in it, a file of the host, and a share.
    const CONTAINER: &str = "\
612 480 0:52 / / rw,relatime master:181 - overlay overlay rw,lowerdir=/l,upperdir=/u,workdir=/w
613 612 0:55 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
640 612 254:1 /srv/conf /etc/app rw,relatime shared:3 master:4 - xfs /dev/vda1 rw,attr2
641 640 254:1 /srv/app.toml /etc/app/app.toml rw,relatime - xfs /dev/vda1 rw,attr2
642 612 0:60 / /etc/app\\040two/a\\134b rw - fuse.sshfs me@host:/ rw,user_id=0
";

    fn at<'a>(mounts: &'a Mounts, path: &str) -> (&'a str, &'a str) {
        let mount = mounts.of(path).unwrap();
        (mount.point(), mount.filesystem())
    }

    #[test]
    fn a_path_is_on_the_mount_with_the_longest_point_by_whole_names() {
        let mounts = Mounts::parse(CONTAINER);
        for (path, point, filesystem) in [
            ("/", "/", "overlay"),
            ("/etc/app.toml", "/", "overlay"),
            ("/etc/app", "/etc/app", "xfs"),
            ("/etc/app/conf.d/x.toml", "/etc/app", "xfs"),
            ("/etc/application/x.toml", "/", "overlay"),
            ("/etc/app/app.toml", "/etc/app/app.toml", "xfs"),
            ("/etc/app/app.toml.bak", "/etc/app", "xfs"),
            ("/etc/app two/a\\b/c", "/etc/app two/a\\b", "fuse.sshfs"),
        ] {
            assert_eq!(at(&mounts, path), (point, filesystem), "{path}");
        }
    }

    #[test]
    fn a_single_file_mount_differs_from_a_file_in_a_mounted_folder() {
        let mounts = Mounts::parse(CONTAINER);
        let is_mounted = |path| mounts.of(path).unwrap().is_at(path);
        assert!(is_mounted("/etc/app/app.toml") && is_mounted("/etc/app"));
        assert!(!is_mounted("/etc/app/other.toml") && !is_mounted("/etc/app.toml"));
    }

    #[test]
    fn the_last_mount_at_a_point_hides_the_others() {
        let mounts = Mounts::parse(
            "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n\
             2 1 0:9 / /data rw - nfs4 host:/ rw\n\
             3 1 0:9 / /data rw - tmpfs tmpfs rw\n",
        );
        assert_eq!(at(&mounts, "/data/a.toml"), ("/data", "tmpfs"));
    }

    #[test]
    fn a_hyphen_as_a_path_does_not_end_the_optional_fields() {
        let mounts = Mounts::parse("1 0 8:1 - /- - - ext4 - rw\n2 1 8:1 / /b - a:1 b:2 - xfs /dev/b rw\n");
        assert_eq!(at(&mounts, "/-/x"), ("/-", "ext4"));
        assert_eq!(at(&mounts, "/b"), ("/b", "xfs"));
    }

    #[test]
    fn malformed_lines_are_skipped() {
        for text in
            ["", "\n \n", "1 2 3:4 / /a", "1 2 3:4 / /a rw", "1 2 3:4 / /a rw -", "1 2 3:4 / a rw - b c"]
        {
            assert_eq!(Mounts::parse(text), Mounts::default(), "{text:?}");
        }
        let mounts = Mounts::parse("nonsense\n1 0 8:1 / / rw - ext4 /dev/sda1 rw\n1 2\n");
        assert_eq!(at(&mounts, "/x"), ("/", "ext4"));
        assert_eq!(mounts.of("relative/x"), None);
    }

    #[test]
    fn only_complete_octal_escapes_are_decoded() {
        for (field, plain) in [
            ("/a\\040b\\011c\\012d\\134e", "/a b\tc\nd\\e"),
            ("/a\\04", "/a\\04"),
            ("/a\\", "/a\\"),
            ("/a\\999", "/a\\999"),
            ("/a\\777", "/a\\777"),
            ("/a\\ünü", "/a\\ünü"),
            ("/ü\\040ü", "/ü ü"),
            ("/a\\\\040", "/a\\ "),
        ] {
            assert_eq!(unescaped(field), plain, "{field}");
        }
    }

    #[test]
    fn remote_and_shared_filesystems_do_not_report_changes_made_elsewhere() {
        let reports = |filesystem: &str| {
            Mount { point: "/".into(), filesystem: filesystem.into() }.reports_changes_made_elsewhere()
        };
        for local in "ext4 xfs btrfs tmpfs overlay zfs fuseblk fusectl f2fs vfat ntfs3".split(' ') {
            assert!(reports(local), "{local}");
        }
        let remote = "nfs nfs4 cifs smb3 smbfs 9p fuse fuse.sshfs fuse.rclone vboxsf prl_fs afs ceph glusterfs lustre \
                      virtiofs drvfs fakeowner";
        for remote in remote.split(' ') {
            assert!(!reports(remote), "{remote}");
        }
    }
}

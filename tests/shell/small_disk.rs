//! A small disk that tests fill, or make read-only.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

/// A file system in memory, which only the administrator can mount. Dropping it unmounts it.
pub struct SmallDisk {
    path: PathBuf,
}

impl SmallDisk {
    /// Mounts it at a folder, which is created; `None` where this process may not.
    pub fn mount(path: &Path, kibibytes: u32) -> Option<Self> {
        std::fs::create_dir_all(path).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={kibibytes}k,mode=700"), "tmpfs"]).arg(path);
        if mount.output().is_ok_and(|output| output.status.success()) {
            Some(Self { path: path.into() })
        } else {
            println!("skipped: it needs mount(8), and the right to use it");
            None
        }
    }

    /// Leaves so many bytes free.
    pub fn fill(&self, free: usize) {
        let mut filler = File::create(self.filler()).unwrap();
        while filler.write_all(&[0; 4096]).is_ok() {}
        filler.set_len(filler.metadata().unwrap().len() - u64::try_from(free).unwrap()).unwrap();
    }

    /// Makes it readable only.
    pub fn protect(&self) {
        let begun = Instant::now();
        // The child of another test has the files of this process until it executes its program.
        while !Command::new("mount")
            .args(["-o", "remount,ro"])
            .arg(&self.path)
            .output()
            .unwrap()
            .status
            .success()
        {
            assert!(begun.elapsed() < Duration::from_secs(60), "something writes to it");
            thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn free(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    fn filler(&self) -> PathBuf {
        self.path.join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.path).status();
    }
}

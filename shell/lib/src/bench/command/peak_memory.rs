//! The peak memory of a run, and the smallest peak that this process can see.

use crate::os::documents;

/// The most memory that a run had in use at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PeakMemory {
    /// Its resident memory.
    pub bytes: u64,
    /// Whether this is only an upper bound: a new process inherits the peak of the process that starts it (Linux), so a run that needs
    /// less than this process cannot be seen.
    pub is_floor: bool,
}

impl PeakMemory {
    /// The peak that the system reports for a child (`ru_maxrss`).
    pub(super) fn of_child(max_rss: i64, floor_bytes: u64) -> Self {
        // getrusage(2): kilobytes on Linux, bytes on macOS.
        let unit = if cfg!(target_vendor = "apple") { 1 } else { 1024 };
        let bytes = u64::try_from(max_rss).unwrap_or(0).saturating_mul(unit);
        Self { bytes, is_floor: bytes <= floor_bytes }
    }
}

/// The peak memory of this process so far, which its children inherit. 0 on systems where they do not.
pub(super) fn floor_bytes() -> u64 {
    let status = documents::status_of_process().unwrap_or_default();
    high_water_mark(&status).unwrap_or(0)
}

/// The line `VmHWM` of proc_pid_status(5), in bytes.
fn high_water_mark(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes = line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_high_water_mark_is_read_in_bytes() {
        assert_eq!(
            high_water_mark("VmPeak:\t 9000 kB\nVmHWM:\t    8312 kB\nVmRSS:\t 1 kB\n"),
            Some(8312 * 1024)
        );
        for text in ["", "VmHWM:\n", "VmHWM: x kB\n", "VmHWM: 18446744073709551615 kB\n"] {
            assert_eq!(high_water_mark(text), None, "{text}");
        }
    }

    #[test]
    fn a_peak_at_or_below_the_floor_is_marked() {
        let peak = |kibibytes: i64| PeakMemory::of_child(kibibytes, 8 << 20);
        if cfg!(target_os = "linux") {
            assert_eq!(peak(8192), PeakMemory { bytes: 8 << 20, is_floor: true });
            assert_eq!(peak(8193), PeakMemory { bytes: (8 << 20) + 1024, is_floor: false });
        }
        assert_eq!(peak(-1), PeakMemory { bytes: 0, is_floor: true });
    }
}

//! The peak memory of a run, and the smallest peak that this process can see.

use crate::os::documents;

/// The least peak memory of a command that this process can measure; `None` on systems without such a limit.
///
/// On Linux a new process inherits the peak memory of the process that starts it. A lower peak is therefore not visible. The floor rises
/// while this process uses more memory: read it after the runs.
pub fn memory_floor_bytes() -> Option<u64> {
    high_water_mark(&documents::status_of_process().ok()?)
}

/// The line `VmHWM` of proc_pid_status(5), in bytes.
fn high_water_mark(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib = line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?;
    kib.checked_mul(1024)
}

/// The peak that the system reports for a child (`ru_maxrss`), in bytes.
pub(super) fn peak_bytes(max_rss: i64) -> Option<u64> {
    // getrusage(2): kilobytes on Linux, bytes on macOS.
    let unit = if cfg!(target_vendor = "apple") { 1 } else { 1024 };
    u64::try_from(max_rss).ok()?.checked_mul(unit)
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
}

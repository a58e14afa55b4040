//! What the system says about the machine.

use speckit_core::bench::Machine;

use crate::os::documents::machine_file;

/// This machine: its processor, cores, memory and system. On systems other than Linux most of it is unknown.
pub fn machine() -> Machine {
    let read = |path| machine_file(path).unwrap_or_default();
    let release = read("/proc/sys/kernel/osrelease");
    let system = machine_file("/proc/sys/kernel/ostype").unwrap_or_else(|| std::env::consts::OS.to_owned());
    let mut machine = Machine::of_linux(&read("/proc/cpuinfo"), &read("/proc/meminfo"), &system, &release);
    let cores = std::thread::available_parallelism().ok().and_then(|cores| u32::try_from(cores.get()).ok());
    machine.cores = machine.cores.or(cores);
    machine
}

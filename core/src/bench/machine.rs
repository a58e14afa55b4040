//! The machine of a measurement.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt;

use crate::text::{count, size};

/// The machine of a measurement: only what stays the same over a restart. Two baselines are compared if their machines are equal.
///
/// A field that the system does not report is `None`.
///
/// ```
/// use speckit_core::bench::{Machine, MachineField};
/// let cpuinfo = "processor\t: 0\nmodel name\t: AMD EPYC 7B13\nbogomips\t: 4899.99\n\nprocessor\t: 1\nmodel name\t: AMD EPYC 7B13\n";
/// let machine = Machine::of_linux(cpuinfo, "MemTotal:       16289312 kB\n", "Linux", "6.1.0-18-amd64");
/// assert_eq!(machine.to_string(), "AMD EPYC 7B13, 2 cores, 16 GiB, Linux 6.1");
/// let newer = Machine::of_linux(cpuinfo, "MemTotal:       16289312 kB\n", "Linux", "6.6.2");
/// assert_eq!(machine.differences(&newer), [MachineField::Os]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Machine {
    /// The model of the processor.
    pub cpu: Option<String>,
    /// The number of logical processors.
    pub cores: Option<u32>,
    /// The memory, rounded up by [`memory_class`].
    pub memory_bytes: Option<u64>,
    /// The operating system with the first two numbers of its kernel: `Linux 6.1`.
    pub os: Option<String>,
}

/// A field of [`Machine`], in the order of the fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MachineField {
    /// The model of the processor.
    Cpu,
    /// The number of logical processors.
    Cores,
    /// The memory.
    MemoryBytes,
    /// The operating system.
    Os,
}

impl Machine {
    /// The machine by Linux's `/proc/cpuinfo` and `/proc/meminfo`, and by the system's name and release of `uname`.
    ///
    /// Numbers that change with each start, such as `bogomips` and the current frequency, are not used.
    pub fn of_linux(cpuinfo: &str, meminfo: &str, system: &str, release: &str) -> Self {
        let processors = fields(cpuinfo).filter(|(name, _)| *name == "processor").count();
        let kib = fields(meminfo).find(|(name, _)| *name == "MemTotal");
        let kib = kib.and_then(|(_, value)| value.split_whitespace().next()?.parse::<u64>().ok());
        Self {
            cpu: cpu(cpuinfo),
            cores: u32::try_from(processors).ok().filter(|cores| *cores > 0),
            memory_bytes: kib.map(|kib| memory_class(kib.saturating_mul(1024))),
            os: os(system, release),
        }
    }

    /// The fields that differ, in their order. A known value differs from an unknown one.
    pub fn differences(&self, other: &Self) -> Vec<MachineField> {
        let differs = [
            (MachineField::Cpu, self.cpu != other.cpu),
            (MachineField::Cores, self.cores != other.cores),
            (MachineField::MemoryBytes, self.memory_bytes != other.memory_bytes),
            (MachineField::Os, self.os != other.os),
        ];
        differs.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field).collect()
    }

    /// The value of a field for people.
    pub fn value(&self, field: MachineField) -> String {
        let value = match field {
            MachineField::Cpu => self.cpu.clone(),
            MachineField::Cores => self.cores.map(|cores| count(cores, "core")),
            MachineField::MemoryBytes => self.memory_bytes.map(size),
            MachineField::Os => self.os.clone(),
        };
        value.unwrap_or_else(|| format!("unknown {field}"))
    }
}

/// `AMD EPYC 7B13, 2 cores, 16 GiB, Linux 6.1`.
impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use MachineField::{Cores, Cpu, MemoryBytes, Os};
        f.write_str(&[Cpu, Cores, MemoryBytes, Os].map(|field| self.value(field)).join(", "))
    }
}

/// What the field is called: `memory`.
impl fmt::Display for MachineField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cpu => "processor",
            Self::Cores => "number of cores",
            Self::MemoryBytes => "memory",
            Self::Os => "operating system",
        })
    }
}

/// The memory rounded up to a quarter of the power of two below it: 15.5 GiB are 16 GiB, and 23.4 GiB are 24 GiB.
///
/// The kernel keeps some per cent of the memory for itself, and not the same amount after each start or update.
pub fn memory_class(bytes: u64) -> u64 {
    let step = bytes.checked_ilog2().map_or(1, |power| 1_u64 << power.saturating_sub(2));
    bytes.checked_next_multiple_of(step).unwrap_or(bytes)
}

/// The operating system with the first two numbers of its kernel.
fn os(system: &str, release: &str) -> Option<String> {
    let digits = |part: &str| part.chars().take_while(char::is_ascii_digit).collect::<String>();
    let numbers = release.split('.').map(digits).take_while(|part| !part.is_empty()).take(2);
    let text = format!("{} {}", system.trim(), numbers.collect::<Vec<_>>().join("."));
    Some(text.trim().to_string()).filter(|text| !text.is_empty())
}

/// The model of the processor; on ARM, where the kernel has no name for it, the numbers of its maker and part.
fn cpu(cpuinfo: &str) -> Option<String> {
    let value = |wanted: &str| {
        let mut all = fields(cpuinfo);
        all.find(|(name, value)| name.eq_ignore_ascii_case(wanted) && !value.is_empty())
            .map(|(_, value)| value)
    };
    let named = value("model name").or_else(|| value("cpu model")).or_else(|| value("cpu"));
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    named.map(words).or_else(|| {
        Some(format!("ARM implementer {}, part {}", value("CPU implementer")?, value("CPU part")?))
    })
}

/// The lines `name : value` of a file of Linux.
fn fields(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter_map(|line| line.split_once(':')).map(|(name, value)| (name.trim(), value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMINFO: &str = "MemTotal:        8039324 kB\nMemFree:          312344 kB\n";

    /// folo#429: baselines of one machine were kept apart, because `bogomips` changes with each start.
    #[test]
    fn a_restart_changes_nothing() {
        let cpuinfo = |bogomips: &str, mhz: &str| {
            format!(
                "processor\t: 0\nmodel name\t: Intel(R)  Xeon(R) CPU @ 2.20GHz\ncpu MHz\t\t: {mhz}\nbogomips\t: {bogomips}\n"
            )
        };
        let first = Machine::of_linux(&cpuinfo("4400.41", "2200.208"), MEMINFO, "Linux", "6.1.0-18-amd64");
        let meminfo = MEMINFO.replace("8039324", "8031000");
        let second = Machine::of_linux(&cpuinfo("4399.99", "2199.998"), &meminfo, "Linux", "6.1.0-22-amd64");
        assert_eq!(first, second);
        assert_eq!(first.to_string(), "Intel(R) Xeon(R) CPU @ 2.20GHz, 1 core, 8 GiB, Linux 6.1");
    }

    #[test]
    fn memory_is_rounded_up_to_what_is_built_in() {
        let gib = |tenths: u64| memory_class(tenths * (1 << 30) / 10) >> 20;
        assert_eq!([38, 76, 155, 234, 312, 628].map(gib), [4, 8, 16, 24, 32, 64].map(|gib| gib * 1024));
        assert_eq!([0, 1, 3, u64::MAX].map(memory_class), [0, 1, 3, u64::MAX]);
        assert_eq!(memory_class(16 << 30), 16 << 30);
    }

    #[test]
    fn an_arm_processor_is_named_by_its_numbers() {
        let cpuinfo = "processor : 0\nBogoMIPS : 243.75\nCPU implementer : 0x41\nCPU part : 0xd0c\n";
        let machine = Machine::of_linux(cpuinfo, "", "Linux", "6.6.30+rpt-rpi-v8");
        assert_eq!(
            machine.to_string(),
            "ARM implementer 0x41, part 0xd0c, 1 core, unknown memory, Linux 6.6"
        );
    }

    #[test]
    fn what_is_not_reported_is_unknown() {
        let unknown = Machine::of_linux("", "", "", "");
        assert_eq!(unknown, Machine::default());
        assert_eq!(
            unknown.to_string(),
            "unknown processor, unknown number of cores, unknown memory, unknown operating system"
        );
        let known = Machine { cores: Some(4), ..Machine::default() };
        assert_eq!(known.differences(&unknown), [MachineField::Cores]);
        assert_eq!(Machine::of_linux("", "", "Darwin", "23.4.0").os.as_deref(), Some("Darwin 23.4"));
    }
}

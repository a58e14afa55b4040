//! Reports of a policy check: for people as text, Markdown and one HTML page, for programs as SARIF and as annotations of GitHub.
//!
//! Each is a function of a [`PolicyReport`](super::findings::PolicyReport), whose `Serialize` is the JSON. A text that comes from
//! a file, a path or a program is shown as text: it is neither markup, nor a command for a terminal or for GitHub.
//!
//! ```
//! use speckit_core::Severity;
//! use speckit_core::policy::Enforcement;
//! use speckit_core::policy::findings::{Finding, PolicyReport, Position, SourceLine};
//! use speckit_core::policy::report::TextOptions;
//! let [start, end] = [5, 13].map(|column| Position { line: 3, column });
//! let mut finding = Finding::new("no-print", Severity::Error, "src/main.rs", start..end, "prints", "00");
//! finding.source = Some(SourceLine { text: "    println!(\"hi\");".into(), matched: 4..12, line: String::new() });
//! let mut report = PolicyReport::new(Enforcement::Block);
//! (report.ok, report.files, report.findings) = (false, 1, vec![finding]);
//! assert_eq!(
//!     report.to_text(TextOptions::default()),
//!     "\
//! error[no-print]: prints
//!  --> src/main.rs:3:5
//!   |
//! 3 |     println!(\"hi\");
//!   |     ^^^^^^^^
//!
//! no-print: 1 error
//! 1 file checked
//! failed: 1 error
//! "
//! );
//! ```

mod github;
mod html;
mod markdown;
mod rule_findings;
mod sarif;
mod selection;
mod text;
mod web_address;
mod words;

pub use sarif::{MAX_SARIF_RESULTS, SarifLog, SarifOptions};
pub use text::TextOptions;

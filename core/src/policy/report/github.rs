//! Annotations of GitHub Actions: commands in the log of a step that put a message beside a line of a pull request.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::text::TextOptions;
use crate::config::report::severity_counts;
use crate::policy::findings::{Finding, FindingState, PolicyReport};
use crate::text::{visible, visible_lines};
use crate::tree::Severity;

/// How many annotations of each kind GitHub shows for a step.
const MAX_ANNOTATIONS: usize = 10;

impl PolicyReport {
    /// Annotations for the first new errors and warnings, one that counts the others, and the whole text, in which GitHub
    /// reads no command.
    pub fn to_github(&self) -> String {
        let mut output = String::new();
        let mut omitted = [0; 2];
        let severities = [(Severity::Error, "error"), (Severity::Warning, "warning")];
        for ((severity, command), omitted) in severities.into_iter().zip(&mut omitted) {
            let new = self.findings.iter().filter(|finding| finding.state == FindingState::New);
            let of_severity = new.filter(|finding| finding.severity == severity).collect::<Vec<_>>();
            output
                .extend(of_severity.iter().take(MAX_ANNOTATIONS).map(|finding| annotation(command, finding)));
            *omitted = of_severity.len().saturating_sub(MAX_ANNOTATIONS);
        }
        let [errors, warnings] = omitted;
        if errors + warnings > 0 {
            let rest = severity_counts(errors, warnings, "more ");
            output += &format!("::notice title=speckit policy::{rest}: see the log of this step\n");
        }
        output + &without_commands(&self.to_text(TextOptions::default()))
    }
}

fn annotation(command: &str, finding: &Finding) -> String {
    let (start, end) = (finding.start, finding.end);
    // GitHub refuses columns of a range over several lines.
    let columns = if start.line == end.line {
        format!(",col={},endColumn={}", start.column, end.column)
    } else {
        String::new()
    };
    let mut message = visible(&finding.message);
    message.extend(finding.fix.iter().map(|fix| format!("\nhelp: {}", visible_lines(fix.trim_end()))));
    message.extend(finding.docs.iter().map(|docs| format!("\ndocs: {}", visible(docs))));
    format!(
        "::{command} file={},line={},endLine={}{columns},title={}::{}\n",
        property(&finding.path),
        start.line,
        end.line,
        property(&finding.rule),
        data(&message)
    )
}

/// A text in which GitHub reads no command. A command could be in a line of source or in the output of a program.
fn without_commands(text: &str) -> String {
    let lower = text.to_lowercase();
    // A token that the text does not have, in any case of letters.
    let token = (0_u32..).map(|number| format!("speckit-{number}")).find(|token| !lower.contains(token));
    let token = token.unwrap_or_default();
    format!("::stop-commands::{token}\n{text}::{token}::\n")
}

/// The text of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property of a command.
fn property(text: &str) -> String {
    data(&visible(text)).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_a_property_or_a_command() {
        assert_eq!(property("a:b,c%d\ne"), "a%3Ab%2Cc%25d\\ne");
        assert_eq!(data("a:b,c%d\r\ne"), "a:b,c%25d%0D%0Ae");
    }

    #[test]
    fn a_text_cannot_guess_the_token_that_allows_commands_again() {
        let hostile = "::SPECKIT-0::\n::speckit-1::\n::error::forged\n";
        assert_eq!(
            without_commands(hostile),
            format!("::stop-commands::speckit-2\n{hostile}::speckit-2::\n")
        );
    }
}

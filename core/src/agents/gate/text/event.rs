//! Events as log lines.

use core::fmt;

use super::visible_line;
use crate::agents::consensus::voters;
use crate::agents::gate::event::Event;
use crate::agents::gate::measures::elapsed;
use crate::agents::gate::run::Stream;
use crate::text::visible;

/// One log line without a line ending. Standard output of an agent follows `|`, standard error follows `!`.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started { stage, spec, agents, quorum } => {
                let (stage, spec) = (visible(stage), visible(spec));
                let of = voters(agents);
                write!(f, "{stage} for {spec} begins, quorum {quorum} of {of}: ")?;
                f.write_str(&visible(&agents.join(", ")))
            }
            Self::AgentStarted { name, attempt } => write!(f, "{}: attempt {attempt} begins", visible(name)),
            Self::Output { name, stream, line } => {
                let mark = match stream {
                    Stream::Stdout => '|',
                    Stream::Stderr => '!',
                };
                let space = if line.is_empty() { "" } else { " " };
                write!(f, "{} {mark}{space}{}", visible(name), visible_line(line))
            }
            Self::AgentRetrying { name, attempt: _, reason, wait_ms } => {
                write!(f, "{}: {}, the next attempt in {}", visible(name), visible(reason), elapsed(*wait_ms))
            }
            Self::AgentFinished(agent) => write!(f, "{}: {}", visible(&agent.name), agent.in_words()),
            Self::Missed { count: 1 } => {
                f.write_str("1 line of the agents is missing here, since it came too fast")
            }
            Self::Missed { count } => {
                write!(f, "{count} lines of the agents are missing here, since they came too fast")
            }
            Self::Finished(run) => f.write_str(&run.headline()),
        }
    }
}

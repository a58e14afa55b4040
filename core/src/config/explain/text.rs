//! An explanation as readable text.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{Contribution, Decision, Explanation};
use crate::config::schema::{Alternative, Reload};
use crate::text::visible;
use crate::tree::{LayerKind, Origin, Segment};

/// Values of the history are truncated to so many characters; the first line has the whole value.
const WIDEST: usize = 60;

impl Explanation {
    /// The explanation as aligned lines.
    pub fn to_text(&self) -> String {
        let mut text = match &self.value {
            Some(value) if self.key.is_root() => format!("{value}\n"),
            Some(value) => format!("{} = {value}\n", self.key),
            None => format!("{} is not set\n", self.key),
        };
        let mut line = |label: &str, content: &str| {
            text.push_str(&format!("  {label:<10} {}\n", visible(content)));
        };
        if let Some(winner) = &self.winner {
            line("set by", &place(winner));
        } else if let Some(last) = self.history.last() {
            line("removed by", &format!("{}{}", place(&last.origin), self.replaced_text()));
        }
        match (&self.types, &self.range) {
            (Some(types), Some(range)) => line("type", &format!("{types}, {range}")),
            (Some(types), None) => line("type", types),
            (None, Some(range)) => line("range", range),
            (None, None) => {}
        }
        let labels: Vec<String> = self.alternatives.iter().map(Alternative::label).collect();
        let width = labels.iter().map(|label| label.chars().count()).max().unwrap_or_default();
        for (alternative, label) in self.alternatives.iter().zip(labels) {
            let description = alternative.description.as_deref().unwrap_or_default();
            line("", format!("  {label:<width$}   {description}").trim_end());
        }
        if let Some(default) = &self.default {
            line("default", &default.to_string());
        }
        line("reload", reload(self.reload));
        if let Some(pending) = &self.pending_restart {
            let value = pending.value.as_ref().map_or_else(|| "removed".into(), ToString::to_string);
            let place = pending.origin.as_ref().map(|origin| format!(" ({origin})")).unwrap_or_default();
            line("pending", &format!("{value}{place}"));
        }
        if let Some(variable) = &self.variable {
            line("variable", variable);
        }
        if self.secret {
            line("secret", "yes");
        }
        if let Some(credential) = &self.credential {
            line("credential", credential);
        }
        if !self.history.is_empty() {
            line("layers", "lowest first");
        }
        text.push_str(&table(&self.history));
        for paragraph in self.description.iter().flat_map(|description| description.lines()) {
            text.push_str(&format!("  {}\n", visible(paragraph)));
        }
        text
    }

    /// What was replaced, if that removed the key.
    fn replaced_text(&self) -> String {
        let Some(replaced) = &self.replaced else { return String::new() };
        match self.key.segments().get(replaced.segments().len()) {
            _ if replaced.is_root() => ", which replaces the whole configuration of the layers below".into(),
            Some(Segment::Index(_)) => format!(", which replaces the list `{replaced}`"),
            _ => format!(", which replaces the table `{replaced}`"),
        }
    }
}

fn reload(reload: Reload) -> &'static str {
    match reload {
        Reload::Live => "without a restart",
        Reload::Restart => "when the program starts again",
    }
}

fn place(origin: &Origin) -> String {
    match origin.source().variable_name().filter(|_| origin.layer() == LayerKind::Dotenv) {
        Some(variable) => format!("{origin} ({variable})"),
        None => format!("{origin} ({})", layer(origin.layer())),
    }
}

fn layer(layer: LayerKind) -> &'static str {
    match layer {
        LayerKind::Env => "environment",
        LayerKind::Dotenv => ".env",
        other => other.name(),
    }
}

fn table(history: &[Contribution]) -> String {
    let rows: Vec<[String; 4]> = history.iter().map(row).collect();
    let widest = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths = [widest(0), widest(1), widest(2)];
    let mut text = String::new();
    for [layer, place, value, decision] in &rows {
        let [a, b, c] = widths;
        text.push_str(&format!("    {layer:<a$}   {place:<b$}   {value:<c$}   {decision}\n"));
    }
    text
}

fn row(contribution: &Contribution) -> [String; 4] {
    let value = contribution.value.as_ref().map_or_else(|| "removed".into(), ToString::to_string);
    let decision = match contribution.decision {
        Decision::Won => "won",
        Decision::Shadowed => "shadowed",
        Decision::Merged => "merged",
    };
    let origin = &contribution.origin;
    [layer(origin.layer()).into(), visible(&origin.to_string()), truncated(&visible(&value)), decision.into()]
}

fn truncated(value: &str) -> String {
    if value.chars().count() <= WIDEST {
        return value.into();
    }
    let start: String = value.chars().take(WIDEST - 3).collect();
    format!("{start}...")
}

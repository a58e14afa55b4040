//! What came of a gate, as JSON, and back.

use alloc::format;
use alloc::string::{String, ToString as _};

use serde_json::{Value, json};

use crate::agents::gate::run::{Output, Run};

impl Run {
    /// The event `finished` with the number under which the run is kept.
    pub fn to_json(&self, run_id: Option<i64>) -> Value {
        // Texts, whole numbers and truth values: there is nothing in a run that JSON cannot hold.
        let mut event = serde_json::to_value(self).unwrap_or_default();
        if let Some(members) = event.as_object_mut() {
            members.insert("event".into(), json!("finished"));
            members.insert("run_id".into(), json!(run_id));
        }
        event
    }

    /// The same and what the agents wrote; [`Run::from_json`] reads it.
    pub fn to_json_with_outputs(&self, run_id: Option<i64>) -> Value {
        let mut event = self.to_json(run_id);
        let agents = event.get_mut("agents").and_then(Value::as_array_mut).into_iter().flatten();
        for (agent, run) in agents.zip(&self.agents) {
            if let Some(members) = agent.as_object_mut() {
                members.insert("stdout".into(), json!(run.output.stdout));
                members.insert("stderr".into(), json!(run.output.stderr));
            }
        }
        event
    }

    /// Reads a run with what its agents wrote, and the number under which it is kept.
    ///
    /// # Errors
    /// Where the JSON is none of a run with its outputs; the text says what is missing or wrong.
    ///
    /// ```
    /// use speckit_core::agents::gate::Run;
    /// let none = serde_json::json!({ "event": "started" });
    /// assert_eq!(Run::from_json(&none).unwrap_err(), "no run of a gate: the event is \"started\"");
    /// ```
    pub fn from_json(json: &Value) -> Result<(Option<i64>, Self), String> {
        let refused = |why: String| format!("no run of a gate: {why}");
        match json.get("event") {
            Some(event) if event == "finished" => {}
            Some(event) => return Err(refused(format!("the event is {event}"))),
            None => return Err(refused("there is no `event`".into())),
        }
        let run_id = match json.get("run_id") {
            None | Some(Value::Null) => None,
            Some(number) => Some(
                number
                    .as_i64()
                    .ok_or_else(|| refused(format!("`run_id` is {number}, expected an integer")))?,
            ),
        };
        let mut run: Self = serde::Deserialize::deserialize(json)
            .map_err(|error: serde_json::Error| refused(error.to_string()))?;
        let outputs = json.get("agents").and_then(Value::as_array).into_iter().flatten();
        for (agent, written) in run.agents.iter_mut().zip(outputs) {
            let text = |name: &str| {
                let text = written.get(name).and_then(Value::as_str).map(String::from);
                text.ok_or_else(|| refused(format!("agent `{}` has no text `{name}`", agent.name)))
            };
            agent.output = Output { stdout: text("stdout")?, stderr: text("stderr")? };
        }
        Ok((run_id, run))
    }
}

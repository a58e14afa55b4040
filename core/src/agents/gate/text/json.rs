//! The result of a gate to and from JSON.

use alloc::format;
use alloc::string::{String, ToString as _};

use serde_json::{Value, json};

use crate::agents::gate::run::{Output, Run};

impl Run {
    /// The event `finished`, with the number of the stored run.
    pub fn to_json(&self, run_id: Option<i64>) -> Value {
        // A run has only strings, integers and booleans, so this cannot fail.
        let mut event = serde_json::to_value(self).unwrap_or_default();
        if let Some(members) = event.as_object_mut() {
            members.insert("event".into(), json!("finished"));
            members.insert("run_id".into(), json!(run_id));
        }
        event
    }

    /// As [`Run::to_json`], with the output of the agents; [`Run::from_json`] reads it.
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

    /// Reads a run with the output of its agents, and the number of the stored run.
    ///
    /// # Errors
    /// The JSON is not a run with outputs; the text names the missing or invalid part.
    ///
    /// ```
    /// use speckit_core::agents::gate::Run;
    /// let none = serde_json::json!({ "event": "started" });
    /// assert_eq!(Run::from_json(&none).unwrap_err(), "not a run of a gate: the event is \"started\"");
    /// ```
    pub fn from_json(json: &Value) -> Result<(Option<i64>, Self), String> {
        let rejected = |why: String| format!("not a run of a gate: {why}");
        match json.get("event") {
            Some(event) if event == "finished" => {}
            Some(event) => return Err(rejected(format!("the event is {event}"))),
            None => return Err(rejected("there is no `event`".into())),
        }
        let run_id = match json.get("run_id") {
            None | Some(Value::Null) => None,
            Some(number) => Some(
                number
                    .as_i64()
                    .ok_or_else(|| rejected(format!("`run_id` is {number}, expected an integer")))?,
            ),
        };
        let mut run: Self = serde::Deserialize::deserialize(json)
            .map_err(|error: serde_json::Error| rejected(error.to_string()))?;
        let outputs = json.get("agents").and_then(Value::as_array).into_iter().flatten();
        for (agent, written) in run.agents.iter_mut().zip(outputs) {
            let text = |name: &str| {
                let text = written.get(name).and_then(Value::as_str).map(String::from);
                text.ok_or_else(|| rejected(format!("agent `{}` has no string `{name}`", agent.name)))
            };
            agent.output = Output { stdout: text("stdout")?, stderr: text("stderr")? };
        }
        Ok((run_id, run))
    }
}

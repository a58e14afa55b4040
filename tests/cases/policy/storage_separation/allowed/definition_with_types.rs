pub fn store_memory(stage_state: Option<&StageState>, content: &str) -> Result<Id, Refusal> {
    match stage_state {
        Some(state) => Err(Refusal::WorkflowData(state.name())),
        None => insert(content),
    }
}

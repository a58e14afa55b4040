def end_of_run(memory, workflow_state):
    memory.store_memory(
        workflow_state.to_json(),
        importance=8,
    )
# expects: 2:12

def snapshot(memory, spec):
    memory.store_memory(
        content=json.dumps({"spec": spec.id, "stage_state": spec.stages()}),
        importance=10,
    )
# expects: 2:12

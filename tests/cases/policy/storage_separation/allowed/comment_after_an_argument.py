def note(memory, insight):
    memory.store_memory(
        insight.text,  # never stage_output, see the database
        importance=insight.importance,  # type="workflow" is refused
    )

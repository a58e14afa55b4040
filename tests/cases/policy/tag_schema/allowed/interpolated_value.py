def note(memory, text, component):
    memory.store_memory(text, tags=[f"component:{component}", f"{KIND}", "type:lesson"], importance=8)

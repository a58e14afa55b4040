def note(memory, text):
    if not memory.store_memory(text, {"importance": "7"}):
        raise RuntimeError("the store is full")
# expects: 2:19

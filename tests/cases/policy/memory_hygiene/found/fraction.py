memory.store_memory(text, importance=7.5, tags=["type:lesson"])
# expects: 1:8

memory.store_memory("Cache the schema.", tags=["type:decision", "T84"], importance=8)
# expects: 1:8

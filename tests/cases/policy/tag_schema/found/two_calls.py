def both(memory):
    memory.store_memory("One.", tags=["one"], importance=8)
    memory.store_memory("Two.", tags=["type:lesson"], importance=8)
    memory.store_memory("Three.", tags=["type:lesson", "status:done"], importance=8)
# expects: 2:12
# expects: 4:12

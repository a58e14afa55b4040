def note(memory):
    memory.store_memory("Rename needs the same file system.", importance=5)
# expects: 2:12

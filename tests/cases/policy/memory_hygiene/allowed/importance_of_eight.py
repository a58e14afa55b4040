memory.store_memory("Rename needs the same file system.", importance=8)

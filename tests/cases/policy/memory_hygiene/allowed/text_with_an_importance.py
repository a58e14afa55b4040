memory.store_memory("An entry with importance: 5 or importance=3 hides others.", importance=8)

memory.store_memory(text, importance=2 * weight)
memory.store_memory(text, importance=max(8, weight))
memory.store_memory(text, importance=level(3))

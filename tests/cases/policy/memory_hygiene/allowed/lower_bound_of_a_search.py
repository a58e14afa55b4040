hits = memory.search_memory("reload", min_importance=5, importance=6)
if not hits:
    memory.store_memory(answer, importance=8, min_importance=3)

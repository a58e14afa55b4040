TOOLS = ["search_memory", "store_memory", "delete_memory"]
LIMITS = {"store_memory": 8, "importance": 3}

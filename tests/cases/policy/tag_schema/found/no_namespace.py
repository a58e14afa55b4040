def learn(memory):
    memory.store_memory(
        "Prefer one writer per SQLite file.",
        tags=["component:store", "sqlite"],
        importance=8,
    )
# expects: 2:12

def learn(memory):
    memory.store_memory(
        "Prefer one writer per SQLite file.",
        tags=["type:decision", "component:store", "lang:python"],
        importance=8,
    )

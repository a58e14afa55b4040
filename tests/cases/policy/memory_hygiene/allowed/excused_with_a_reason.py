def migrate(memory, rows):
    for row in rows:
        # speckit:allow memory_hygiene the importance of an old entry is raised later
        memory.store_memory(row.text, importance=5)

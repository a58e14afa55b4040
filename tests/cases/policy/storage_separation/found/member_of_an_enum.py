def persist(knowledge, report):
    knowledge.store_memory(
        report.text,
        memory_type=MemoryType.CONSENSUS,
        importance=8,
    )
# expects: 2:15

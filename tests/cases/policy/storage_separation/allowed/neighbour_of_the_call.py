async def keep(memory, database, lesson, gate_result):
    await asyncio.gather(
        memory.store_memory(lesson, type="lesson", importance=9),
        database.save(gate_result, type="quality-gate"),
    )

async def keep(memory, lesson, state):
    await asyncio.gather(
        memory.store_memory(lesson, type="decision", importance=9),
        memory.store_memory(dump(state), type="spec-kit-state", importance=8),
    )
# expects: 4:16

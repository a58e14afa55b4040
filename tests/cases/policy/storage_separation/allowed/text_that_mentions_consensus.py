async def learn(client):
    await client.store_memory(
        content="Ask three models and require a consensus of two: one model alone misses edge cases of quality gates.",
        type="decision",
        tags=["component:gate"],
        importance=9,
    )

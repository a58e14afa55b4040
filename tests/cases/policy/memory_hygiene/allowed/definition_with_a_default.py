async def store_memory(content, tags=(), importance=5):
    if importance < 8:
        return None
    return await backend.add(content, tags, importance)

async def store_memory(content, type="consensus", importance=8):
    """Refuses workflow data."""
    if type in WORKFLOW_TYPES:
        raise ValueError(f"{type} belongs to the database")
    return await backend.add(content, type, importance)

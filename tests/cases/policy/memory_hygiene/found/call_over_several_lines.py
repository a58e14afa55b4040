async def note(client, text):
    await client.store_memory(
        content=text,
        domain="rust",
        tags=[
            "type:lesson",
        ],
        importance=7,
    )
# expects: 2:18

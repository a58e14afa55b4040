async def pause(client, reason):
    await client.call_tool(
        "store_memory",
        {
            "content": reason,
            "tags": ["component:gate", "blocked"],
            "importance": 8,
        },
    )
# expects: 2:18

async def finish_stage(client, spec, verdicts):
    summary = summarize(verdicts)
    await client.store_memory(
        content=summary,
        type="consensus",
        importance=8,
    )
# expects: 3:18

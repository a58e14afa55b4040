memory.store_memory(
    "The port is configurable.",
    tags=["port:20251", "error:2025-99", "edition:2024", "id:1020251020"],
    importance=8,
)

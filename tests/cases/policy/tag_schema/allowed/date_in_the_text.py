memory.store_memory(
    "Since 2025-10-20 the gate T84 is done: SPEC-KIT-069 needs no other.",
    tags=["type:decision"],
    importance=8,
)

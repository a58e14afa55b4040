memory.store_memory(
    content,
    importance=8,
    tags=[
        "component:reload",
        "reload:in_progress",
    ],
)
# expects: 1:8

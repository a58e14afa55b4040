memory.store_memory(
    "Watch the folder, not the file.",
    # tags=["done", "2025-10-20"] was the form of 2025.
    tags=["component:watch"],
    importance=8,
)

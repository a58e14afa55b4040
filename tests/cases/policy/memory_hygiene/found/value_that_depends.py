memory.store_memory(text, importance=5 if is_draft else 9)
# expects: 1:8

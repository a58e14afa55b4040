def remember(store_memory, text):
    return store_memory(text, tags=("type:decision", "spec:SPEC-KIT-069"), importance=9)
# expects: 2:12

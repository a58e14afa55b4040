def request(text):
    return {
        "name": "store_memory",
        "arguments": {"content": text, "importance": 2},
    }
# expects: 2:12

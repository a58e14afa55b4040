def request(number, outcome):
    return {
        "jsonrpc": "2.0",
        "id": number,
        "method": "tools/call",
        "params": {
            "name": "store_memory",
            "arguments": {
                "content": outcome.text,
                "category": "workflow",
                "importance": 9,
            },
        },
    }
# expects: 6:19

#!/bin/sh
mcp-cli call local-memory/store_memory '{"content": "reach consensus before the merge", "type": "pattern", "importance": 8}'

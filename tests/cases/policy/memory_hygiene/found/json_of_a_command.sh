#!/usr/bin/env bash
mcp-cli call local-memory store_memory '{"content": "Quote every path", "importance": 5}'
# expects: 2:27

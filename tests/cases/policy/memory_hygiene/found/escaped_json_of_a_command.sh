#!/usr/bin/env bash
mcp-cli call local-memory store_memory "{\"content\": \"$1\", \"importance\": 6}"
# expects: 2:27

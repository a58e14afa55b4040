#!/usr/bin/env bash
mcp-cli call local-memory/store_memory '{"content": "two of three agents agree", "domain": "consensus", "importance": 8}'
# expects: 2:27

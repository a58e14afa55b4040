#!/usr/bin/env bash
mcp-cli call local-memory store_memory '{"content": "Quote every path", "importance": 10}'
mcp-cli call board add '{"importance": 1}'

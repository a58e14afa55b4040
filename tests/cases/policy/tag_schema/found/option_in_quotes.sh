#!/bin/sh
local-memory store_memory \
    --tags "component:ci,run:2025-10-20" \
    --importance 9 \
    "The cache of the runner is not shared"
# expects: 2:14

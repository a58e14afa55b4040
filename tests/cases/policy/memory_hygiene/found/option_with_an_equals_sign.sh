#!/bin/sh
local-memory store_memory \
    "Close standard input; a child may wait for it" \
    --importance=7
# expects: 2:14

#!/usr/bin/env bash
memory-cli store_memory --importance 4 "Quote every path"
# expects: 2:12

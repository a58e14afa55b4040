#!/usr/bin/env bash
memory-cli store_memory --importance 8 --tags type:lesson,done "Close the file before the rename"
# expects: 2:12

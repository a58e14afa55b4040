#!/usr/bin/env bash
memory-cli store_memory --importance 9 "Quote every path"
memory-cli search --importance 3 "paths"

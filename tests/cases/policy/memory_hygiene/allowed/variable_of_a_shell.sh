#!/bin/sh
memory-cli store_memory --importance "$importance" "An importance=5 is refused"; board add --importance 2

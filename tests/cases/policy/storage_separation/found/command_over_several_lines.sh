#!/usr/bin/env bash
for report in reports/*.json; do
    memory-cli store_memory \
        --importance 8 \
        --tags component:gate,type:quality-gate \
        "$(cat "$report")"
done
# expects: 3:16

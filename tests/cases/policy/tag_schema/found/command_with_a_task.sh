#!/usr/bin/env bash
for lesson in lessons/*.txt; do
    memory-cli store_memory "$(cat "$lesson")" --importance 8 --tags=spec:SPEC-KIT-071
done
# expects: 3:16

#!/usr/bin/env bash
memory-cli store_memory --type lesson --importance 8 "Pin the toolchain in CI"; sqlite3 runs.db ".import $STAGE_OUTPUT stages"

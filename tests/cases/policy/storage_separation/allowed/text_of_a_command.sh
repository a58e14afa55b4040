#!/usr/bin/env bash
memory-cli store_memory \
    --type decision \
    --importance 9 \
    "Workflow state, consensus and agent output live in SQLite; nothing of them is knowledge"
speckit runs export --domain workflow

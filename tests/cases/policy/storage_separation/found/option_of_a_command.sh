#!/usr/bin/env bash
set -euo pipefail

summary="$(jq -r .summary "$1")"
local-memory store_memory --domain workflow --importance 8 "$summary"
# expects: 5:14

#!/bin/sh
stage_output="$(run_stage "$1")"
memory-cli store_memory --importance 9 "Stage $1: $stage_output"
# expects: 3:12

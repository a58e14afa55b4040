#!/usr/bin/env bash
memory-cli store_memory --importance 8 --tags type:lesson,component:ci "Pin the image: 2025-10 broke T84"
git tag --list | sort

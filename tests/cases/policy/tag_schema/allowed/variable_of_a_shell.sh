#!/bin/sh
memory-cli store_memory --importance 8 --tags "$tags" "Close the file before the rename"
memory-cli store_memory --importance 8 --tags "component:$component,type:lesson" "Quote every path"
memory-cli search --tags done

#!/bin/sh
memory-cli store_memory --tags component:gate,topic:consensus --importance 8 "Two of three votes are enough"

#!/bin/sh
# Becomes the program that it is given, which says on standard error what went wrong: into a file of its data folder.
exec "$@" 2>>"$LIANXIN__DATA_DIR/log"

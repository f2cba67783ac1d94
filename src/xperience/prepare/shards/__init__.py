"""Shards: write-once tar files with an index, and the reader of what was prepared."""

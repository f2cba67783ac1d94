"""Other recordings brought into the episode layout: one source, one file, found by its name.

`source` says what a source is, `registry` finds them, `importing` runs one over a folder, `provenance` writes down
where each episode came from. See docs/sources.md for how to add one.
"""

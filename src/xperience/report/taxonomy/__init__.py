"""The parts of the atlas of episodes: facets and their balance, groups of a split, drawings, the list."""

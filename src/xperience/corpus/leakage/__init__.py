"""Does anything of one part of a split stand in another? One file a kind of leak in `kinds`, found by being there."""

from xperience.corpus.leakage.evidence import Evidence, Found, Leak, collect
from xperience.corpus.leakage.registry import Kind, all_kinds, look

__all__ = ["Evidence", "Found", "Kind", "Leak", "all_kinds", "collect", "look"]

"""Where episodes are listed and fetched from: one file a kind, tried in order, the first that knows the text wins.

A kind is a module with `matches(spec) -> bool`, `listing(spec, access) -> Listing` and
`chunks(location, start, revision, access) -> Iterator[bytes]` (a file's bytes from `start` on, in pieces).
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import ModuleType

from xperience.corpus.catalogue.sources.listing import FileEntry, Listed, Listing
from xperience.errors import MissingError

KINDS = ("saved", "huggingface", "local", "remote")
CHUNK = 8 << 20

__all__ = ["CHUNK", "KINDS", "Access", "FileEntry", "Listed", "Listing", "chunks", "listing"]


@dataclass(frozen=True)
class Access:
    """How to reach sources. The token never enters what is written or shown.

    Attributes:
        token: of the Hugging Face account; None takes that of its own login.
        revision: branch, tag or commit to list; None the newest.
        known: name of source to the revision of the last listing, which need not be listed again.
    """

    token: str | None = field(default=None, repr=False)
    revision: str | None = None
    known: dict[str, str] = field(default_factory=dict)


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{name}")


def listing(spec: str, access: Access) -> Listing:
    """What a source holds.

    Raises:
        MissingError: no kind of source knows it, or it is not there.
        SpaceError: no permission to read it.
        FormatError: a listing that cannot be read.
    """
    for name in KINDS:
        module = _module(name)
        if module.matches(spec):
            result: Listing = module.listing(spec, access)
            return result
    raise MissingError(
        "no such source",
        field="SOURCE",
        found=spec,
        expected="a folder, owner/name of a dataset repository, a URL, or a saved listing (.json, .jsonl)",
    )


def chunks(location: str, start: int, revision: str | None, access: Access) -> Iterator[bytes]:
    """The bytes of one file from `start` on."""
    from xperience.corpus.catalogue.sources import huggingface, local, remote

    module = huggingface if location.startswith(huggingface.SCHEME) else remote if "://" in location else local
    return module.chunks(location, start, revision, access)

"""What a user can cause, as typed exceptions. The command line prints them and exits with status 2.

A message always says which file and field, what was found, what was expected, and what to do next.
What only we can cause is an assertion instead.
"""

from __future__ import annotations

import errno
from pathlib import Path


class XperienceError(Exception):
    """Base of all errors that a user can cause.

    Args:
        what: one sentence: what is wrong.
        file: the file or folder concerned.
        field: dataset, column, key or option concerned.
        found: what was found there.
        expected: what would have been right.
        hint: what to do next.
    """

    def __init__(
        self,
        what: str,
        *,
        file: Path | str | None = None,
        field: str | None = None,
        found: object = None,
        expected: object = None,
        hint: str | None = None,
    ) -> None:
        self.what = what
        self.file = str(file) if file is not None else None
        self.field = field
        self.found = found
        self.expected = expected
        self.hint = hint
        super().__init__(self.render())

    def render(self) -> str:
        lines = [self.what]
        for name in ("file", "field", "found", "expected"):
            value = getattr(self, name)
            if value is not None:
                lines.append(f"  {name}: {value}")
        if self.hint:
            lines.append(f"  to do: {self.hint}")
        return "\n".join(lines)

    def __reduce__(
        self,
    ) -> tuple[object, ...]:  # exceptions with keyword arguments do not pickle by themselves
        return (
            _rebuild,
            (type(self), self.what, self.file, self.field, self.found, self.expected, self.hint),
        )


def _rebuild(
    cls: type[XperienceError],
    what: str,
    file: str | None,
    field: str | None,
    found: object,
    expected: object,
    hint: str | None,
) -> XperienceError:
    return cls(what, file=file, field=field, found=found, expected=expected, hint=hint)


class UsageError(XperienceError):
    """An option, argument or configuration that cannot be meant."""


class MissingError(XperienceError):
    """A file, stream or optional dependency that is needed and not there."""


class CorruptError(XperienceError):
    """A file that is truncated or cannot be decoded."""


class FormatError(XperienceError):
    """A dataset, column or field whose shape, type or content is not that of the format."""


class LimitError(XperienceError):
    """Input that would need more memory or time than we are willing to give it."""


class MachineError(XperienceError):
    """What the machine lacks: memory, open files, a disk that answers. It says nothing about the data, so no recording is
    judged, set aside or remembered for it; the work ends and can be done again."""


class SpaceError(MachineError):
    """Not enough room or permission to write."""


def _numbers(*names: str) -> frozenset[int]:
    return frozenset(getattr(errno, name) for name in names if hasattr(errno, name))


LACKING = _numbers("ENOSPC", "EDQUOT", "EFBIG", "EROFS", "EMFILE", "ENFILE", "ESTALE", "ENOLCK")
"""Error numbers that speak of the machine, never of a file's content."""

AMBIGUOUS = _numbers("ENOMEM", "EIO")
"""Error numbers that a decoder gives for damaged data, too: they speak of the machine where no reader has judged them."""


def let_through(error: BaseException) -> None:
    """To be called first where errors are booked as a recording's: raises what is the machine's instead.

    Raises:
        MachineError: the error, or one that it was raised from, is of what the machine lacks.
    """
    one: BaseException | None = error
    while one is not None:
        if isinstance(one, MachineError):
            raise one
        number = one.errno if isinstance(one, OSError) else None
        plain = one is error and (isinstance(one, MemoryError) or number in AMBIGUOUS)
        if plain or number in LACKING:
            file = getattr(error, "file", None) or getattr(one, "filename", None)
            raise MachineError(
                "this machine cannot do it now", file=file, found=getattr(one, "strerror", None) or "out of memory",
                hint="free what it lacks, or use fewer workers; then run the same command again",
            ) from error  # fmt: skip
        one = one.__cause__

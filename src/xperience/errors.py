"""What a user can cause, as typed exceptions. The command line prints them and exits with status 2.

A message always says which file and field, what was found, what was expected, and what to do next.
What only we can cause is an assertion instead.
"""

from __future__ import annotations

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


class SpaceError(XperienceError):
    """Not enough room or permission to write."""

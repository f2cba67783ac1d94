"""xperience audit: may a folder be published?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    @app.command("audit")
    def audit(
        folder: Annotated[Path, typer.Argument(help="Folder that is to be published.")],
        out: Annotated[Path | None, typer.Option("--out", help="Also write the findings as a page.")] = None,
    ) -> None:
        """Refuse raw media, annotations, pickles, credentials and private paths in a folder that is to be published.

        Files are looked at by name and by content. Exit status 1 where something is refused, 0 where nothing is.

        Example: xperience audit release/
        """
        from xperience.report.audit import audit as look
        from xperience.report.audit import write_audit

        findings = look(folder)
        for finding in findings:
            typer.echo(f"{finding.file}: {finding.reason}" + (f" ({finding.place})" if finding.place else ""))
        if out is not None:
            write_audit(folder, findings, out)
        typer.echo("refused" if findings else "nothing that may not be published was found")
        raise typer.Exit(1 if findings else 0)

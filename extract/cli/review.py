"""CLI: the reviewer's page, and in the same group what else is done with decisions."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from extract.cli.app import DECISIONS, Decisions, Schemas, app, count, load, stop

PAGE = "page"
"""The command that serves the page; its name may be left out."""

MISSING = "The review page needs the packages of the extra 'review': pip install 'caseloom[review]'."


class ReviewCommands(TyperGroup):
    """``caseloom review OUTPUTS`` serves the page; only a word that names another command of the group is one."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h"):
            args = [PAGE, *args]
        return super().parse_args(ctx, args)


review = typer.Typer(
    name="review",
    cls=ReviewCommands,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Check, correct and settle what was found: caseloom review OUTPUTS opens the page for it.",
)
app.add_typer(review)


@review.command(PAGE)
def page(
    outputs: Annotated[Path, typer.Argument(metavar="OUTPUTS", help="The folder that run wrote.")],
    reviewer: Annotated[
        str, typer.Option(metavar="NAME", help="Who decides: the name of the file (default: the page asks).")
    ] = "",
    decisions: Decisions = None,
    papers: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="Where the papers lie, when not where they were read. May be repeated."),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of this machine (0: any that is free).")] = 0,
    blind: Annotated[
        bool, typer.Option("--blind", help="Read each paper yourself first; what was found is shown when you are done.")
    ] = False,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the address.")] = False,
    schemas: Schemas = None,
) -> None:
    """Check the tables beside the papers, in the browser. The name 'page' may be left out.

    The page is served to this machine only, at an address that nobody can guess. Every decision is on the disk before
    the page says so; the next run applies them. Ctrl-C ends it.
    """
    try:
        from extract.review.server import build_app
        from extract.review.serving import PortTaken, address, serve
    except ImportError as error:
        stop(f"{MISSING} ({error.name} was not found)")
    from extract.evidence.decisions import NAME, DecisionError
    from extract.review.outputs import WrongOutputs
    from extract.review.session import Session

    if reviewer and not NAME.fullmatch(reviewer):
        stop(f"--reviewer {reviewer}: use letters, digits, dot, dash and underscore, 64 at most.")
    for folder in papers or []:
        if not folder.is_dir():
            stop(f"--papers {folder}: there is no such folder.")
    folder = decisions or DECISIONS
    try:
        session = Session(
            outputs,
            load(schemas),
            folder,
            reviewer=reviewer,
            proposal="" if reviewer else _proposal(),
            papers=papers or [],
            blind=blind,
        )
    except WrongOutputs as error:
        stop(str(error))
    except DecisionError as error:
        stop(*error.errors)
    if session.other_rules:
        typer.echo(f"{outputs}: made with other rules than those used now; some columns may differ.", err=True)
    try:
        session.warm()
        with address(outputs, port) as found:
            serve(build_app(session, found.token, found.port), found, lambda: _tell(found.url, not no_browser))
    except PortTaken as error:
        stop(str(error))
    finally:
        session.close()
    typer.echo(_goodbye(session.saved, folder / f"{session.reviewer}.csv"))


def _tell(url: str, browse: bool) -> None:
    typer.echo(f"The review is at {url}")
    typer.echo("It is for this machine only. Ctrl-C ends it.")
    if browse:
        import webbrowser

        webbrowser.open(url)


def _goodbye(saved: int, file: Path) -> str:
    if not saved:
        return "No decision was saved."
    return f"{count(saved, 'decision')} saved in {file}. The next caseloom run applies them."


def _proposal() -> str:
    """A name to propose: what git calls the user, else what the system does, made fit for a file."""
    import getpass

    try:
        told = subprocess.run(["git", "config", "user.name"], capture_output=True, text=True, check=False, timeout=2)
        name = told.stdout
    except (OSError, subprocess.SubprocessError):
        name = ""
    if not name.strip():
        try:
            name = getpass.getuser()
        except (OSError, KeyError):
            name = ""
    return re.sub(r"[^A-Za-z0-9_-]+", ".", name.strip().lower()).strip("._-")[:64]

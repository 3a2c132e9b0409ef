"""The command: options, messages, exit codes. What is heavy is imported inside the commands."""

from __future__ import annotations

import sys
import warnings

from extract.cli import (  # each adds its commands to the app
    cache,
    known,
    look,
    measure,
    project,
    report,
    review,
    reviewers,
    rules,
    run,
    verify,
)
from extract.cli.app import app


def main() -> None:
    """Run the command."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # those of libraries are nothing a user can act on
    app()


__all__ = [
    "app",
    "cache",
    "known",
    "look",
    "main",
    "measure",
    "project",
    "report",
    "review",
    "reviewers",
    "rules",
    "run",
    "verify",
]

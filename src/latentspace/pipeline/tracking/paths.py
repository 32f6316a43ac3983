"""Paths of the tracking files, and the address of the store."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path


def project_root() -> Path:
    """Folder of the original repository, also under `dvc exp run --temp` and `--queue`, which run in a copy."""
    return Path(os.environ.get("DVC_ROOT") or Path.cwd())


def outbox() -> Path:
    """Folder of the unsent runs, one folder each; the order of their names is that of their times."""
    return project_root() / ".tracking" / "outbox"


def tracking_uri() -> str:
    """`MLFLOW_TRACKING_URI` if set, otherwise the SQLite database of the original repository."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{project_root() / 'mlflow.db'}"


def without_password(text: str) -> str:
    """Remove user names and passwords from the addresses in `text`, for logs and reports that others read."""
    return re.sub(r"://[^/\s]*@", "://", text)


def warn(error: Exception, outcome: str) -> None:
    """Print one line with the store, the error and the outcome."""
    reason = f"{type(error).__name__}: {next(iter(str(error).splitlines()), '')}"
    print(without_password(f"warning: MLflow at {tracking_uri()}: {reason}; {outcome}"), file=sys.stderr)

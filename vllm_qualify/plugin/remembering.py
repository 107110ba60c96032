"""Records a run in the history when it is over; called by the hooks, after the reports are written."""

from __future__ import annotations

from pathlib import Path

from vllm_qualify.core.records import RunRecord
from vllm_qualify.history import recording, store
from vllm_qualify.plugin.options import Options
from vllm_qualify.reports import sentences


def place(options: Options) -> Path:
    """The file of the history of a run."""
    return options.settings.history.file or options.reports / store.FILE_NAME


def remember(run: RunRecord, path: Path) -> str:
    """Record a run.

    Returns:
        Why it could not be, as a line for people; ``""`` where it was.
    """
    try:
        store.record(path, [recording.of(run, told=sentences.summary)])
    except Exception as error:  # noqa: BLE001 - whatever it is, the run and its verdicts stand.
        return f"warning: the run is not in the history: {error}; vllm-qualify history --add RUN takes it in later"
    return ""

"""Shows what an operator can mend in pytest's own way; every hook that may come upon it goes through here."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from vllm_qualify.core.errors import EXIT_USAGE, UserError


@contextlib.contextmanager
def shown(*, exit_code: int | None = None) -> Iterator[None]:
    """End pytest where something has to be mended first, with its lines and no traceback.

    Args:
        exit_code: of pytest; by default the one that the problem has by itself.

    Raises:
        pytest.UsageError: the command line or a file is at fault.
        pytest.exit.Exception: anything else is.
    """
    try:
        yield
    except UserError as error:
        from vllm_qualify.core import redaction  # noqa: PLC0415 - its patterns load slowly, and few runs end here.

        text = redaction.shown("\n".join(error.lines))
        code = error.exit_code if exit_code is None else exit_code
        if code == EXIT_USAGE:
            raise pytest.UsageError(text) from error
        pytest.exit(text, returncode=code)

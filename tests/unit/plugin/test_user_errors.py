"""`plugin.user_errors`: what has to be mended ends pytest with its own words and its own exit code."""

from __future__ import annotations

import pytest

from vllm_qualify.core.errors import UserError
from vllm_qualify.core.outcomes import EXIT_UNDECIDED
from vllm_qualify.plugin import user_errors

KEY = "hf_abcdefghijklmnopqrstuvwx"


class Away(UserError):
    """Nobody's mistake, and yet to be mended."""

    exit_code = EXIT_UNDECIDED


def test_a_mistake_is_a_usage_error_without_secrets() -> None:
    """A mistake is told line by line, and what it quotes keeps no secret."""
    with pytest.raises(pytest.UsageError, match=r"^no context \[redacted\]\nno namespace$"), user_errors.shown():
        raise UserError(f"no context {KEY}\nno namespace")


def test_what_is_no_mistake_ends_with_its_own_exit_code() -> None:
    """A cluster that is away is nobody's mistake, so pytest ends with the exit code of that."""
    with pytest.raises(pytest.exit.Exception, match=r"^is away$") as ended, user_errors.shown():
        raise Away("is away")

    assert ended.value.returncode == EXIT_UNDECIDED


def test_a_moment_may_have_an_exit_code_of_its_own() -> None:
    """Once a run has begun, a disk that is full leaves it undecided and is no usage error."""
    with pytest.raises(pytest.exit.Exception) as ended, user_errors.shown(exit_code=EXIT_UNDECIDED):
        raise UserError("the disk is full")

    assert ended.value.returncode == EXIT_UNDECIDED

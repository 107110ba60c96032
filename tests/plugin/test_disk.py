"""A disk that is full while production is away: nothing more is written down, and production comes back."""

from __future__ import annotations

import pytest

from tests.plugin import clustered
from tests.plugin.clustered import IMAGE
from vllm_qualify.core.outcomes import EXIT_NOT_RESTORED, EXIT_UNDECIDED

SHORT = "--restore-patience=60"
FULL = """
    from tests.plugin import cluster_within
    from vllm_qualify.system.files import Unwritable
    from vllm_qualify.plugin.recorder import Recorder

    usual, DENIED = Recorder.write, set()

    def write(self, event):
        if "replace Deployment vllm-server 1" in cluster_within.HOME.api.written:
            cluster_within.HOME.api.denied |= DENIED
            raise Unwritable("cannot write journal.jsonl: the disk is full")
        usual(self, event)

    Recorder.write = write
"""


def test_production_comes_back_from_a_run_whose_disk_is_full(checkout: pytest.Pytester) -> None:
    """Before pytest ends, not only when the interpreter does; it is said, since no report can say it."""
    done = clustered.run(checkout, *IMAGE, "--target", "kubernetes", "-k", "starts or put_back", conftest=FULL)

    assert done.problems == []
    assert done.result.ret not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}
    done.result.stdout.fnmatch_lines(["*the disk is full*"])
    done.result.stdout.fnmatch_lines(["*production was away for * s, from *"])


def test_production_that_is_not_back_outranks_the_full_disk(checkout: pytest.Pytester) -> None:
    """Whoever reads the exit code alone must not take it for a run that was merely undecided."""
    refused = FULL.replace("set()", '{("delete", "Secret")}')

    done = clustered.run(
        checkout, *IMAGE, "--target", "kubernetes", "-k", "starts or put_back", SHORT, conftest=refused
    )

    assert done.result.ret == EXIT_NOT_RESTORED
    done.result.stdout.fnmatch_lines(["*vllm-qualify restore --context home --namespace ml*"])


ALLURE = """
    import errno
    from allure_commons import hookimpl
    from allure_commons.logger import AllureFileLogger
    from vllm_qualify.system.files import Unwritable
    from vllm_qualify.plugin.recorder import Recorder

    @hookimpl
    def report_result(self, result):
        raise OSError(errno.ENOSPC, "No space left on device")

    def keep_log(self, name, text):
        raise Unwritable("cannot write the log: the disk is full")

    AllureFileLogger.report_result = report_result
    Recorder.keep_log = keep_log
"""


def test_a_disk_that_is_full_for_other_plugins_fails_no_image(checkout: pytest.Pytester) -> None:
    """Allure writes between the cases, and the last log when all is over; neither ends in a traceback and code 1."""
    done = clustered.run(checkout, *IMAGE, "--target", "kubernetes", "-k", "starts or put_back", SHORT, conftest=ALLURE)

    assert done.result.ret == EXIT_UNDECIDED
    done.result.stdout.fnmatch_lines(["*disk is full*"])
    done.result.stdout.no_fnmatch_line("*INTERNALERROR*")
    done.result.stdout.no_fnmatch_line("*Traceback*")

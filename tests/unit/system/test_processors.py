"""What the processors of this machine have done."""

from __future__ import annotations

import subprocess
import sys

from vllm_qualify.system import processors

WORK = "import os; sum(range(3_000_000)); print('done', flush=True); input()"


def test_the_work_of_a_descendant_is_our_own_while_it_lives_and_after_it() -> None:
    """An engine is a child of ours, or a grandchild."""
    before = processors.times()
    with subprocess.Popen(
        [sys.executable, "-c", WORK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "done\n"
        during = processors.times()
        child.communicate("\n")
    after = processors.times()

    assert before.own < during.own <= after.own
    assert before.busy < after.busy
    assert before.at < during.at < after.at

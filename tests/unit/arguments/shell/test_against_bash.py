"""The reader of scripts held against the shell itself, on scripts made of what start scripts are made of."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vllm_qualify.arguments.shell import script
from vllm_qualify.arguments.shell.environment import ShellVariables

BASH = shutil.which("bash")
VALUES = {"A": "x y", "B": "", "C": "q", "D": " lead trail ", "E": "a'b\"c"}
ARGUMENTS = ("a1", "a 2")
# Whatever is called vllm prints its words, each with a NUL behind it.
RUN = "vllm() { printf '%s\\0' \"$@\"; }; export -f vllm; bash -c \"$0\" name a1 'a 2'"
PIECES = (
    *("a", "b-c", "--x=", "$A", "${A}", "$B", "${B:-d e}", "${B-d}", "${C:+p q}", "${Z:-f}", "${Z+g}", "'s q'", "'$A'"),
    *('"$A"', '"d \\" \\$A"', "\\ ", "\\'", "\"${B:-'i' j}\"", '${Z:-"m n"}', "$D", '"$D"', "$E", "$1", '"$@"', "$@"),
    *("${2:-k}", "{", "}", "=", "#h", "''", '""', "${Z:-$A}", '"${Z:-"$A"}"', "\\\n", "%", "@"),
)
# Letters behind a name would make another name of it, of which the reader cannot know that it is not set.
WORDS = (
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=3)
    .map("".join)
    .filter(lambda word: not re.search(r"\$[A-Z](?:\\\n)*[a-z]", word))
)
BEFORE = (
    *("", "N=5; ", "export N=5\n", "if true; then :; fi\n", "cd / && ", "set -- u 'v w'; ", ": > /dev/null 2>&1; "),
    *("# c 'x\n", "cat <<E >/dev/null\n'q $( \nE\n", "case x in y) N=1;; esac; ", "L=(a '1 2'); L+=(b); "),
)
BEHIND = ("", " 2>&1", "; true", " # c", " && true", "\n")


@pytest.mark.skipif(BASH is None, reason="there is no bash")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    before=st.lists(st.sampled_from(BEFORE), max_size=2),
    words=st.lists(WORDS, max_size=4),
    behind=st.sampled_from(BEHIND),
)
def test_the_words_are_those_that_bash_makes(before: list[str], words: list[str], behind: str) -> None:
    """Quotes, blanks within values, defaults, arguments, and whatever stands around the command."""
    text = f"{''.join(before)}vllm serve {' '.join(words)}{behind}"
    env = VALUES | {"PATH": "/usr/bin:/bin"}
    made = subprocess.run([str(BASH), "-c", RUN, text], env=env, capture_output=True, check=False, text=True)

    found = script.read(text, ShellVariables(values=VALUES), ARGUMENTS)

    assert found.words[1:] == tuple(made.stdout.split("\0")[:-1])

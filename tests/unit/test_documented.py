"""What a page says of its commands is read from it, and what is not so is found."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests import documented
from tests.documented import Block, Documented

PAGE = r"""
Run `this`, or

```sh
# In the folder of the run:
touch a \
  b
ls
```

```toml
touch = "c"
```

```console
$ ls
a
b
$ grep -h x \
    a; exit 7
$ echo $?
7
$ seq 9
1
2
...
```
"""


def test_the_commands_of_a_page() -> None:
    """Each with its line, its output and its exit code; what stands in other blocks is none."""
    assert documented.commands(PAGE) == [
        Documented(line=6, command="touch a \\\n  b"),
        Documented(line=8, command="ls"),
        Documented(line=16, command="ls", output="a\nb\n"),
        Documented(line=19, command="grep -h x \\\n    a; exit 7", output="", code=7),
        Documented(line=23, command="seq 9", output="1\n2\n...\n"),
    ]


def test_what_a_page_says_is_so(tmp_path: Path) -> None:
    """Commands run one after the other in the same folder."""
    assert [one.difference(tmp_path, os.environ) for one in documented.commands(PAGE)] == [""] * 5


@pytest.mark.parametrize(
    "one",
    [
        Documented(line=1, command="echo a; exit 1", output="a\n"),
        Documented(line=1, command="echo a", output="a\n", code=1),
        Documented(line=1, command="echo a", output="b\n"),
        Documented(line=1, command="seq 3", output="1\n"),
        Documented(line=1, command="seq 3", output="2\n...\n"),
        Documented(line=1, command="echo a >&2", output=""),
    ],
    ids=["fails", "succeeds", "other", "more", "begins-elsewhere", "complains"],
)
def test_what_is_not_as_the_page_says_is_told(tmp_path: Path, one: Documented) -> None:
    """With the line of the page and what really came."""
    assert one.difference(tmp_path, os.environ).startswith(f"line 1: {one.command}\nended with ")


BLOCKS = """
1. In a list:

   ```sh needs=cluster
   kubectl get pods
   ```

```json file=schema.json
{}
```

    made by an indent

A `span`, and

| in | a table |
|---|---|
| `cell` | |
"""


def test_the_blocks_of_a_page() -> None:
    """Those in lists and those of an indent too, with what they need and what they are called."""
    assert documented.blocks(BLOCKS) == [
        Block(line=5, kind="sh", text="kubectl get pods\n", needs="cluster"),
        Block(line=9, kind="json", text="{}\n", file="schema.json"),
        Block(line=13, kind="", text="made by an indent\n"),
    ]


def test_what_needs_something_is_only_read() -> None:
    """It is not among the commands that are run."""
    assert documented.commands(BLOCKS) == []
    assert documented.only_read(BLOCKS) == [Documented(line=5, command="kubectl get pods")]


def test_the_words_between_backquotes() -> None:
    """Of sentences and of tables."""
    assert documented.spans(BLOCKS) == ["span", "cell"]

from __future__ import annotations

import pytest

from vllm_qualify.core.errors import UserError
from vllm_qualify.upgrade import patch
from vllm_qualify.upgrade.edits import FileChange

SECRET = "api_key: sk-" + "canary" * 4
LINES = "a\nb\nc\nd\nold\ne\nf\ng\nh\n"


def change(before: str, path: str = "f") -> FileChange:
    """A file in which old becomes new."""
    return FileChange(path=path, before=before, after=before.replace("old", "new"), what=())


@pytest.mark.parametrize(("line", "shown"), [("", 3), ("a", 3), ("b", 2), ("c", 1), ("d", 0), ("e", 0), ("g", 2)])
def test_as_many_lines_are_shown_as_give_no_secret_away(line: str, shown: int) -> None:
    """Three as everywhere, fewer where one of them is a secret; git has to be told where there are none."""
    made = patch.of([change(LINES.replace(f"{line}\n", f"{SECRET}\n", 1) if line else LINES)])

    assert SECRET not in made.text
    assert sum(row.startswith(" ") for row in made.text.splitlines()) == 2 * shown
    assert made.options == (("--unidiff-zero",) if shown == 0 else ())


def test_the_way_back_is_the_same_in_reverse() -> None:
    """What is taken out there is put in here, in every file."""
    changes = [change(LINES, "one"), change("old\n", "two")]

    there, back = patch.of(changes).text, patch.of(changes, reverse=True).text

    assert there.replace("-old\n+new\n", "-new\n+old\n") == back
    assert [row for row in back.splitlines() if row.startswith("+++")] == ["+++ b/one", "+++ b/two"]


def test_windows_line_ends_are_announced() -> None:
    """Or git would warn of blanks at the ends of lines."""
    assert patch.of([change(LINES.replace("\n", "\r\n"))]).options == ("--whitespace=nowarn",)


@pytest.mark.parametrize("reverse", [False, True])
def test_a_secret_on_the_line_that_changes_is_refused(reverse: bool) -> None:  # noqa: FBT001 (a parameter)
    """In either direction, and without being shown."""
    with pytest.raises(UserError, match=r"^f: a line that has to change also holds a secret") as caught:
        patch.of([change(f"{{model: old, {SECRET}}}\n")], reverse=reverse)

    assert "canary" not in str(caught.value)

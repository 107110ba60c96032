import json
from pathlib import Path

import pytest

from vllm_qualify.system import caches
from vllm_qualify.system.caches import Caches


def test_the_cache_follows_its_variable(tmp_path: Path) -> None:
    """VLLM_QUALIFY_CACHE outranks everything."""
    assert caches.default({"VLLM_QUALIFY_CACHE": str(tmp_path)}).root == tmp_path


def test_the_cache_lies_where_the_scripts_put_theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the variable it is vllm-qualify below XDG_CACHE_HOME, as in script/lib.sh."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    assert caches.default({}).root == tmp_path / "vllm-qualify"


def test_a_cache_that_is_not_there_is_empty(tmp_path: Path) -> None:
    """A first run finds nothing, and still learns how much space there would be."""
    cache = Caches(tmp_path / "not" / "there")

    assert cache.entries() == ()
    assert cache.free_bytes() > 0


def test_entries_tell_whole_from_half_made(tmp_path: Path) -> None:
    """An environment counts as complete by its marker alone, and a half-made one never does."""
    for name, marker in (("whole", {"bytes": 7}), ("broken", None), ("late.part", {"bytes": 7})):
        folder = tmp_path / "engines" / name
        folder.mkdir(parents=True)
        (folder / "file").write_bytes(b"12345")
        if marker:
            (folder / caches.MARKER).write_text(json.dumps(marker))
    (tmp_path / "uv-1").mkdir()

    found = {entry.name: (entry.bytes, entry.complete) for entry in Caches(tmp_path).entries()}

    marked = 5 + len(json.dumps({"bytes": 7}))
    assert found == {
        "engines/broken": (5, False),
        "engines/late.part": (marked, False),
        "engines/whole": (7, True),
        "uv-1": (0, True),
    }


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"bytes": null}', '{"bytes": "many"}'])
def test_a_damaged_marker_is_none(tmp_path: Path, text: str) -> None:
    """Whatever a marker holds, reading it does not fail; without a size it does not count."""
    folder = tmp_path / "engines" / "some"
    folder.mkdir(parents=True)
    (folder / caches.MARKER).write_text(text)

    assert [entry.complete for entry in Caches(tmp_path).entries()] == [False]


def test_size_does_not_follow_links(tmp_path: Path) -> None:
    """A link to a large folder elsewhere adds its own few bytes only."""
    (tmp_path / "large").write_bytes(b"x" * 10_000)
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link").symlink_to(tmp_path / "large")

    assert caches.size_of(inside) < 1_000

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from catalogue_maker import libraries, renewal
from catalogue_maker.source import Source
from vllm_qualify.catalogue import messages

Release = Callable[[Mapping[str, str]], Source]

DOCUMENT = {"date": "2025-12-03", "lines": {}, "names": {"environment": []}}
FILES = {
    "vllm/a.py": 'raise ValueError("No such attention kernel")',
    "torch/b.py": 'raise ValueError("No such driver anywhere")',
    "transformers/c.py": "",
}


def test_what_was_read_is_written(release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file for each package that says something, and the versions of the libraries, which are asked for once."""
    source, asked = release(FILES), list[str]()
    monkeypatch.setattr(libraries, "pins", lambda *_, **__: asked.append("pins") or {"torch": "2.9.0"})
    monkeypatch.setattr(libraries, "sources", lambda *_, **__: source.root)
    folder = tmp_path / "data"

    for _ in range(2):
        said = renewal.Said(folder)
        said.take(source, DOCUMENT)
        said.take_libraries(source, DOCUMENT, kept=tmp_path)
        said.write(messages.order())
    written = folder / messages.FOLDER
    assert sorted(file.name for file in written.iterdir()) == ["pins.json", "torch.jsonl", "vllm.jsonl"]
    assert messages.from_line((written / "torch.jsonl").read_text()).span == "0.12.0"
    assert json.loads((written / "pins.json").read_text()) == {"0.12.0": {"torch": "2.9.0"}}
    assert asked == ["pins"]

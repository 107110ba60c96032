"""What a run needs of the operator's files is read at once, and every problem is told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from vllm_qualify.checks import prompt_files
from vllm_qualify.core.errors import BadConfig, BadConfigs
from vllm_qualify.core.shipped import CANARY

FILES = {
    "documents": '{"id": 1}\nnot json\n',
    "schema": '{"type": 5}',
    "prompts": "[]",
    "sums": "{}",
    "config_map": "model_list: [",
}


def settings(folder: Path, **names: str) -> Path:
    """Write settings that name these files."""
    names = {name: name for name in FILES} | names
    classification = "".join(f'{name} = "{names[name]}"\n' for name in ("documents", "schema", "prompts"))
    path = folder / "qualify.toml"
    path.write_text(
        f'[classification]\n{classification}[reasoning]\nsums = "{names["sums"]}"\n'
        f'[routing]\nproxy = "http://litellm:4000"\nconfig_map = "{names["config_map"]}"\n'
    )
    return path


def test_the_built_in_profile_is_whole() -> None:
    """Without settings the canaries are asked what they were trained for."""
    found, work = prompt_files.with_settings(None)

    assert found.classification.documents == CANARY / "documents.jsonl"
    assert (len(work.documents) > 8, bool(work.sums), "{document}" in work.user) == (True, True, True)
    assert (work.tools.trained, work.padding is None) == (True, False)


def test_every_problem_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    """Whatever a case would have come upon after production had gone."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)

    with pytest.raises(BadConfigs) as caught:
        prompt_files.with_settings(settings(tmp_path))

    lines = str(caught.value).splitlines()
    assert {Path(line.partition(":")[0]).name for line in lines} == set(FILES)
    assert len([line for line in lines if line.startswith(f"{tmp_path / 'documents'}:")]) > 1
    assert [line for line in lines if line.startswith(f"{tmp_path / 'config_map'}:1: ")]


def test_a_file_that_is_missing_is_told_once_with_those_that_are_wrong(tmp_path: Path) -> None:
    """With the key that names it."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)

    with pytest.raises(BadConfigs) as caught:
        prompt_files.with_settings(settings(tmp_path, sums="gone"))

    said = str(caught.value)
    assert f"reasoning.sums: there is no file {tmp_path / 'gone'}" in said
    assert said.count("gone") == 1
    assert f"{tmp_path / 'prompts'}: ml.classify_user" in said


def test_settings_that_cannot_be_read_are_all_that_is_told(tmp_path: Path) -> None:
    """What they name is not known."""
    (tmp_path / "qualify.toml").write_text("banana = [")

    with pytest.raises(BadConfig, match="not valid TOML"):
        prompt_files.with_settings(tmp_path / "qualify.toml")


def test_what_is_not_utf8_is_told(tmp_path: Path) -> None:
    """Of a proxy's config map as of every other file."""
    for name in FILES:
        (tmp_path / name).write_bytes(b"\xff")

    with pytest.raises(BadConfigs) as caught:
        prompt_files.with_settings(settings(tmp_path))

    assert str(caught.value).count("is not UTF-8") == len(FILES)

from __future__ import annotations

from pathlib import Path

import pytest

from vllm_qualify.core.errors import UserError
from vllm_qualify.upgrade import host_folder

COMPOSE = "services: {llm: {image: 'vllm/vllm-openai:v1'}}\n"


def test_files_are_told_apart_by_their_names(tmp_path: Path) -> None:
    """Compose files in their order, what starts production, and variables, those of Compose first."""
    for name in ("a.yml", "b.yaml", "run.sh", "llm.service", ".env", "x.env", "NOTES"):
        (tmp_path / name).write_text(
            COMPOSE if name == "a.yml" else "services: {}\n" if name == "b.yaml" else "A=1\r\n"
        )
    (tmp_path / "binary").write_bytes(b"\xff\x00")
    names = ("a.yml", "b.yaml", "run.sh", "llm.service", "x.env")

    found = host_folder.read([tmp_path / name for name in names], services=(), environment={})

    assert (found.compose, found.services) == (("a.yml", "b.yaml"), ("llm",))
    assert (found.starts, found.variables) == (("run.sh", "llm.service"), (".env", "x.env"))
    assert found.texts["x.env"] == "A=1\r\n"
    assert set(found.beside) == {"NOTES"}


def test_a_file_of_variables_may_take_the_place_of_composes_own(tmp_path: Path) -> None:
    """As with --env-file."""
    for name, text in {"a.yml": COMPOSE, ".env": "A=1\n", "gpu.env": "A=2\n"}.items():
        (tmp_path / name).write_text(text)

    found = host_folder.read([tmp_path / "a.yml"], services=(), environment={}, variables=tmp_path / "gpu.env")

    assert found.variables == ("gpu.env",)


def test_files_may_be_far_apart(tmp_path: Path) -> None:
    """The patch is applied in what they have in common."""
    for name in ("systemd/llm.service", "llm/vllm.env"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("A=1\n")

    found = host_folder.read(
        [tmp_path / "systemd" / "llm.service", tmp_path / "llm" / "vllm.env"], services=(), environment={}
    )

    assert found.root == str(tmp_path)
    assert set(found.texts) == {"systemd/llm.service", "llm/vllm.env"}


def test_variables_alone_start_nothing(tmp_path: Path) -> None:
    """Something has to."""
    (tmp_path / "x.env").write_text("A=1\n")

    with pytest.raises(UserError, match="none of the files of --file starts anything"):
        host_folder.read([tmp_path / "x.env"], services=(), environment={})

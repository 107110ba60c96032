"""Every command that reports something does so for programs as well, as its schema says."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from tests.unit.cli.called import forked
from tests.unit.cli.command_lines import PARSED, WORDS, fill
from vllm_qualify import reports
from vllm_qualify.cli import calling, exit_codes

SCHEMAS = {name: name for name in PARSED if name not in {"completion", "init"}} | {"diagnose": "diagnosis"}
HERE = sorted(set(SCHEMAS) - {"restore"})
"""A restoration needs a cluster; the tests of restore have one."""


def schema(command: str) -> jsonschema.Draft202012Validator:
    """What holds the output of a command against its schema."""
    path = Path(reports.__file__).parent / f"{SCHEMAS[command]}.schema.json"
    return jsonschema.Draft202012Validator(
        json.loads(path.read_bytes()), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )


@pytest.fixture(scope="module", name="folder")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An operator's own, where every command has something to show."""
    folder = tmp_path_factory.mktemp("operator")
    fill(folder)
    forked(folder, "history", "--add", "reports")
    return folder


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_command_that_reports_has_it(name: str) -> None:
    """With the version that its schema tells."""
    formats = calling.parser(name).awaited("--format")

    assert formats is not None
    assert "json" in (formats.choices or ())
    assert schema(name).schema["properties"]["schema"]["const"] == 1


@pytest.mark.parametrize("name", HERE)
def test_the_output_is_as_the_schema_says(name: str, folder: Path) -> None:
    """Each document, and nothing else on standard output; the exit code is the same as for people."""
    code, shown, said = forked(folder, name, *WORDS[name], "--format", "json")

    documents = [json.loads(shown)] if name == "history" else [json.loads(line) for line in shown.splitlines()]

    assert documents
    for document in documents:
        schema(name).validate(document)
    assert (code, said) == forked(folder, name, *WORDS[name])[::2]
    assert code in dict(exit_codes.told())[name].all_codes


@pytest.mark.parametrize("name", HERE)
def test_what_is_wrong_stays_a_line(name: str, folder: Path) -> None:
    """A mistake is no document, but a line on standard error, as for people."""
    code, shown, said = forked(folder, name, "--format", "json", "--nonsense")

    assert (code, shown) == (4, "")
    assert said.startswith(f"vllm-qualify {name}: ")


@pytest.mark.parametrize("name", [one for one in HERE if one not in {"diagnose", "history"}])
def test_quiet_leaves_something_out(name: str, folder: Path) -> None:
    """What is left is part of what is shown otherwise, and the exit code stays."""
    code, shown, said = forked(folder, name, *WORDS[name])
    brief = forked(folder, name, *WORDS[name], "--quiet")

    assert (brief[0], brief[2]) == (code, said)
    assert brief[1]
    assert len(brief[1]) < len(shown)

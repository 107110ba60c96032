from typing import Any

import pytest

from catalogue_maker import writing
from catalogue_maker.source import UnknownShape
from vllm_qualify.catalogue import reading

OPTION = {
    "options": ["--seed", "-s"], "dest": "seed", "nargs": None, "choices": None, "const": None, "default": "0",
    "type": "int", "deprecated": False, "help": "",
}  # fmt: skip


def options(**entrypoints: list[dict[str, Any]]) -> dict[str, Any]:
    """A document with these options by entrypoint."""
    return {"version": "0.12.0", "options": {"api_server": [], "serve": []} | entrypoints}


def test_an_option_of_both_entrypoints_is_one_line() -> None:
    """Without what is the same in nearly all options."""
    lines = writing.lines(options(api_server=[OPTION], serve=[OPTION]))

    assert lines == {"--seed": [{"options": ["--seed", "-s"], "dest": "seed", "default": "0", "type": "int"}]}


def test_an_option_of_one_entrypoint_says_so() -> None:
    """Both for those that the first has alone and for those of the second."""
    tag = {"options": [], "dest": "model_tag"}
    lines = writing.lines(options(api_server=[OPTION], serve=[tag]))

    assert [lines["--seed"][0]["only"], lines["model_tag"][0]["only"]] == ["api_server", "serve"]


def test_an_option_that_means_two_things_stops_the_maker() -> None:
    """The catalogue has one line for it, so it must not be lost which one."""
    with pytest.raises(UnknownShape, match=r"--seed of vLLM 0\.12\.0 differs"):
        writing.lines(options(api_server=[OPTION], serve=[{**OPTION, "type": "str"}]))


def test_the_catalogue_is_what_the_maker_writes(tmp_path: Any) -> None:
    """Reading the files of the repository and writing them again changes no byte: nobody wrote in them by hand."""
    folder = reading.folder()
    texts = {
        name: (folder / name).read_text(encoding="utf-8") for name in ("releases.json", "flags.json", "names.json")
    }

    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert writing.files(writing.read(tmp_path).values()) == texts


def test_a_release_that_changes_nothing_adds_only_itself(tmp_path: Any) -> None:
    """So the diff of a new release shows what is new in it."""
    texts = {name: (reading.folder() / name).read_text(encoding="utf-8") for name in ("flags.json", "names.json")}
    documents = writing.read(_copied(tmp_path))
    newest = list(documents.values())[-1]

    files = writing.files([*documents.values(), {**newest, "version": "99.0.0"}])
    assert {name: files[name] for name in texts} == texts


def test_there_is_a_first_time(tmp_path: Any) -> None:
    """An empty folder is a catalogue without releases."""
    assert writing.read(tmp_path) == {}


def _copied(folder: Any) -> Any:
    for name in ("releases.json", "flags.json", "names.json"):
        (folder / name).write_text((reading.folder() / name).read_text(encoding="utf-8"), encoding="utf-8")
    return folder

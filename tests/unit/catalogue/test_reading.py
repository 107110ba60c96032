from typing import Any

import pytest
from packaging.version import Version

from vllm_qualify.arguments.command_line import Entrypoint
from vllm_qualify.catalogue import Release, UnknownFields, reading
from vllm_qualify.catalogue.spans import BadSpan
from vllm_qualify.core.records import Certainty

FACT = ["x", "probable", "docker/Dockerfile"]
SEED = {"options": ["--seed"], "dest": "seed", "type": "int"}


def entry(version: str) -> dict[str, Any]:
    """One release of releases.json."""
    return {
        "version": version,
        "date": "2026-01-02",
        "origin": "sdist",
        "requires_python": ">=3.10",
        "engines": ["V1"],
        "torch": ["2.9.0", "certain", "requirements/cuda.txt"],
        "transformers": [">=4.56", "certain", "requirements/common.txt"],
        "unknown_fields": "allow",
        "image": {
            "compat": ["transient", "certain", "docker/Dockerfile"],
            "entrypoint": ["vllm serve", "certain", "docker/Dockerfile"],
            "python": FACT,
            "variants": [
                {"suffix": "", "cuda": ["12.9.1", *FACT[1:]], "arch_list": ["8.0 9.0+PTX", *FACT[1:]]},
                {"suffix": "cu130", "cuda": ["13.0.1", *FACT[1:]], "arch_list": ["8.0", *FACT[1:]]},
            ],
        },
    }


def build(flags: dict[str, list[dict[str, Any]]] | None = None, **names: dict[str, Any]) -> tuple[Release, ...]:
    """A catalogue of two releases."""
    empty: dict[str, dict[str, Any]] = {subject: {} for subject in (*reading.SETS, "quantizations")}
    return reading.build([entry("0.9.2"), entry("0.12.0")], flags=flags or {}, names=empty | names)


def test_a_fact_keeps_certainty_and_source() -> None:
    """What the user reads later is as sure as it was read."""
    cuda = build()[0].image.default.cuda

    assert (cuda.value, cuda.certainty, cuda.source) == (Version("12.9.1"), Certainty.PROBABLE, "docker/Dockerfile")


def test_a_variant_is_found_by_its_suffix() -> None:
    """The suffix of a tag names the image, an empty one the default; what the pipeline does not build is not there."""
    image = build()[0].image

    assert [str(one.cuda) for one in (image.find(""), image.find("cu130")) if one] == ["12.9.1", "13.0.1"]
    assert image.find("cu118") is None


def test_a_name_belongs_to_the_releases_of_its_span() -> None:
    """A name that went is not in the releases after."""
    old, new = build(metrics={"vllm:old": "0.9.2", "vllm:both": "0.9.2.."})

    assert old.metrics == {"vllm:old", "vllm:both"}
    assert new.metrics == {"vllm:both"}


def test_a_number_belongs_to_the_releases_of_its_span() -> None:
    """The least compute capability of a method changed between releases."""
    old, new = build(quantizations={"awq_marlin": {"0.9.2": 80, "0.12.0..": 75}, "inc": {"0.12.0..": None}})

    assert old.quantizations == {"awq_marlin": 80}
    assert new.quantizations == {"awq_marlin": 75, "inc": None}


def test_an_option_is_found_by_every_spelling() -> None:
    """Short and long, on and off."""
    line = {"in": "0.12.0..", "options": ["--quantization", "-q"], "dest": "quantization", "choices": ["awq"]}
    old, new = build({"--quantization": [line]})

    assert not old.flags
    assert new.flags["-q"] is new.flags["--quantization"]
    assert new.flags["-q"].flag.choices == ("awq",)


def test_an_option_of_one_entrypoint_is_missing_in_the_other() -> None:
    """``vllm serve`` of early releases reads a configuration file, the module does not."""
    line = {"in": "0.9.2..", "options": ["--config"], "dest": "config", "only": "serve"}
    release = build({"--config": [line], "--seed": [{"in": "0.9.2..", **SEED}]})[0]

    assert {flag.dest for flag in release.parser(Entrypoint.SERVE).flags} == {"config", "seed"}
    assert {flag.dest for flag in release.parser(Entrypoint.API_SERVER).flags} == {"seed"}


def test_the_parser_knows_what_is_registered() -> None:
    """In the form of the real parser's answer, so that the same judge reads both."""
    release = build(
        reasoning_parsers={"qwen3": "0.9.2..", "granite": "0.9.2.."}, quantizations={"awq": {"0.9.2..": 75}}
    )[0]

    known = release.parser(Entrypoint.SERVE).known_values
    assert known == {
        "attention_backend": (),
        "quantization": ("awq",),
        "reasoning_parser": ("granite", "qwen3"),
        "tool_call_parser": (),
    }


def test_a_span_of_an_unknown_release_is_refused() -> None:
    """The files are of one piece or of no use."""
    with pytest.raises(BadSpan):
        build(metrics={"vllm:x": "0.10.0"})


def test_what_becomes_of_unknown_fields_is_read() -> None:
    """Ignored silently, which is worse than refused."""
    assert build()[0].unknown_fields is UnknownFields.IGNORED

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.arguments import parser_report
from vllm_qualify.arguments.command_line import Entrypoint
from vllm_qualify.arguments.parser_report import Parsed, ProbeReport, ProbeRequest

DATA = Path(__file__).parents[1] / "data" / "parser"
plain = st.text(alphabet="abcxyz/.-_", min_size=1, max_size=8)


def report(release: str, entrypoint: str) -> ProbeReport:
    """What the parser of a release really said."""
    return ProbeReport.from_json(json.loads((DATA / f"{release}.{entrypoint}.json").read_text()))


@pytest.mark.parametrize("path", sorted(DATA.glob("*.json")), ids=lambda path: path.stem)
def test_real_answers_are_read(path: Path) -> None:
    """Each stored answer names its release and entrypoint, has options, and an answer to every question."""
    known = ProbeReport.from_json(json.loads(path.read_text()))

    assert f"{known.facts.version}.{known.facts.entrypoint.value}" == path.stem
    assert known.facts.find("--enforce-eager") is not None
    assert known.parsed["ml"].values["max_model_len"] == 8192


def test_options_are_found_in_every_spelling() -> None:
    """Underscores, short names and dotted keys lead to the same option; a beginning does not."""
    facts = report("0.12.0", "serve").facts

    found = [facts.find(name) for name in ("--quantization", "-q", "--compilation_config.level", "--max-model")]

    assert [flag and flag.dest for flag in found] == ["quantization", "quantization", "compilation_config", None]


def test_an_abbreviation_is_an_option_only_while_it_is_the_only_one() -> None:
    """The beginning of one option is that option to argparse; the beginning of two, or a full name, is none."""
    facts = report("0.12.0", "serve").facts

    found = [facts.abbreviated(name) for name in ("--max-model", "--m", "--max-model-len", "-q", "--zzz")]

    assert [flag and flag.dest for flag in found] == ["max_model_len", None, None, None, None]


def test_all_questions_go_into_one_request() -> None:
    """The whole line, each of its groups alone, and the made-up flag are asked in one go."""
    asked = parser_report.questions({"ml": ("m", "--enforce-eager", "--seed", "7")})

    assert asked == {
        "control": ("--vllm-qualify-made-up-flag",),
        "ml": ("m", "--enforce-eager", "--seed", "7"),
        "ml#0": ("m",),
        "ml#1": ("--enforce-eager",),
        "ml#2": ("--seed", "7"),
    }
    request = ProbeRequest(entrypoint=Entrypoint.SERVE, argvs=asked).to_json()
    assert json.loads(json.dumps(request)) == request


def test_parts_belong_to_their_own_line() -> None:
    """The groups of one line are not mixed with those of another whose name begins alike."""
    parsed = {
        name: Parsed(argv=(name,), accepted=True) for name in parser_report.questions({"m": ("a",), "ml": ("b", "--c")})
    }
    both = ProbeReport(facts=report("0.12.0", "serve").facts, parsed=parsed)

    assert [part.argv for part in both.parts("m")] == [("m#0",)]
    assert [part.argv for part in both.parts("ml")] == [("ml#0",), ("ml#1",)]


@given(st.text(alphabet="0123456789ABCDEF", min_size=6, max_size=12), st.lists(plain), st.booleans())
def test_secrets_never_enter_a_record(secret: str, others: list[str], joined: bool) -> None:  # noqa: FBT001 - hypothesis.
    """A key is gone from words, values, errors and notes, however it was written and nested."""
    option = [f"--api-key={secret}"] if joined else ["--api-key", secret]
    document: dict[str, Any] = {
        "argv": [*others, *option],
        "accepted": False,
        "error": f"argument --api-key: {secret!r}",
        "values": {"api_key": [secret], "nested": {"deep": [f"Bearer {secret}"]}},
        "notes": [f"got {secret}"],
    }

    assert secret not in repr(Parsed.from_json(document))


def test_a_short_secret_is_blanked_as_a_word_of_its_own() -> None:
    """Other words keep its letters."""
    said = {"error": "argument --api-key: 'a' and --x=a are bad", "argv": ["a", "--model", "a/b"]}

    found = parser_report.blank(said, ["a"])

    assert found == {"error": "argument --api-key: '***' and --x=*** are bad", "argv": ["***", "--model", "a/b"]}

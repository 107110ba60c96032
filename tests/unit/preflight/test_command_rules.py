"""The rules of the command line: entrypoint, model, options, values."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vllm_qualify.arguments.command_line import Entrypoint
from vllm_qualify.arguments.parser_report import ProbeReport
from vllm_qualify.checks import arguments as judge
from vllm_qualify.core.records import Certainty, Finding, Outcome, Severity
from vllm_qualify.preflight import ImageFacts, Question

Ask = Callable[..., Question]
Rulings = Callable[..., tuple[Finding, ...]]
PARSERS = Path(__file__).parents[1] / "data" / "parser"
MODULE = ("python3", "-m", "vllm.entrypoints.openai.api_server")
SERVE = ("vllm", "serve")
X = "Qwen/Qwen3-8B-AWQ"


@pytest.mark.parametrize(
    ("tag", "command", "args", "says"),
    [
        ("v0.8.5.post1", (), ("--model", X), ""),
        ("v0.8.5.post1", (), (X,), "not recognized"),
        ("v0.8.5.post1", (), ("serve", X), "'serve' is one argument too many"),
        ("v0.10.2", (), (X,), "accepted but ignored: it would serve Qwen/Qwen3-0.6B"),
        ("v0.10.2", SERVE, ("--model", X), "refuses --model (E20)"),
        ("v0.10.2", SERVE, (X,), ""),
        ("v0.11.0", SERVE, ("--model", X), "refuses --model (E20)"),
        ("v0.11.1", (), ("--model", X), ""),
        ("v0.12.0", (), (X,), ""),
        ("v0.12.0", (), ("--model", X), ""),
        ("v0.12.0", (), ("serve", X), "'serve' is one argument too many"),
        ("v0.12.0", MODULE, (X,), "accepted but ignored"),
        ("v0.12.0", (), (), "names no model"),
        ("v0.8.5.post1", (), ("--enforce-eager",), "serve the default facebook/opt-125m"),
        ("v0.12.0", ("./start.sh",), (), "does not start a recognisable vLLM server"),
    ],
)
def test_where_the_model_is_named(
    found: Rulings, tag: str, command: tuple[str, ...], args: tuple[str, ...], says: str
) -> None:
    """Each entrypoint takes the model in its own place; what would serve another model is stopped."""
    whole = (*command, *args) if command else ()
    stops = [one for one in found("P16", tag, command=whole, args=args if not command else ()) if one.blocks]

    assert [says in one.actual for one in stops] == ([True] if says else [])


def test_the_registrys_entrypoint_counts(found: Rulings) -> None:
    """An image that was derived with another entrypoint is judged by that one."""
    registry = ImageFacts(entrypoint=SERVE, cmd=("--model", X))

    assert [one.severity for one in found("P16", "v0.10.2", registry=registry)] == [Severity.BLOCK]
    assert "E20" in found("P16", "v0.10.2", registry=registry, args=())[0].actual
    assert "names no model" in found("P16", "v0.10.2", registry=registry, command=SERVE, args=())[0].actual


@pytest.mark.parametrize(
    ("tag", "args", "says"),
    [
        ("v0.17.0", ("--disable-log-requests",), "removed in v0.17.0"),
        ("v0.8.5.post1", ("--enable-log-requests",), "new in v0.10.1"),
        ("v0.10.2", ("--device", "cuda"), "removed in v0.10.0"),
        ("v0.18.0", ("--swap-space=4",), "removed in v0.18.0"),
        ("v0.12.0", ("--guided_decoding_backend", "xgrammar"), "--guided-decoding-backend"),
        ("v0.12.0", ("--enforce-eagre",), "no option --enforce-eagre"),
        ("v0.12.0", ("-tp2",), "no option -tp2"),
    ],
)
def test_options_that_a_release_does_not_have(found: Rulings, tag: str, args: tuple[str, ...], says: str) -> None:
    """An unknown option certainly stops the start; when it came or went, and what to write, is said."""
    (ruling,) = found("P17", tag, args=("--model", X, *args))

    assert (ruling.severity, ruling.certainty) == (Severity.BLOCK, Certainty.CERTAIN)
    assert says in ruling.actual
    assert ruling.remedy


@pytest.mark.parametrize(("tag", "word"), [("v0.10.2", "-O3"), ("v0.20.2", "-O3"), ("v0.20.2", "-cc.mode=3")])
def test_options_of_one_letter(found: Rulings, tag: str, word: str) -> None:
    """What argparse and vLLM's parser take apart themselves is no unknown option."""
    assert not found("P17", tag, args=("--model", X, word))


@pytest.mark.parametrize(
    ("tag", "args", "severity", "says"),
    [
        ("v0.8.5.post1", ("--reasoning-parser", "qwen3"), Severity.BLOCK, "deepseek_r1"),
        ("v0.12.0", ("--reasoning-parser", "qwen3x"), Severity.BLOCK, "qwen3"),
        ("v0.12.0", ("--reasoning-parser", "qwen3x", "--reasoning-parser-plugin", "p.py"), None, ""),
        ("v0.12.0", ("--quantization", "awq_marlyn"), Severity.BLOCK, "write --quantization awq_marlin"),
        ("v0.12.0", ("-q", "awq"), None, ""),
        ("v0.12.0", ("--dtype", "float8"), Severity.BLOCK, "the choices are"),
        ("v0.12.0", ("--max-num-seqs", "many"), Severity.BLOCK, "expected a number"),
        ("v0.12.0", ("--port",), Severity.BLOCK, "it needs a value"),
        ("v0.12.0", ("--enforce-eager=true",), Severity.BLOCK, "it takes no value"),
        ("v0.12.0", ("--no-enforce-eager",), None, ""),
        ("v0.12.0", ("--max-model-len", "8k"), None, ""),
        ("v0.12.0", ("--tokenizer-mode", "hff"), Severity.WARN, "accepts any value here"),
        ("v0.12.0", ("--tokenizer-mode", "hf"), None, ""),
        ("v0.12.0", ("--served-model-name", "a", "b"), None, ""),
        (
            "v0.10.2",
            ("--limit-mm-per-prompt", "image=4"),
            Severity.BLOCK,
            """write --limit-mm-per-prompt '{"image": 4}'""",
        ),
        ("v0.10.0", ("--limit-mm-per-prompt", "image=4"), Severity.BLOCK, "expected JSON"),
        ("v0.9.2", ("--limit-mm-per-prompt", "image=4"), None, ""),
        ("v0.9.2", ("--limit-mm-per-prompt", '{"image": 4}'), None, ""),
        ("v0.8.4", ("--limit-mm-per-prompt", '{"image": 4}'), Severity.BLOCK, "write --limit-mm-per-prompt 'image=4'"),
        ("v0.33.0", ("--limit-mm-per-prompt.image", "4"), None, ""),
        ("v0.10.2", ("--rope-scaling", "factor=2"), Severity.BLOCK, "expected JSON"),
        ("v0.20.2", ("--hf-overrides", "{rope: 1}"), Severity.BLOCK, "between the braces"),
        ("v0.20.2", ("--hf-overrides", "some.module.function"), None, ""),
        ("v0.20.2", ("--compilation-config", "{mode: 3}"), Severity.BLOCK, "expected JSON"),
        ("v0.20.2", ("-cc.mode=3",), None, ""),
        ("v0.20.2", ("--speculative-config", "method=ngram"), Severity.BLOCK, "expected JSON"),
        ("v0.20.2", ("--kv-transfer-config", "{kv_role: x}"), Severity.BLOCK, "expected JSON"),
        ("v0.20.2", ("--override-generation-config", '{"top_p": 1}'), None, ""),
    ],
)
def test_values(found: Rulings, tag: str, args: tuple[str, ...], severity: Severity | None, says: str) -> None:
    """A value that the parser refuses, or that the release dies of later, is told with what it does know."""
    rulings = found("P18", tag, args=("--model", X, *args))

    assert [one.severity for one in rulings] == ([severity] if severity else [])
    assert all(says in f"{one.actual} {one.remedy}" for one in rulings)


def test_words_without_an_option(found: Rulings) -> None:
    """A word behind a switch belongs to nobody."""
    args = ("--model", X, "--enforce-eager", "true", "yes")

    assert [one.severity for one in found("P19", "v0.12.0", args=args)] == [Severity.BLOCK]
    assert not found("P19", "v0.12.0", args=(X, "--enforce-eager"))
    assert len(found("P19", "v0.8.5.post1", args=args)) == 1


def test_options_on_their_way_out(found: Rulings) -> None:
    """What a release calls deprecated is a warning with the date of its end; so is an abbreviation."""
    (ruling,) = found("P20", "v0.12.0", args=("--model", X, "--disable-log-requests"))
    (short,) = found("P17", "v0.12.0", args=("--model", X, "--enforce-e"))

    assert (ruling.severity, "removed in v0.17.0" in ruling.actual) == (Severity.WARN, True)
    assert (short.severity, short.remedy) == (Severity.WARN, "write --enforce-eager")


@pytest.mark.parametrize(
    ("tag", "args", "severity"),
    [
        ("v0.12.0", ("--enable-auto-tool-choice",), Severity.BLOCK),
        ("v0.12.0", ("--enable-auto-tool-choice", "--tool-call-parser", "hermes"), None),
        ("v0.8.5.post1", ("--enable-reasoning",), Severity.BLOCK),
        ("v0.8.5.post1", ("--reasoning-parser", "deepseek_r1"), Severity.WARN),
        ("v0.8.5.post1", ("--reasoning-parser", "deepseek_r1", "--enable-reasoning"), None),
        ("v0.9.2", ("--reasoning-parser", "deepseek_r1"), None),
    ],
)
def test_options_that_act_together(found: Rulings, tag: str, args: tuple[str, ...], severity: Severity | None) -> None:
    """An option without its partner stops the start, or has no effect, which only a warning can tell."""
    rulings = found("P26", tag, args=("--model", X, *args))

    assert [one.severity for one in rulings] == ([severity] if severity else [])


@pytest.mark.parametrize("path", sorted(PARSERS.glob("*.json")), ids=lambda path: path.stem)
def test_the_real_parser_agrees(found: Rulings, path: Path) -> None:
    """A command line that passes the judge of real parsers passes these rules, and one that fails is stopped by one."""
    report = ProbeReport.from_json(json.loads(path.read_text()))
    command = MODULE if report.facts.entrypoint is Entrypoint.API_SERVER else SERVE
    # Of a part that is taken nobody knows the value.
    asked = {name: one for name, one in report.parsed.items() if not one.accepted or "#" not in name}
    tag = f"v{path.stem.rpartition('.')[0]}"

    ours = {name for name, one in asked.items() if stopped(found, tag, command=(*command, *one.argv), args=())}

    judges = (judge.accepted, judge.meaning)
    assert ours == {name for name in asked if Outcome.FAILED in {each(report, name).outcome for each in judges}}
    assert {"control", "many", "many#3", "nonsense", "wanting"} <= ours
    assert "ml" in asked.keys() - ours


def stopped(found: Rulings, tag: str, **how: Any) -> bool:
    """Whether one of the rules of the parser stops it; a part of a command line names no model, which is no fault."""
    rulings = [one for rule in ("P16", "P17", "P18", "P19", "P26") for one in found(rule, tag, **how)]
    return any(one.blocks and "names no model" not in one.actual for one in rulings)

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.preflight.conftest import Ask
from vllm_qualify import preflight
from vllm_qualify.arguments.command_line import Group
from vllm_qualify.arguments.shell.config_file import ConfigFile
from vllm_qualify.core.records import Certainty, Finding, Severity
from vllm_qualify.kube import manifests
from vllm_qualify.preflight import ManifestFacts, PredictedVerdict, serve_command

FIELD = Path(__file__).parents[1] / "kube" / "field"
NODE = preflight.node(gpu="NVIDIA GeForce RTX 3090", driver="580.95.05", toolkit="1.18.0")
SOURCE = {"$(X)": "the ConfigMap c, which is not available"}


def asked(ask: Ask, *args: str, tag: str = "v0.19.1", **changed: object) -> tuple[Finding, ...]:
    """What is said of a command line in which ``$(X)`` is not known."""
    return preflight.findings(ask(tag, args=args, unknowns=SOURCE, node=NODE, **changed))


def blocks(found: tuple[Finding, ...]) -> list[tuple[str, str, Certainty]]:
    """What stands in the way: rule, option, certainty."""
    return [(one.id, one.path, one.certainty) for one in found if one.blocks]


@pytest.mark.parametrize(
    ("args", "rule"),
    [
        (("--model=Qwen/Qwen3-8B-AWQ", "--max-model-len", "$(X)"), "P12"),
        (("--model=Qwen/Qwen3-8B-AWQ", "--max-model-len=8192", "--tensor-parallel-size=$(X)"), "P31"),
        (("--model=Qwen/Qwen3-8B-AWQ", "--max-model-len=8192", "--dtype=$(X)"), "P11"),
        (("--model=Qwen/Qwen3-8B-AWQ", "--max-model-len=8192", "-q", "$(X)"), "P10"),
        (("--model=Qwen/Qwen3-8B-AWQ", "--max-model-len=8192", "--tool-call-parser=$(X)"), "P18"),
        (("--model=Qwen/Qwen3-8B-AWQ", "--max-model-len=8192", "--max-num-seqs=1$(X)"), "P12"),
        (("--model=Qwen/Qwen3-8B-AWQ", "--max-model-len=8192", "--$(X)=1"), "P10"),
        (("--model=Qwen/Qwen3-8B-AWQ", "--max-model-len=8192", "$(X)"), "P10"),
    ],
)
def test_what_needs_an_unknown_value_cannot_be_verified(ask: Ask, args: tuple[str, ...], rule: str) -> None:
    """One rule says what is not known and where it is; nothing is stopped for the spelling of a variable."""
    found = asked(ask, *args)

    ((id_, path, certainty),) = blocks(found)
    assert (id_, certainty) == (rule, Certainty.POSSIBLE)
    assert path
    assert preflight.verdict(found).verdict is PredictedVerdict.CANNOT_VERIFY


@pytest.mark.parametrize("args", [("--api-key=$(X)",), ("--served-model-name", "$(X)"), ("--chat-template", "/m/$(X)")])
def test_an_unknown_value_that_nobody_asks_for_does_not_matter(ask: Ask, args: tuple[str, ...]) -> None:
    """A key from a Secret makes no release doubtful."""
    found = asked(ask, "--model=Qwen/Qwen3-8B-AWQ", "--max-model-len=8192", *args)

    assert blocks(found) == []


def test_it_says_where_the_value_is_and_how_to_tell_it(ask: Ask) -> None:
    """The name of the source, the option with which the variable is given, and no more than one such finding."""
    found = asked(ask, "--model=$(X)", "--max-model-len=8192", model=None)

    (stop,) = (one for one in found if one.blocks)
    assert stop.actual == "--model is $(X) (the ConfigMap c, which is not available)"
    assert stop.remedy.startswith("provide it: --env X=VALUE; or the ConfigMap in the same file or folder")


def test_the_other_rules_that_need_it_say_so_in_short(ask: Ask) -> None:
    """P12 tells it in full; the others, which need the length as well, only that they did not look."""
    found = asked(ask, "--model=Qwen/Qwen3-8B-AWQ", "--max-model-len=$(X)")

    notes = [one.id for one in found if one.actual == "not checked: --max-model-len is not known"]
    assert notes == ["P27", "P13", "P18"]
    assert all(one.severity is Severity.NOTE for one in found if one.id in notes)


def test_what_is_certain_stays_certain_beside_it(ask: Ask) -> None:
    """An option that the release does not have is in the way, whatever the others are."""
    found = asked(ask, "--model=$(X)", "--max-model-len=8192", "--swap-space=4")

    assert ("P17", "--swap-space", Certainty.CERTAIN) in blocks(found)
    assert preflight.verdict(found).verdict is not PredictedVerdict.SHOULD_WORK


def test_a_default_is_not_taken_where_options_may_come_from_elsewhere(ask: Ask) -> None:
    """Behind a switch an unknown word may be any option, so that nobody knows what is absent."""
    question = ask("v0.19.1", args=("--model", "m", "--enforce-eager", "$(X)"), unknowns=SOURCE)

    assert question.command is not None
    assert [gap.what for gap in question.command.gaps] == [
        "$(X) (the ConfigMap c, which is not available) may add options"
    ]
    with pytest.raises(serve_command.UnknownValue, match="--quantization among them"):
        question.command.value("--quantization")
    assert question.command.value("--model") == "m"


@pytest.mark.parametrize(
    ("file", "tag", "stops"),
    [
        # The ConfigMap stands in the same file, so that the length is known.
        ("m10-env-expansion", "v0.8.5", set()),
        ("m10-env-expansion", "v0.19.1", {"--guided-decoding-backend", "--swap-space"}),
        ("m19-envfrom", "v0.19.1", set()),
    ],
)
def test_the_manifests_of_the_field_are_stopped_for_what_is_so(ask: Ask, file: str, tag: str, stops: set[str]) -> None:
    """A value from a ConfigMap that is at hand is read, and one from elsewhere stops nothing with certainty."""
    read = manifests.serving((FIELD / f"{file}.yaml").read_text(), source=file)

    facts = ManifestFacts.of(read)
    found = preflight.findings(ask(tag, args=facts.args, env=facts.env, unknowns=facts.unknowns, model=None, node=NODE))

    assert {one.path for one in found if one.blocks and one.certainty is Certainty.CERTAIN} == stops


def test_a_map_that_is_not_at_hand_leaves_the_verdict_open(ask: Ask) -> None:
    """Model and parallelism come from envFrom: neither good nor bad from the file alone."""
    read = manifests.serving((FIELD / "m19-envfrom.yaml").read_text(), source="m19")

    facts = ManifestFacts.of(read)
    found = preflight.findings(
        ask("v0.19.1", args=facts.args, env=facts.env, unknowns=facts.unknowns, model=None, node=NODE)
    )

    assert preflight.verdict(found).verdict is PredictedVerdict.CANNOT_VERIFY
    assert {one.path for one in found if one.blocks} == {"--model", "--tensor-parallel-size"}


def field(ask: Ask, text: str, tag: str) -> tuple[Finding, ...]:
    """What is said of a manifest of the field."""
    facts = ManifestFacts.of(manifests.serving(text, source="m"))
    changed = {"args": facts.args, "unknowns": facts.unknowns, "config": facts.config, "model": None, "node": NODE}
    return preflight.findings(ask(tag, **changed))


def test_an_option_of_the_configuration_file_is_judged_like_one_of_the_line(ask: Ask) -> None:
    """The release does not have it, and the finding says where it stands."""
    found = field(ask, (FIELD / "m14-config-file.yaml").read_text(), "v0.19.1")

    (stop,) = (one for one in found if one.path == "--swap-space")
    assert (stop.id, stop.certainty, stop.blocks) == ("P17", Certainty.CERTAIN, True)
    assert stop.actual.endswith("it is set in key vllm.yaml of the ConfigMap vllm-conf")


def test_a_configuration_file_that_was_not_read_is_named(ask: Ask) -> None:
    """What it may set is not known; the first rule that asks says so, and none takes the default for granted."""
    text = (FIELD / "m14-config-file.yaml").read_text().partition("---\n")[2]

    found = field(ask, text, "v0.19.1")

    (stop,) = (one for one in found if one.blocks)
    assert stop.actual.startswith("the file /etc/vllm/vllm.yaml of --config was not read (it is in the ConfigMap vllm-")
    assert preflight.verdict(found).verdict is PredictedVerdict.CANNOT_VERIFY


def test_the_command_line_outranks_the_configuration_file(ask: Ask) -> None:
    """As vLLM has it: the last word counts, and a model in front of all options is the model."""
    options = (Group(flag="--model", values=("a",), origin="c"), Group(flag="--port", values=("1",), origin="c"))
    config = ConfigFile(path="c", groups=options)

    command = ask("v0.19.1", args=("b", "--port", "2", "--config", "c"), config=config).command

    assert command is not None
    assert (command.model, command.value("--port")) == ("b", "2")

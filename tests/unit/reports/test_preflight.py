"""What people read of predictions, in the corners that the operator's own node does not show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from vllm_qualify import preflight
from vllm_qualify.core import images
from vllm_qualify.core.records import Certainty, Finding, Severity
from vllm_qualify.core.remedies import Change, ChangeKind, Remedy
from vllm_qualify.core.rules import Rule, RuleResult
from vllm_qualify.preflight import RULES, ImageFacts, ManifestFacts, PredictedVerdict, Prediction, verdict
from vllm_qualify.preflight.predict import ImagePrediction, LaunchSpec, RegistryAnswer, Subject
from vllm_qualify.reports import preflight as render
from vllm_qualify.reports import preflight_table, preflight_words

DRIVER = Change(kind=ChangeKind.DRIVER, text="update the driver to 580 or newer", value="580")
RESULT = RuleResult(actual="driver 570 is older", remedies=(Remedy(changes=(DRIVER,)),))
RULING = next(rule for rule in RULES if rule.id == "P03").finding(RESULT, subject="image")


def predicted(tag: str = "v1.0.0", *rulings: Finding, told: RegistryAnswer | None = None) -> ImagePrediction:
    """A prediction with these findings."""
    return ImagePrediction(
        image=images.parse(f"vllm/vllm-openai:{tag}"),
        prediction=verdict(rulings),
        findings=rulings,
        told=told or RegistryAnswer(),
    )


def table(*found: ImagePrediction, others: Sequence[ImagePrediction] = ()) -> list[str]:
    """The lines of a table."""
    return preflight_table.table(found, others=others).splitlines()


def test_a_reason_that_several_releases_share_is_told_once() -> None:
    """A reason that differs in the release's own name only is one, with all its releases as spans."""
    tags = ("v1.4.0", "v1.3.0", "v1.2.0", "v1.1.0")
    sick = [predicted(tag, replace(RULING, actual=f"{tag} needs driver 580")) for tag in tags]

    lines = table(sick[0], sick[1], predicted("v1.2.0"), sick[3])

    assert "P03 driver too old: certain for v1.3.0 to v1.4.0 and v1.1.0" in lines
    assert lines.count("  v1.4.0 needs driver 580") == 1
    assert not [line for line in lines if line.endswith("v1.1.0 needs driver 580")]


def test_reasons_that_differ_are_told_apart() -> None:
    """Another number in the evidence is another reason."""
    lines = table(predicted("v1.1.0", RULING), predicted("v1.0.0", replace(RULING, actual="driver 470 is older")))

    assert "P03 driver too old: certain for v1.1.0" in lines
    assert "P03 driver too old: certain for v1.0.0" in lines


def test_certainties_of_one_reason_are_told_apart() -> None:
    """Each release stands behind the certainty that it has."""
    lines = table(predicted("v1.1.0", RULING), predicted("v1.0.0", replace(RULING, certainty=Certainty.PROBABLE)))

    assert "P03 driver too old: certain for v1.1.0, probable for v1.0.0" in lines


def test_nothing_that_should_work() -> None:
    """Where no release does, that is said and not left out."""
    lines = table(predicted("v1.0.0", RULING))

    assert "newest that should work as started now: none" in lines


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_has_a_few_words(rule: Rule) -> None:
    """No rule that stands in the way leaves the column of reasons empty, or wider than the table can take."""
    ruling = rule.finding(RESULT)

    assert preflight_words.briefly(ruling) == f"{rule.id} {rule.brief}"
    assert rule.brief
    assert max(map(len, table(predicted("v0.10.1.1", ruling)))) <= preflight_words.WIDTH


def test_a_finding_without_a_short_name() -> None:
    """What a journal tells without a short name is told by its title, as what is not so, and fits as well."""
    ruling = replace(RULING, id="P99", title="the driver knows it " * 9, brief="")

    assert preflight_words.briefly(ruling).startswith("P99 does not hold: the driver knows it")
    assert max(map(len, table(predicted("v0.10.1.1", ruling)))) <= preflight_words.WIDTH


def test_doubt_is_no_statement() -> None:
    """What cannot be verified is told as perhaps, with how to find out."""
    result = replace(RESULT, certainty=Certainty.POSSIBLE, remedy="let the probe look")
    unsure = next(rule for rule in RULES if rule.id == "P03").finding(result)

    text = render.people(predicted("v1.0.0", unsure))

    assert "v1.0.0: cannot verify (possible): P03 perhaps driver too old" in text
    assert "       what to do: let the probe look\n" in text


def test_a_remedy_that_only_repeats_the_changes_is_told_once() -> None:
    """The same sentence is not printed twice for one finding."""
    (finding,) = render.people(predicted("v1.0.0", RULING)).split("\n\n")[1:]

    assert finding.count("580") == 1


def test_notes_are_short() -> None:
    """What holds is one line, without title and source."""
    note = replace(RULING, severity=Severity.NOTE, source="somewhere")

    assert render.people(predicted("v1.0.0", note)).endswith("\n\n  note P03 certain:   driver 570 is older\n")


@pytest.mark.parametrize("width", [60, 200])
def test_it_is_as_wide_as_the_terminal(width: int) -> None:
    """Text is wrapped there, and the table has the room that there is from 80 columns on."""
    found = predicted("v1.0.0", replace(RULING, actual="the driver " + "is older " * 30))

    _, *lines = render.people(found, width=width).splitlines()
    head, rule, *_ = preflight_table.table([found], width=width).splitlines()

    assert width - 20 < max(map(len, lines)) <= width
    assert len(rule) == max(80, width)
    assert head.startswith("release")


def test_no_terminal_sequence_comes_through() -> None:
    """What a manifest, a registry or a node says cannot paint the operator's terminal."""
    evil = "\x1b[2Jx\x1b]0;owned\x07\n"
    subject = Subject(
        node=preflight.node(name=evil, gpu=evil),
        starts=(LaunchSpec(manifest=ManifestFacts(source=evil), served=evil),),
    )
    found = predicted("v1.0.0", replace(RULING, actual=evil, source=evil), told=RegistryAnswer(problem=evil))

    lines = [*preflight_words.about(subject, basis=evil, hint=evil), render.people(found), *table(found)]

    assert not [line for line in lines if "\x1b" in line or "\x07" in line]


def test_long_words_are_not_cut() -> None:
    """A path that is to be copied is one word on one line, even where it is wider than the page."""
    path = "/very/long" * 20
    change = Change(kind=ChangeKind.ENVIRONMENT, text=f"set X={path}", name="X", value=path)
    found = predicted("v1.0.0", replace(RULING, remedies=(Remedy(changes=(change,)),)))

    assert f"X={path}" in render.people(found).split()


def test_what_is_not_known_of_a_node_is_told_with_its_option() -> None:
    """Each unknown fact names the option that would tell it."""
    text = preflight_words.node(preflight.node(gpu="Mystery 1"))

    for option in ("--gpu-memory", "--compute-capability", "--toolkit"):
        assert option in text


def test_who_answered() -> None:
    """The registry is named with its digest, its silence with the reason, and nothing where none was asked."""
    assert preflight_words.asked(RegistryAnswer()) == ""
    assert "sha256:1" in preflight_words.asked(RegistryAnswer(facts=ImageFacts(digest="sha256:1")))
    assert "gave no information: why" in preflight_words.asked(RegistryAnswer(problem="why"))


def test_changes_in_a_few_words() -> None:
    """A tag is named as it is, a tag that nobody knows to exist is left out, remedies are joined with or."""
    tag = Change(kind=ChangeKind.TAG, text="take the tag v1-cu129", value="v1-cu129")
    unsure = Change(kind=ChangeKind.TAG, text="look whether there is one")
    drop = Change(kind=ChangeKind.ENVIRONMENT, text="drop the variable A", name="A")
    remedies = tuple(Remedy(changes=changes) for changes in ((DRIVER,), (tag,), (unsure,), (drop, DRIVER)))
    prediction = Prediction(verdict=PredictedVerdict.WILL_NOT_WORK, certainty=Certainty.CERTAIN, remedies=remedies)

    assert preflight_words.change_briefly(prediction) == "driver 580 or v1-cu129 or drop A and driver 580"

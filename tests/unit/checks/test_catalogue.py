from dataclasses import replace

import pytest
from packaging.version import Version

from vllm_qualify import catalogue
from vllm_qualify.arguments.command_line import Entrypoint
from vllm_qualify.arguments.parser_report import Flag, ParserFacts, ProbeReport
from vllm_qualify.checks import catalogue as catalogued
from vllm_qualify.core import images
from vllm_qualify.core.records import Judgement, Observation, Outcome

IMAGE = images.parse("vllm/vllm-openai:v0.12.0")
HELP = Flag(options=("-h", "--help"), dest="help", nargs=0, default="'==SUPPRESS=='")


def facts(version: str = "0.12.0") -> ParserFacts:
    """What the parser of a release says, by the catalogue, which the tests of the real engines hold to the truth."""
    release = catalogue.find(Version(version))
    assert release is not None
    told = release.parser(Entrypoint.SERVE)
    return replace(told, flags=(HELP, *told.flags))


def with_flag(told: ParserFacts, dest: str, /, **changes: object) -> ParserFacts:
    """The same parser with another answer of one option, which it must have."""
    assert any(flag.dest == dest for flag in told.flags)
    flags = tuple(replace(flag, **changes) if flag.dest == dest else flag for flag in told.flags)  # type: ignore[arg-type]
    return replace(told, flags=flags)


def compared(told: ParserFacts, image: images.ImageRef = IMAGE) -> Judgement:
    """What is concluded of an image whose parser says so."""
    return catalogued.compared(ProbeReport(facts=told, parsed={}), image)


@pytest.mark.parametrize("release", catalogue.releases(), ids=lambda release: str(release.version))
def test_a_parser_as_in_the_catalogue_passes(release: catalogue.Release) -> None:
    """Of every release, by either entrypoint."""
    image = images.parse(f"registry.example/mirror/vllm-openai:v{release.version}-cu129")

    found = [compared(release.parser(entrypoint), image) for entrypoint in Entrypoint]

    assert [one.outcome for one in found] == [Outcome.PASSED] * 2, found


def test_what_no_parser_says_is_not_compared() -> None:
    """How an option reads a mapping is known from the sources alone; a probe leaves it out."""
    told = facts("0.20.2")
    probed = replace(told, flags=tuple(replace(flag, reads="") for flag in told.flags))

    assert any(flag.reads for flag in told.flags)
    assert compared(probed, images.parse("vllm/vllm-openai:v0.20.2")).outcome is Outcome.PASSED


def test_the_device_of_a_gpu_is_no_choice_where_the_parser_is_asked() -> None:
    """A probe runs on a processor; what it leaves out there is not missing in the image."""
    image = images.parse("vllm/vllm-openai:v0.32.0")
    told = with_flag(facts("0.32.0"), "mm_processor_device", choices=("auto", "cpu"))
    other = with_flag(facts("0.32.0"), "mm_processor_device", choices=("auto",))

    assert compared(told, image).outcome is Outcome.PASSED
    assert "does not allow cpu" in compared(other, image).message


def test_how_much_was_compared_is_told() -> None:
    """A reader sees that it was the whole parser; the help that argparse adds is no option of vLLM's."""
    told = facts()

    judgement = compared(told)

    assert f"all {len(told.flags) - 1} options of vllm serve" in judgement.message
    assert judgement.observations[-1] == Observation(name="options-that-differ", value=0)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"default": "'slow'"}, "--tokenizer-mode has default 'slow' in the image and 'auto' in the catalogue"),
        ({"choices": ("auto", "slow")}, "--tokenizer-mode allows auto, slow as well"),
        ({"nargs": "+"}, "--tokenizer-mode has nargs '+' in the image and None in the catalogue"),
        ({"options": ("--tokenizer-mode", "-m")}, "has options --tokenizer-mode, -m in the image"),
        ({"type": "int"}, "has type 'int' in the image and 'str' in the catalogue"),
        ({"deprecated": True}, "has deprecated True in the image and False in the catalogue"),
        ({"dest": "other"}, "--tokenizer-mode is not in the catalogue; --tokenizer-mode is not in the image"),
    ],
)
def test_whatever_differs_is_warned_of(changes: dict[str, object], said: str) -> None:
    """The option, what the image says of it, and what preflight believed."""
    judgement = compared(with_flag(facts(), "tokenizer_mode", **changes))

    assert (judgement.outcome, said in judgement.message) == (Outcome.WARNED, True), judgement.message
    assert "Either the image is not the release that its tag names, or the catalogue is wrong" in judgement.message
    assert judgement.observations[-1].value == 1


def test_a_choice_that_is_gone_is_warned_of() -> None:
    """The manifest may use just that one, and preflight would have let it through."""
    judgement = compared(with_flag(facts(), "dtype", choices=("auto", "half")))

    assert "--dtype does not allow bfloat16, float, float16, float32" in judgement.message


def test_few_of_many_differences_are_shown() -> None:
    """An image of another release differs in more than a hundred points; three of them and their number are enough."""
    judgement = compared(facts("0.8.5.post1"))

    shown, _, rest = judgement.message.partition("; and ")
    assert judgement.outcome is Outcome.WARNED
    assert "the package claims to be vLLM 0.8.5.post1" in shown
    assert (shown.count(";"), int(rest.split()[0]) > 100) == (2, True), rest
    assert len(judgement.message) < 600


@pytest.mark.parametrize(
    ("version", "outcome"),
    [
        ("0.12.1", Outcome.WARNED),
        ("0.12.0+cu129", Outcome.PASSED),
        ("0.12.0.post2", Outcome.PASSED),
        ("0.1.dev1+g0123456", Outcome.PASSED),
        ("dev", Outcome.PASSED),
    ],
)
def test_a_package_of_another_release_is_warned_of(version: str, outcome: Outcome) -> None:
    """Though its options be the same; rebuilds and builds of no release are told by their options alone."""
    assert compared(replace(facts(), version=version)).outcome is outcome


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("latest", "names no release in its tag"),
        ("v99.1.0", "update vllm-qualify"),
        ("v0.12.0rc1", "it has only final releases"),
    ],
)
def test_without_a_release_there_is_nothing_to_compare(tag: str, said: str) -> None:
    """The reason says whether the tag or the catalogue lacks it."""
    judgement = compared(facts(), images.parse(f"vllm/vllm-openai:{tag}"))

    assert judgement.outcome is Outcome.NOT_APPLICABLE
    assert said in judgement.message


def test_a_stand_in_for_a_parser_is_not_held_to_the_catalogue() -> None:
    """What names a few options is no parser of vLLM's own; half of them missing is no other release either."""
    told = facts()

    judgement = compared(replace(told, flags=told.flags[:80]))

    assert judgement.outcome is Outcome.NOT_APPLICABLE
    assert "reported 79 options, where vLLM 0.12.0 has 195" in judgement.message


def test_what_wavers_by_chance_is_no_difference() -> None:
    """0.8.5 offers one choice more on some starts; one that it never offers is told."""
    release, told = catalogue.find(Version("0.8.5.post1")), facts("0.8.5.post1")
    assert release is not None
    (wavering,) = {(fact.flag.dest, *fact.wavering) for fact in release.flags.values() if fact.wavering}
    known = next(flag for flag in told.flags if flag.dest == wavering[0])

    for more, count in ((wavering[1:], 0), (("made-up",), 1)):
        said = with_flag(told, known.dest, choices=(*known.choices, *more))
        assert len(catalogued.differences(release, said)) == count


@pytest.mark.parametrize("dest", ["compilation_config", "log_config_file", "log_error_stack"])
def test_a_default_that_cannot_be_compared_is_no_difference(dest: str) -> None:
    """Of a configuration the catalogue has the name alone; two defaults are what the manifest's environment says."""
    assert compared(with_flag(facts(), dest, default="'/etc/logging.json'")).outcome is Outcome.PASSED

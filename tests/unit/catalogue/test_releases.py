import subprocess
import sys

import pytest
from packaging.version import Version

from vllm_qualify import catalogue
from vllm_qualify.catalogue import Compat, Release, UnknownFields
from vllm_qualify.core.records import Certainty

STORY = ("--enforce-eager", "--quantization", "--gpu-memory-utilization", "--max-model-len")


def known(version: str) -> Release:
    """The release of the package's own catalogue."""
    release = catalogue.find(Version(version))
    assert release is not None
    return release


def test_releases_are_in_order_and_complete() -> None:
    """From 0.5.5 on, each once, oldest first, with every release that is named in the story."""
    versions = [release.version for release in catalogue.releases()]

    assert versions == sorted(set(versions))
    assert versions[0] == Version("0.5.5")
    named = {"0.5.5", "0.8.5.post1", "0.9.2", "0.10.2", "0.11.0", "0.12.0", "0.15.1", "0.20.0", "0.33.0"}
    assert named <= {str(version) for version in versions}


@pytest.mark.parametrize("version", ["0.4.3", "0.8.5.post9", "99.0.0"])
def test_an_unknown_release_is_not_found(version: str) -> None:
    """Nothing is guessed of a release that nobody has read."""
    assert catalogue.find(Version(version)) is None


@pytest.mark.parametrize(
    ("version", "cuda", "certainty"),
    [
        ("0.8.5.post1", "12.4.0", Certainty.CERTAIN),
        ("0.9.2", "12.8.1", Certainty.CERTAIN),
        ("0.10.2", "12.8.1", Certainty.CERTAIN),
        ("0.11.0", "12.8.1", Certainty.CERTAIN),
        ("0.12.0", "12.9.1", Certainty.CERTAIN),
        ("0.15.1", "12.9.1", Certainty.PROBABLE),
        ("0.20.0", "13.0.2", Certainty.CERTAIN),
        ("0.33.0", "13.0.2", Certainty.CERTAIN),
    ],
)
def test_the_cuda_of_the_default_images(version: str, cuda: str, certainty: Certainty) -> None:
    """What the story's node runs or not hangs on these."""
    fact = known(version).image.default.cuda

    assert (str(fact), fact.certainty) == (cuda, certainty)


def test_images_for_an_older_driver() -> None:
    """From 0.20.0 on the default needs CUDA 13; an image with 12.9 was built beside it until 0.32.0."""
    beside = {str(one.version) for one in catalogue.releases() if one.image.find("cu129")}

    assert {"0.20.0", "0.32.0"} <= beside
    assert not {"0.19.1", "0.33.0"} & beside


def test_the_compatibility_library() -> None:
    """In 0.15 and 0.16 it stands before the host's driver for good; later it waits to be asked for."""
    compat = {version: known(version).image.compat.value for version in ("0.12.0", "0.15.1", "0.16.0", "0.17.0")}

    assert list(compat.values()) == [Compat.TRANSIENT, Compat.PERSISTENT, Compat.PERSISTENT, Compat.OPT_IN]


def test_what_an_image_was_built_for_differs_between_its_variants() -> None:
    """A card of compute capability 8.6 runs code for 8.0, which the Ubuntu 24.04 images of 0.18.1 and 0.19 lack."""
    image = known("0.19.1").image
    other = image.find("ubuntu2404")

    assert "8.0" in image.default.arch_list.value
    assert other is not None
    assert "8.0" not in other.arch_list.value


def test_qwen3_came_with_0_8_4() -> None:
    """Which is why 0.5.5 cannot serve it, whatever the driver."""
    first = next(one.version for one in catalogue.releases() if "Qwen3ForCausalLM" in one.architectures)

    assert first == Version("0.8.4")


def test_the_arguments_of_the_story_are_known_everywhere() -> None:
    """No release lacks one of the four."""
    assert all(option in release.flags for release in catalogue.releases() for option in STORY)


@pytest.mark.parametrize(
    ("option", "last", "first_without"),
    [
        ("--engine-use-ray", "0.6.0", "0.7.3"),
        ("--speculative-model", "0.7.3", "0.8.5"),
        ("--enable-reasoning", "0.9.2", "0.10.0"),
        ("--guided-decoding-backend", "0.10.2", "0.12.0"),
        ("--disable-log-requests", "0.16.0", "0.17.0"),
        ("--swap-space", "0.17.1", "0.18.0"),
    ],
)
def test_an_option_that_went(option: str, last: str, first_without: str) -> None:
    """As the release notes and threads have it."""
    assert option in known(last).flags
    assert option not in known(first_without).flags


def test_request_fields_that_break_callers_silently() -> None:
    """0.5.5 refused what it does not know; guided_json was there until 0.11 and is ignored from 0.12 on."""
    assert known("0.5.5").unknown_fields is UnknownFields.REFUSED
    assert known("0.12.0").unknown_fields is UnknownFields.IGNORED
    assert "guided_json" in known("0.11.0").request_fields
    assert "guided_json" not in known("0.12.0").request_fields
    assert {"json_object", "text"} == known("0.5.5").response_formats
    assert "json_schema" in known("0.8.5.post1").response_formats


def test_the_reasoning_is_called_otherwise() -> None:
    """Both names in 0.12, one of them before, the other after."""
    names = {"reasoning", "reasoning_content"}
    versions = ("0.8.5.post1", "0.12.0", "0.16.0")

    assert [known(version).message_fields & names for version in versions] == [
        {"reasoning_content"},
        names,
        {"reasoning"},
    ]


def test_metrics_that_alerts_lose() -> None:
    """The fill of the cache is called otherwise, and its old name went with 0.12."""
    old, new = "vllm:gpu_cache_usage_perc", "vllm:kv_cache_usage_perc"

    assert old in known("0.8.5.post1").metrics
    assert new not in known("0.8.5.post1").metrics
    assert old not in known("0.12.0").metrics | known("0.12.0").hidden_metrics
    assert new in known("0.12.0").metrics


def test_the_switch_between_the_engines() -> None:
    """V1 is the default since 0.8.0 and alone since 0.11.0; its variable went a release later."""
    engines = [known(version).engines for version in ("0.5.5", "0.7.3", "0.8.0", "0.10.2", "0.11.0")]

    assert engines == [("V0",), ("V0", "V1"), ("V1", "V0"), ("V1", "V0"), ("V1",)]
    assert "VLLM_USE_V1" in known("0.11.0").environment
    assert "VLLM_USE_V1" not in known("0.12.0").environment


def test_the_least_capability_of_awq_marlin() -> None:
    """8.0 in 0.8.5.post1 and 0.12.0, 7.5 in 0.16.0."""
    assert [known(version).quantizations["awq_marlin"] for version in ("0.8.5.post1", "0.12.0", "0.16.0")] == [
        80,
        80,
        75,
    ]


def test_loading_takes_a_fraction_of_a_second() -> None:
    """The start of Python included, ``preflight --all`` has to take less than a second of the processor."""
    code = "import time; from vllm_qualify import catalogue; catalogue.releases(); print(time.process_time())"

    taken = [float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout) for _ in "abc"]

    assert min(taken) < 1


def test_how_options_write_a_mapping() -> None:
    """Pairs came first, JSON came beside them with 0.8.5 and has been alone since 0.10.0."""
    kinds = [(str(one.version), one.flags["--limit-mm-per-prompt"].flag.reads) for one in catalogue.releases()]
    changes = [one for place, one in enumerate(kinds) if place == 0 or one[1] != kinds[place - 1][1]]

    assert changes == [("0.5.5", "pairs"), ("0.8.5", "json or pairs"), ("0.10.0", "json")]


def test_the_names_of_attention_backends() -> None:
    """The suffix of the two engines was in the names until 0.10.2; XFormers is gone since 0.12.0."""
    having = {
        name: [str(one.version) for one in catalogue.releases() if name in one.attention_backends]
        for name in ("FLASH_ATTN_VLLM_V1", "XFORMERS", "TRITON_ATTN")
    }

    assert having["FLASH_ATTN_VLLM_V1"][-1] == "0.10.2"
    assert having["XFORMERS"][-1] == "0.11.2"
    assert having["TRITON_ATTN"][-1] == str(catalogue.releases()[-1].version)

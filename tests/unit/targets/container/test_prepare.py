"""What is known of a candidate before production is touched, and what is no fault of its image."""

from __future__ import annotations

import pytest

from tests.unit.targets.container.fake_engine import NEW, FakeEngine
from vllm_qualify.container.engine import ContainerEngine
from vllm_qualify.container.spec import ContainerSpec
from vllm_qualify.core import images
from vllm_qualify.targets.container import prepare
from vllm_qualify.targets.container.host import ContainerHost
from vllm_qualify.targets.container.prepare import PreparedImage


def prepared(engine: FakeEngine, *, offline: bool = False) -> PreparedImage:
    """An image whose parser is not asked anything."""
    host = ContainerHost(
        engine=ContainerEngine(program="docker", run=engine),
        run="r",
        step=lambda _phase, _what: None,
        say=lambda _line: None,
        clock=engine.clock,
        sleep=engine.sleep,
    )
    return prepare.prepare(host, images.parse(NEW), {}, like=ContainerSpec(image=NEW), offline=offline)


def test_an_image_that_the_engine_has_is_not_pulled() -> None:
    """Its name on the engine is what runs."""
    engine = FakeEngine()

    found = prepared(engine)

    assert (found.pull_seconds, found.problem, found.fault) == (None, "", None)
    assert not [words for words in engine.asked if words[0] == "pull"]


def test_an_image_that_it_lacks_is_pulled_and_timed() -> None:
    """Before production goes away."""
    engine = FakeEngine(images=set())

    found = prepared(engine)

    assert found.pull_seconds is not None
    assert found.id


def test_offline_pulls_nothing() -> None:
    """What is not there cannot be tried, and nobody is blamed for it."""
    found = prepared(FakeEngine(images=set()), offline=True)

    assert found.fault is None
    assert "--offline forbids to pull it" in found.problem


@pytest.mark.parametrize(
    ("said", "of_the_image"),
    [
        ("manifest for vllm/vllm-openai:v9 not found: manifest unknown: manifest unknown", True),
        ('exec: "docker-credential-desktop": executable file not found in $PATH', False),
        ("dial tcp: lookup registry: no such host", False),
        ("toomanyrequests: You have reached your pull rate limit", False),
        ("no space left on device", False),
    ],
    ids=["no such tag", "credentials", "network", "rate limit", "disk"],
)
def test_only_a_registry_can_say_that_there_is_no_such_image(said: str, *, of_the_image: bool) -> None:
    """All else that keeps it from being pulled is this host's, or the way's."""
    found = prepared(FakeEngine(images=set(), refusals={"pull": [said]}))

    assert (found.fault is not None, bool(found.problem)) == (of_the_image, not of_the_image)

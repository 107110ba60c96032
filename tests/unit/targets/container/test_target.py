"""What a run on an engine shows before it does anything."""

from __future__ import annotations

from tests.unit.targets.container.fake_engine import NEW, FakeEngine
from vllm_qualify.config import ContainerSettings, Settings
from vllm_qualify.container.engine import ContainerEngine
from vllm_qualify.core import images
from vllm_qualify.system.signals import Signals
from vllm_qualify.targets.container.target import ContainerTarget
from vllm_qualify.targets.kind import TargetRun


def test_a_rehearsal_shows_every_command_and_no_key() -> None:
    """What is printed is copied into tickets, and production's command line may hold a key."""
    engine = FakeEngine()
    engine.production().arguments = ("--model", "m", "--api-key", "sk-very-secret")
    run = TargetRun(
        name="r",
        images=(images.parse(NEW),),
        journal=lambda _step: None,
        say=lambda _line: None,
        signals=Signals(lambda _said: None),
    )
    with engine.client() as http:
        target = ContainerTarget(
            Settings(),
            container=ContainerSettings(container="vllm"),
            run=run,
            engine=ContainerEngine(program="docker", run=engine),
            http=http,
            gpus=False,
        )

        said = target.rehearse()

    assert f"docker pull {NEW}" in said
    assert "docker stop vllm" in said
    assert "docker start vllm" in said
    assert "--api-key" in said
    assert "sk-very-secret" not in said
    assert {words[0] for words in engine.asked} <= {"container", "image", "ps"}

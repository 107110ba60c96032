"""The file of messages says what the installed engines' own sources say."""

from pathlib import Path

import pytest
from packaging.version import Version

from catalogue_maker import message_files, writing
from catalogue_maker.messages import Extraction
from catalogue_maker.source import Source
from catalogue_maker.subjects import of_release
from vllm_qualify.catalogue import messages, reading
from vllm_qualify.core import images
from vllm_qualify.system import caches
from vllm_qualify.targets.local import cpu_builds, environments
from vllm_qualify.targets.local.cpu_builds import EnginePlan

pytestmark = pytest.mark.local

# The CPU builds change a few files of their release.
LEAST = 0.98


@pytest.mark.parametrize("version", ["0.12.0", "0.15.1", "0.20.2", "0.25.1"])
def test_what_an_installed_engine_says_is_in_the_file(version: str) -> None:
    """Its statements, read where they are installed, are those of the release, with options and conditions."""
    plan = cpu_builds.plan_for(images.parse(f"vllm/vllm-openai:v{version}"))
    assert isinstance(plan, EnginePlan)
    python = environments.ensure(plan, cache=caches.default(), offline=False, say=print).python
    site = next(Path(python).parents[1].glob("lib/python3*/site-packages"))
    document = writing.read(Path(str(reading.folder())))[version]
    source = Source(version=Version(version), root=site)

    tables = of_release(source, document["lines"], document["names"]["environment"])
    rows = Extraction().rows(site, "vllm", tables)
    known = message_files.read(messages.content("vllm").decode(), messages.order())[version]
    assert len(rows & known) > LEAST * len(rows)

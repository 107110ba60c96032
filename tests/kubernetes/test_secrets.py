from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.faults import holding
from tests.faults.holding import Hold
from tests.kubernetes.home_lab import HomeLab, Run
from vllm_qualify.kube import snapshot

# A tag of its own: what another test put under one is still on the node.
_TAG = "v0.8.5.post1-secrets"
_PATIENCE_SECONDS = 300.0
_ENV = """          env:
            - name: HF_TOKEN
              value: {literal}
            - name: HUGGING_FACE_HUB_TOKEN
              valueFrom:
                secretKeyRef:
                  name: hugging-face
                  key: token
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """Words that nobody may see, by where they were put.

    Attributes:
        argument: behind --api-key.
        literal: HF_TOKEN, written into the Deployment.
        pulling: the password of a registry.
        referenced: a Secret that a variable refers to.
    """

    argument: str
    literal: str
    pulling: str
    referenced: str

    def forms(self) -> Mapping[str, str]:
        """Each word, as it is and as a Secret writes it."""
        words = {name: getattr(self, name) for name in ("argument", "literal", "pulling", "referenced")}
        return words | {f"{name} in base64": base64.b64encode(word.encode()).decode() for name, word in words.items()}


@pytest.fixture(scope="module")
def planted(home_lab: HomeLab) -> Planted:
    """Production and the manifests hold them, and the candidate dies with them on its lips."""
    words = Planted(**{name: f"canary{secrets.token_hex(12)}" for name in Planted.__dataclass_fields__})
    home_lab.say("create", "secret", "generic", "hugging-face", f"--from-literal=token={words.referenced}")
    docker = ("--docker-server=registry.example", "--docker-username=me", f"--docker-password={words.pulling}")
    home_lab.say("create", "secret", "docker-registry", "pulling", *docker)
    image = "          image: vllm/vllm-openai:v0.5.5\n"
    home_lab.change("deployment.yaml", image, image + _ENV.format(literal=words.literal))
    flag = "            - --host\n"
    home_lab.change("deployment.yaml", flag, f"            - --api-key\n            - {words.argument}\n{flag}")
    home_lab.change(
        "deployment.yaml",
        "      containers:\n",
        "      imagePullSecrets:\n        - name: pulling\n      containers:\n",
    )
    home_lab.serve_production()
    died = {"SCRIPTED_EXIT_CODE": "1", "SCRIPTED_EXIT_LOG": last_words(words)}
    home_lab.candidate(_TAG, SCRIPTED_VERSION="0.8.5.post1", **died)
    return words


def last_words(words: Planted) -> str:
    """What an engine may print of the secrets that it was given."""
    return "\\n".join((
        f"args: Namespace(api_key='{words.argument}', enforce_eager=True)",
        f"environment: HUGGING_FACE_HUB_TOKEN={words.referenced}",
        f"OSError: 401 Client Error: {words.literal} is no valid token",
        f"ValueError: neither is {words.argument}",
    ))  # fmt: skip


def kept(home_lab: HomeLab, hold: Hold) -> list[dict[str, Any]]:
    """The objects in the Secret that production is put back from, once the run is held that has made it."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not hold.held:
        assert time.monotonic() < deadline, "the run took nothing down"
        time.sleep(0.1)
    try:
        return list(snapshot.read(home_lab.get("secret", snapshot.NAME)).objects)
    finally:
        hold.release()


@pytest.fixture(scope="module")
def run(home_lab: HomeLab, planted: Planted, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, str]:
    """A run that goes through everything, and what it kept of production meanwhile."""
    before, hold = home_lab.snapshot(), Hold(tmp_path_factory.mktemp("hold"))
    cases = ("-k", "cli_args or test_deploy or put_back", "-p", "tests.faults.holding")
    at = holding.variable(hold.at("take-down"))
    with home_lab.start("--image", f"vllm/vllm-openai:{_TAG}", *cases, **at) as process:
        held = json.dumps(kept(home_lab, hold))
        said = process.communicate()[0]
    assert home_lab.snapshot() == before
    assert planted.literal in json.dumps(before)
    return Run(code=process.returncode, said=said, folder=home_lab.reports / "latest"), held


def test_production_can_be_put_back_with_its_secrets(run: tuple[Run, str], planted: Planted) -> None:
    """What is kept in the cluster holds them in plain sight, for otherwise the way back would not be exact."""
    finished, held = run

    assert planted.literal in held
    assert planted.argument in held
    assert planted.referenced not in held
    assert next(case for case in finished.matrix["production"]["cases"])["outcome"] == "passed"


def files(run: Run) -> dict[str, bytes]:
    """Everything that the run left behind."""
    folder = run.folder.resolve()
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_no_report_holds_a_secret(run: tuple[Run, str], planted: Planted) -> None:
    """Neither journal nor evidence, neither a report nor what Allure gets: every file was searched."""
    left = files(run[0])

    found = [(name, place) for name, word in planted.forms().items() for place in left if word.encode() in left[place]]

    assert found == []
    assert {"journal.jsonl", "matrix.html", "matrix.json", "junit.xml"} <= left.keys()
    assert [place for place in left if place.startswith("allure-results/")]


def test_the_log_is_there_all_the_same(run: tuple[Run, str]) -> None:
    """Only the words are gone from what was kept of it; what the engine died of can still be read."""
    whole = b"\n".join(files(run[0]).values())

    assert b"401 Client Error: [redacted] is no valid token" in whole
    assert b"HUGGING_FACE_HUB_TOKEN=[redacted]" in whole
    assert b"neither is [redacted]" in whole


def shown(said: str, planted: Planted) -> list[tuple[str, str]]:
    """The lines that show a secret, and which."""
    words = planted.forms().items()
    return [(name, line) for line in said.splitlines() for name, word in words if word in line]


def test_the_terminal_shows_none(run: tuple[Run, str], planted: Planted) -> None:
    """Not even the message of the case that failed, which quotes the log."""
    said = run[0].said

    assert "DEPLOY/starts" in said
    assert shown(said, planted) == []


def test_a_dry_run_shows_none(home_lab: HomeLab, planted: Planted) -> None:
    """The objects of the commands are shown without them."""
    rehearsed = home_lab.qualify("--image", f"vllm/vllm-openai:{_TAG}", "--dry-run")

    assert rehearsed.said.count("--api-key") > 1
    assert shown(rehearsed.said, planted) == []

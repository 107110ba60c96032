from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from vllm_qualify import __version__
from vllm_qualify.core.shipped import HOME, HOME_LAB

DEPLOY = HOME / "deploy"
WORKFLOW = HOME / ".github" / "workflows" / "nightly.yml"


def of_kind(kind: str, name: str = "cronjob.yaml") -> dict[str, Any]:
    """The one object of a kind in a file of deploy/."""
    [found] = [each for each in yaml.safe_load_all((DEPLOY / name).read_text()) if each["kind"] == kind]
    return dict(found)


@pytest.fixture
def pod() -> dict[str, Any]:
    """The pod of the nightly Job."""
    return dict(of_kind("CronJob")["spec"]["jobTemplate"]["spec"]["template"]["spec"])


def test_the_job_runs_under_the_service_account_of_the_role(pod: dict[str, Any]) -> None:
    """In its namespace, and under no other."""
    account = of_kind("ServiceAccount", "rbac.yaml")["metadata"]

    assert pod["serviceAccountName"] == account["name"]
    assert of_kind("CronJob")["metadata"]["namespace"] == account["namespace"]


def test_the_settings_of_the_example_find_their_cluster_and_their_files(pod: dict[str, Any]) -> None:
    """The context has the name that it has there, and every file that it names is mounted where it names it."""
    settings = tomllib.loads((HOME_LAB / "qualify.toml").read_text())
    kubeconfig = yaml.safe_load(of_kind("ConfigMap")["data"]["config"])
    [volume] = [each["configMap"] for each in pod["volumes"] if each["name"] == "settings"]

    assert [each["name"] for each in kubeconfig["contexts"]] == [settings["cluster"]["context"]]
    assert {each["path"] for each in volume["items"]} == {
        "qualify.toml",
        settings["modes"]["ml"]["manifest"],
        settings["modes"]["r1"]["manifest"],
        settings["routing"]["config_map"],
    }


def test_everything_that_the_image_copies_is_there() -> None:
    """But for `dist`, where script/build puts the wheel."""
    lines = (DEPLOY / "Containerfile").read_text().splitlines()
    copied = {
        word for line in lines if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]
    }

    assert {each for each in copied if not (HOME / each).exists()} - {"dist"} == set()
    assert copied >= {"deploy/nightly", "dist", "requirements/run.txt"}


def test_the_job_runs_the_image_of_this_version(pod: dict[str, Any]) -> None:
    """The label of the image, and the name under which both containers have it."""
    labels = re.findall(r'image\.version="([^"]*)"', (DEPLOY / "Containerfile").read_text())

    assert labels == [__version__]
    assert {each["image"] for each in pod["initContainers"] + pod["containers"]} == {
        f"localhost/vllm-qualify:{__version__}"
    }


def test_it_comes_only_when_it_is_asked_for() -> None:
    """Each run takes production down, so a fresh copy of these files does nothing by itself."""
    [job] = yaml.safe_load(WORKFLOW.read_text())["jobs"].values()

    assert of_kind("CronJob")["spec"]["suspend"] is True
    assert job["if"] == "vars.VLLM_QUALIFY_NIGHTLY == 'true'"


@pytest.mark.parametrize("path", [DEPLOY / "cronjob.yaml", DEPLOY / "rbac.yaml"], ids=lambda path: path.name)
def test_every_object_is_in_the_operators_namespace(path: Path) -> None:
    """Or in none, where its kind has none."""
    found = {each["metadata"].get("namespace", "") for each in yaml.safe_load_all(path.read_text())}

    assert found <= {"ml", ""}


def decided(container: str, code: int) -> str:
    """What the Job does about a container that ended so: the first rule that fits, as Kubernetes has it."""
    for rule in of_kind("CronJob")["spec"]["jobTemplate"]["spec"]["podFailurePolicy"]["rules"]:
        when = rule["onExitCodes"]
        assert when["operator"] == "In"
        if when.get("containerName", container) == container and code in when["values"]:
            return str(rule["action"])
    return "Count"


@pytest.mark.parametrize(
    ("container", "code", "expected"),
    [
        ("qualify", 1, "FailJob"),
        ("qualify", 10, "FailJob"),
        ("qualify", 20, "Count"),
        ("qualify", 137, "Count"),
        ("restore", 20, "Ignore"),
        ("restore", 4, "FailJob"),
        ("restore", 137, "Count"),
    ],
)
def test_production_that_is_not_back_gets_a_successor(container: str, code: int, expected: str) -> None:
    """Its first act is a restore, which is tried again for as long as that takes; a verdict ends the Job."""
    assert decided(container, code) == expected


def test_a_jobs_candidates_are_tried_once(tmp_path: Path) -> None:
    """Whoever comes after a pod that was killed has put production back, and takes it down no second time."""
    program = tmp_path / "vllm-qualify"
    program.write_text('#!/bin/sh\necho "$@"\nexit 20\n')
    program.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    ends = [
        subprocess.run(
            [DEPLOY / "nightly", tmp_path, "--image", "a b"],
            env=os.environ | {"JOB": job, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        for job in ("night-1", "night-1", "night-2")
    ]

    tried = (20, "run --image a b\n")
    assert [(end.returncode, end.stdout) for end in ends] == [tried, (10, ""), tried]
    assert "an earlier pod of this Job has tried the candidates already" in ends[1].stderr

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from vllm_qualify.config.settings import CHECKOUT, HOME_LAB

DEPLOY = CHECKOUT / "deploy"
WORKFLOW = CHECKOUT / ".github" / "workflows" / "nightly.yml"


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


def test_everything_a_run_is_made_of_is_in_the_image() -> None:
    """What the Containerfile copies is there, and what the harness imports or reads is copied."""
    lines = (DEPLOY / "Containerfile").read_text().splitlines()
    copied = {
        word for line in lines if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]
    }

    assert all((CHECKOUT / each).exists() for each in copied)
    assert copied >= {
        "canary",
        "conftest.py",
        "examples",
        "fixtures",
        "requirements",
        "script",
        "suites",
        "vllm_qualify",
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

"""Allure 3, the program itself, makes of a run what a reviewer expects: images, requirements, causes, history."""

from __future__ import annotations

import functools
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import allure_cli
from tests.browser.chromium import Visit
from vllm_qualify.core import journal
from vllm_qualify.plugin import progress
from vllm_qualify.reports import matrix, remake

_JOURNAL = Path(__file__).parents[1] / "unit" / "reports" / "data" / "restored.jsonl"
_REGRESSED = "DEPLOY/starts"
_IMAGE = "vllm/vllm-openai:v0.8.5.post1"


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> list[Path]:
    """The Allure reports of two nights in one folder of reports; in the second one, what had started starts no more."""
    if reason := allure_cli.missing():
        pytest.skip(f"Allure reports were not made: {reason}")
    program = allure_cli.installed(functools.partial(progress.say, pytestconfig))
    parent = tmp_path_factory.mktemp("reports")
    first = _JOURNAL.read_text()
    texts = {"first": first, "second": "".join(map(_regressed, first.splitlines(keepends=True)))}
    for name, text in texts.items():
        (parent / name).mkdir()
        (parent / name / "journal.jsonl").write_text(text)
        for line in text.splitlines():
            for kept in (json.loads(line).get("case") or {}).get("evidence", ()):
                (parent / name / kept["path"]).parent.mkdir(parents=True, exist_ok=True)
                (parent / name / kept["path"]).write_text(f"what {kept['path']} says\n")
        remake.remake([parent / name])
    return [allure_cli.generate(program, parent / name) for name in texts]


def _regressed(line: str) -> str:
    event = json.loads(line)
    event["run"] = f"{event['run']}-again" if "run" in event else None
    case = event.get("case")
    if case and (case["image"], case["id"]) == (_IMAGE, _REGRESSED):
        case |= {"outcome": "failed", "message": "it starts no more"}
    return json.dumps({key: value for key, value in event.items() if value is not None or key != "run"}) + "\n"


def read(report: Path, name: str) -> Any:
    """A file of the data that the report shows."""
    return json.loads((report / name).read_text())


def groups(report: Path, view: str) -> list[str]:
    """The names of the first level of a tree, as far as it has any."""
    tree = read(report, f"{view}/widgets/tree.json")
    return [tree["groupsById"][one]["name"] for one in tree["root"]["groups"]]


def results(report: Path) -> list[dict[str, Any]]:
    """All results of one view."""
    return [json.loads(path.read_text()) for path in (report / "images" / "data" / "test-results").glob("*.json")]


def test_it_is_named_by_the_headline_and_is_not_green(nights: list[Path]) -> None:
    """Two of three images failed, and the first line says so."""
    summary = read(nights[0], "images/summary.json")

    assert matrix.of(journal.read(_JOURNAL.read_bytes())).headline in summary["name"]
    assert summary["status"] == "failed"
    assert summary["stats"]["total"] == len(results(nights[0]))


def test_suites_are_images(nights: list[Path]) -> None:
    """What a reviewer opens first are the candidates."""
    assert [one for one in groups(nights[0], "images") if one != "production"] == [
        "vllm/vllm-openai:v0.15.1",
        "vllm/vllm-openai:v0.12.0",
        "vllm/vllm-openai:v0.8.5.post1",
    ]


def test_behaviours_are_requirements(nights: list[Path]) -> None:
    """The other view has each requirement once, with all images in it."""
    found = groups(nights[0], "requirements")

    assert {"ARGS", "DEPLOY", "LOAD", "CLASSIFY"} <= set(found)
    assert len(found) == len(set(found))


def test_categories_are_causes(nights: list[Path]) -> None:
    """The cause of the failures has a category, and what it blocked another."""
    categories = read(nights[0], "images/widgets/categories.json")
    names = [categories["nodes"][root]["name"] for root in categories["roots"]]

    assert names[0].startswith("E01 ")
    assert "Blocked by an earlier failure" in names
    assert not {"Product errors", "Test errors"} & set(names)


def test_the_environment_is_shown(nights: list[Path]) -> None:
    """Node, GPU, and what each image was."""
    shown = {one["name"]: one["values"] for one in read(nights[0], "images/widgets/allure_environment.json")}

    assert shown["node"] == ["k3s-gpu-worker"]
    assert "sha256:" in shown[_IMAGE][0]


def test_a_night_knows_the_one_before(nights: list[Path]) -> None:
    """Each case of each image has one history, and what regressed is told from what always failed."""
    before, after = ({one["historyId"]: one for one in results(report)} for report in nights)
    regressed = [one for one in after.values() if one.get("transition") == "regressed"]

    assert set(before) == set(after)
    assert all(len(one["history"]) == 1 for one in after.values())
    assert [(one["fullName"], one["parameters"][0]["value"]) for one in regressed] == [(_REGRESSED, _IMAGE)]


def test_attachments_are_there(nights: list[Path]) -> None:
    """Each one that a result names is a file of the report, the engines' logs among them."""
    links = [each["link"] for one in results(nights[0]) for each in one["attachments"]]

    assert [link["name"] for link in links if link["missed"]] == []
    kept = nights[0] / "images" / "data" / "attachments"
    assert {f"{link['id']}{link['ext']}" for link in links} <= {path.name for path in kept.iterdir()}
    assert any(path.read_text().startswith("what evidence/v0.15.1/") for path in kept.iterdir())


@pytest.fixture
def site(nights: list[Path]) -> Iterator[str]:
    """The report of the second night, served: a browser fetches nothing from files."""
    handler = functools.partial(_Silent, directory=str(nights[1]))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


class _Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_reviewer_comes_from_the_image_to_the_log(visit: Visit, site: str) -> None:
    """The image, its requirement, the case: there the cause is read, and the log opens."""
    shown = visit(f"{site}images/index.html", within=site)
    page = shown.page
    page.get_by_text("vllm/vllm-openai:v0.15.1", exact=True).first.wait_for()
    shown.shot("allure-images")
    page.get_by_text("DEPLOY/starts · vllm/vllm-openai:v0.15.1").first.click()
    page.get_by_text("Category: E01 ").wait_for()
    shown.shot("allure-case")
    page.get_by_text("1-ml-engine", exact=True).click()
    page.get_by_text("what evidence/v0.15.1/1-ml-engine.txt says").wait_for()


def test_the_first_page_leads_to_both_views(visit: Visit, site: str) -> None:
    """By image and by requirement, each with the headline."""
    shown = visit(f"{site}index.html", within=site)
    shown.page.get_by_text("By image: ").wait_for()
    shown.page.get_by_text("By requirement: ").wait_for()
    shown.shot("allure-index")

"""``vllm-qualify preflight``: what must hold for the operator's node, and what a user may get wrong."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.preflight_asked import ML, NODE, OVERRIDE, ROOT, Captured, said, wrong
from vllm_qualify import catalogue, cli, preflight
from vllm_qualify.preflight import ImageFacts, image_lookup
from vllm_qualify.preflight.predict import RegistryAnswer
from vllm_qualify.reports.preflight_words import WIDTH

pytestmark = pytest.mark.usefixtures("elsewhere")


def objects(capsys: Captured, *words: str, code: int = 0) -> dict[str, Any]:
    """The objects by tag."""
    lines = said(capsys, "--format", "json", *words, code=code).splitlines()
    return {one["image"].rpartition(":")[2]: one for one in map(json.loads, lines)}


@pytest.mark.parametrize(
    ("tag", "row"),
    [
        ("v0.5.5", r"will not work +certain +P14 model not implemented +v0\.8\.4 or newer"),
        ("v0.8.5.post1", r"should work +probable +\(\d warnings\)"),
        ("v0.9.2", r"should work +probable +\(\d warnings\)"),
        ("v0.10.2", r"should work +probable +\(\d warnings\)"),
        ("v0.11.0", r"should work +probable +\(\d warnings\)"),
        ("v0.12.0", r"needs override +probable +P07 error 804 by the toolkit +set LD_LIBRARY_PATH"),
        ("v0.15.1", r"needs override +probable +P06 error 804 by the image +set LD_LIBRARY_PATH"),
        ("v0.20.0", r"will not work +certain +P03 driver too old +driver 580 or v0\.20\.0-cu129"),
        ("v0.32.0", r"will not work +certain +P03 driver too old +driver 580 or v0\.32\.0-cu129"),
    ],
)
def test_the_operators_table(tag: str, row: str, capsys: Captured) -> None:
    """Each release of the story has its line with prediction, certainty, reason and what would change it."""
    lines = said(capsys, "--all").splitlines()

    assert [line for line in lines if re.fullmatch(rf"{re.escape(tag)} +{row}", line)]


def test_below_the_table_everything_in_full(capsys: Captured) -> None:
    """Both mechanisms of error 804 with their certainty and the whole override; and the newest of each kind."""
    text = said(capsys, "--all")

    assert "P06 error 804 by the image: probable for v0.15.0 to v0.16.0\n  the image's /etc/ld.so.conf.d" in text
    releases = "v0.17.0 to v0.19.1 and v0.11.1 to v0.14.1"
    assert f"P07 error 804 by the toolkit: probable for {releases}\n  the NVIDIA Container Toolkit" in text
    assert f"\n    set {OVERRIDE}\n" in text
    assert "model not implemented: probable for v0.7.2 to v0.8.3, certain for v0.5.5 to v0.7.1" in text
    assert "newest that should work as started now: v0.11.0 (probable)" in text
    assert f"newest that should work after a change to the manifest: v0.19.1 (probable):\n  set {OVERRIDE}" in text
    assert re.search(r"newest with another tag, after a change to the manifest: v0\.3\d\.0-cu129", text)


def test_the_table_can_be_read(capsys: Captured) -> None:
    """No line is wider than the terminal of an operator, and every release has exactly one row."""
    lines = said(capsys, "--all").splitlines()

    assert max(map(len, lines)) <= WIDTH
    rows = [line.split()[0] for line in lines if re.match(r"v\d\S* +(should|needs|cannot|will) ", line)]
    assert rows == [f"v{one.version}" for one in reversed(catalogue.releases())]


def test_one_image_for_people(capsys: Captured) -> None:
    """Prediction and change come first; then the findings, the gravest first, each with its certainty."""
    text = said(capsys, "vllm/vllm-openai:v0.15.1", code=1)

    assert "\nvllm/vllm-openai:v0.15.1: needs override (probable): P06 error 804 by the image\n" in text
    assert f"  what would change it:\n    set {OVERRIDE}\n" in text
    marks = re.findall(r"^  (STOP|warn|note) P\d\d (certain|probable|possible):", text, re.MULTILINE)
    assert [word for word, _ in marks] == sorted((word for word, _ in marks), key=["STOP", "warn", "note"].index)
    assert marks[:2] == [("STOP", "probable")] * 2
    assert max(map(len, text.splitlines())) <= WIDTH


def test_another_tag_is_looked_at_as_well(capsys: Captured) -> None:
    """Where a tag of an older CUDA would help, it is told what that one needs in its turn."""
    text = said(capsys, "vllm/vllm-openai:v0.20.0", code=1)

    assert "v0.20.0: will not work (certain): P03 driver too old" in text
    assert "  what would change it: update the driver to 580 or newer\n  or: use the tag v0.20.0-cu129\n" in text
    assert "    v0.20.0-cu129: needs override (probable): P07 error 804 by the toolkit\n" in text


def test_for_programs(capsys: Captured) -> None:
    """One object an image and line, with verdict, certainty, findings and changes."""
    found = objects(capsys, "vllm/vllm-openai:v0.9.2", "vllm/vllm-openai:v0.12.0", code=1)

    verdicts = {tag: (one["verdict"], one["certainty"]) for tag, one in found.items()}
    assert verdicts == {"v0.9.2": ("should-work", "probable"), "v0.12.0": ("needs-override", "probable")}
    name, value = OVERRIDE.split("=")
    assert found["v0.12.0"]["changes"] == [
        [{"kind": "environment", "text": f"set {OVERRIDE}", "name": name, "value": value}]
    ]
    assert all(
        {"id", "severity", "certainty", "actual", "remedy", "source"} <= set(one) for one in found["v0.9.2"]["findings"]
    )
    assert found["v0.9.2"]["node"]["driver"] == "570.195.03"


def test_the_table_for_programs(capsys: Captured) -> None:
    """All releases, one object a line; without --registry the catalogue alone decides, and says so."""
    found = objects(capsys, "--all")

    assert len(found) == len(catalogue.releases())
    assert {one["basis"] for one in found.values()} == {"catalogue"}


def test_the_override_can_be_tried(capsys: Captured) -> None:
    """With the variable added, what needed it should work; the exit code says so too."""
    assert "should work (probable)" in said(capsys, "vllm/vllm-openai:v0.15.1", "--env", OVERRIDE)


def test_what_cannot_be_verified_has_its_own_exit_code(capsys: Captured) -> None:
    """An image that nobody knows is neither good nor bad, and the reason says perhaps."""
    text = said(capsys, "vllm/vllm-openai:latest", code=10)

    assert "vllm/vllm-openai:latest: cannot verify (possible)" in text


def test_the_registry_is_asked_and_named(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --registry the image's own facts decide; with --offline nobody is asked."""
    facts = ImageFacts(digest="sha256:abc", env={"CUDA_VERSION": "13.0.2"}, size_bytes=9_000_000_000)
    monkeypatch.setattr(image_lookup, "ask", lambda images: dict.fromkeys(images, RegistryAnswer(facts=facts)))

    text = said(capsys, "vllm/vllm-openai:v0.9.2", "--registry", code=1)
    assert "facts from: the registry (sha256:abc, 9.0 GB compressed) and the catalogue" in text
    assert "only (--offline)" in said(capsys, "vllm/vllm-openai:v0.9.2", "--registry", "--offline")


def test_logins_that_cannot_be_read_are_told_at_once(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Before a registry that wants one refuses, and without ending anything."""
    (tmp_path / "config.json").write_text("{broken")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setattr(image_lookup, "ask", lambda images: dict.fromkeys(images, RegistryAnswer(problem="no route")))

    cli.main(["preflight", *NODE, "vllm/vllm-openai:v0.9.2", "--registry"])

    assert "config.json could not be read (it is not a JSON object)" in capsys.readouterr().err


def test_a_registry_that_does_not_answer(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for its word does not get the catalogue's in its place, and the head names nobody else."""
    monkeypatch.setattr(
        image_lookup, "ask", lambda images: dict.fromkeys(images, RegistryAnswer(problem="no route to host"))
    )

    text = said(capsys, "vllm/vllm-openai:v0.9.2", "--registry", code=10)
    assert "facts from: only the catalogue; the registry gave no information: no route to host" in text
    assert "v0.33.0, alone" in " ".join(text.split())
    assert "STOP P02 possible" in text


@pytest.mark.parametrize(
    ("image", "code"),
    [
        ("vllm/vllm-openai:v0.9.2", 0),
        ("docker.io/vllm/vllm-openai:v0.9.2", 0),
        ("registry.local:5000/vllm/vllm-openai:v0.9.2", 0),
        ("registry.local/vllm-openai:v0.9.2", 0),
        ("ghcr.io/me/vllm:v0.9.2", 10),
        ("nginx:v0.9.2", 10),
        ("rocm/vllm:v0.9.2", 1),
        ("vllm/vllm-openai-cpu:v0.9.2", 1),
        ("vllm/vllm-openai:v0.9", 10),
        ("vllm/vllm-openai:0.9.2", 10),
        ("vllm/vllm-openai:v0.99.0", 10),
        ("vllm/vllm-openai@sha256:" + "0" * 64, 10),
    ],
)
def test_what_a_gate_sees(image: str, code: int, capsys: Captured) -> None:
    """Exit 0 is for images that the catalogue knows by their name; what only a tag says is not verified."""
    said(capsys, image, code=code)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ((), "give either images"),
        (("--all", "vllm/vllm-openai:v0.9.2"), "give either images"),
        (("--all", "--registry"), "--registry works only for named images"),
        (("v0.9.2", *NODE), "'v0.9.2' is only a tag; did you mean vllm/vllm-openai:v0.9.2?"),
        (("v0.10", *NODE), "'v0.10' is only a tag; expected NAME:TAG"),
        (("0.9.2", *NODE), "'0.9.2' is only a tag; did you mean vllm/vllm-openai:v0.9.2?"),
        (("v0.99.0", *NODE), "'v0.99.0' is only a tag, and the catalogue has no such release"),
        (("--all", *NODE, "--compute-capability", "9.0"), "--compute-capability 9.0 contradicts --gpu"),
        (("--all", *NODE, "--env", "A=1", "--env", "A=2"), "--env A is given twice"),
        (("--all",), "no node was given, and this machine shows no GPU"),
        (("--all", "--gpu", "X", "--driver", "new"), "--driver new is not a version; expected one such as 570.195.03"),
        (("--all", "--gpu", "X", "--toolkit", "new"), "--toolkit new is not a version; expected one such as 1.18.0"),
        (("--all", *NODE, "--compute-capability", "8"), "--compute-capability 8 is not a compute capability"),
        (("--all", *NODE, "--gpu-memory", "12G"), "--gpu-memory 12G is not an amount of memory; expected MiB"),
        (("--all", *NODE, "--manifest", "gone.yaml"), "gone.yaml cannot be read: no such file or directory"),
        (("--all", *NODE, "--args", "--model 'x"), "--args cannot be split into words: no closing quotation"),
        (("--all", *NODE, "--args", "x", "--manifest", "y"), "give only one of --args, --manifest and --config"),
        (("--all", *NODE, "--config", "gone.toml"), "gone.toml: cannot be read: no such file or directory"),
        (("--all", "--node", "worker"), "--node worker needs a cluster; add --context"),
    ],
)
def test_mistakes_are_one_line(words: tuple[str, ...], line: str, capsys: Captured) -> None:
    """Whatever is wrong costs exit code 4 and one line that says what to do."""
    assert wrong(capsys, *words).startswith(line)


def test_secrets_stay_out(capsys: Captured) -> None:
    """A key in the command line is printed neither for people nor for programs."""
    line = "--model x --port s3cret-word --api-key s3cret-word"

    for more in ((), ("--format", "json")):
        text = said(capsys, "vllm/vllm-openai:v0.9.2", "--args", line, *more, code=1)
        assert "--port [redacted]" in text
        assert "s3cret-word" not in text


def test_the_table_loads_nothing_slow() -> None:
    """The libraries of settings, reports and HTTP take longer than the table; none of them is loaded for it."""
    words = ["preflight", "--all", *NODE, "--manifest", str(ML)]
    script = f"import sys; from vllm_qualify import cli; assert cli.main({words!r}) == 0; print(*sys.modules)"

    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    loaded = set(ended.stdout.splitlines()[-1].split())
    assert "yaml" in loaded
    assert not loaded & {"httpx", "jinja2", "jsonschema", "pandas", "pydantic", "pytest", "rich"}


def test_the_reference_has_every_rule() -> None:
    """Whoever looks an id up in the reference finds the sentence that the rule has."""
    reference = (ROOT / "docs" / "reference" / "rules.md").read_text(encoding="utf-8")

    rows = re.findall(r"^\| (P\d\d) \| (.*) \| [a-z ]+ \|$", reference, re.MULTILINE)
    assert rows == [(rule.id, rule.title) for rule in preflight.RULES]

"""What preflight judges: whose node, and which manifest, settings or command line, of those that a user may name."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.cli.preflight_asked import ML, NODE, OVERRIDE, ROOT, Captured, said, wrong
from vllm_qualify import cli, preflight
from vllm_qualify.preflight import ToolkitMode, node_lookup
from vllm_qualify.targets.rules import RULES

pytestmark = pytest.mark.usefixtures("elsewhere")


def test_a_command_line_in_place_of_a_manifest(capsys: Captured) -> None:
    """An option that the release does not have stands in the way, and is named."""
    text = said(capsys, "vllm/vllm-openai:v0.12.0", "--args", "--model x --device cuda", "--env", OVERRIDE, code=1)

    assert "started by  --args: serves x, its config.json is not known here (--model-config FILE)" in text
    assert "STOP P17 certain:   v0.12.0 has no option --device" in text


def test_the_load_budget_of_the_settings(capsys: Captured, tmp_path: Path) -> None:
    """A qualify.toml where preflight is started is taken by itself, and the probes are held to its load budget."""
    settings = f'[modes.ml]\nmanifest = "{ML}"\n[budgets]\nload_seconds = 9999\n'
    (tmp_path / "qualify.toml").write_text(settings)

    assert cli.main(["preflight", "vllm/vllm-openai:v0.9.2", *NODE]) == 1
    assert re.search(r"(STOP|warn) P22 .*\n.*9999 s", capsys.readouterr().out)


def test_a_waiver_of_the_settings_counts(capsys: Captured, tmp_path: Path) -> None:
    """A rule that the operator waived stands in nobody's way, and is told last with the reason."""
    waiver = '[waivers]\nP22 = "the probe is patient enough for our disk"\n'
    settings = f'[modes.ml]\nmanifest = "{ML}"\n[budgets]\nload_seconds = 9999\n{waiver}'
    (tmp_path / "qualify.toml").write_text(settings)

    assert cli.main(["preflight", "vllm/vllm-openai:v0.9.2", *NODE]) == 0
    assert re.search(r"waived P22 .*\n.*\n? *waived: the probe is patient enough", capsys.readouterr().out)


def test_a_waiver_of_no_rule_is_a_mistake(capsys: Captured, tmp_path: Path) -> None:
    """Its line is named, with the rule that was meant and all that there are."""
    (tmp_path / "qualify.toml").write_text(f'[modes.ml]\nmanifest = "{ML}"\n[waivers]\nP222 = "never mind"\n')

    assert cli.main(["preflight", "vllm/vllm-openai:v0.9.2", *NODE]) == 4
    error = capsys.readouterr().err
    assert "qualify.toml:4: waivers.P222: is not the id of a rule; did you mean P22?; known ids: " in error
    assert all(f" {id_}" in error for id_ in RULES)


def test_the_modes_of_the_settings(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """The manifests of all modes are taken, by the paths that the settings name."""
    monkeypatch.chdir(ROOT / "examples" / "home-lab")

    text = said(capsys, "vllm/vllm-openai:v0.9.2", "--config", "qualify.toml")

    assert "applications/vllm/deployment.yaml: serves Qwen/Qwen3-8B-AWQ, now v0.5.5" in text
    assert "applications/vllm/deployment-r1.yaml: serves" in text


def test_the_example_is_called_one(capsys: Captured) -> None:
    """Without manifest and settings an example is taken, and the operator is told how to name an own one."""
    assert cli.main(["preflight", "vllm/vllm-openai:v0.9.2", *NODE]) == 0

    text = capsys.readouterr().out
    assert "the example's deployment.yaml" in text
    assert "use your own with --manifest FILE" in text


def test_this_machine_with_the_toolkit_told(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """NVML does not know the toolkit; what an option tells of it completes what was found here."""
    here = preflight.node(name="this machine", gpu="NVIDIA GeForce RTX 3060", driver="570.195.03")
    monkeypatch.setattr(node_lookup, "of_this_machine", lambda: here)

    assert cli.main(["preflight", "vllm/vllm-openai:v0.12.0", "--toolkit", "v1.17.4", "--runtime-mode", "cdi"]) == 0
    assert "this machine: NVIDIA GeForce RTX 3060" in capsys.readouterr().out


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, str]]:
    """Context, node and toolkit of whatever cluster is asked, whose node is that of the home lab."""
    calls: list[tuple[str, str, str]] = []
    found = preflight.node(name="worker", gpu="NVIDIA-GeForce-RTX-3060", driver="570.195.03", memory_mib=12288)

    def from_cluster(context: str, name: str, *, toolkit: str, mode: ToolkitMode) -> preflight.NodeFacts:
        calls.append((context, name, toolkit))
        return replace(found, toolkit=toolkit, mode=mode)

    monkeypatch.setattr(node_lookup, "from_cluster", from_cluster)
    return calls


def test_a_node_of_a_cluster(capsys: Captured, asked: list[tuple[str, str, str]]) -> None:
    """Labels are read where a context is named, and options outrank them."""
    assert cli.main(["preflight", "vllm/vllm-openai:v0.20.0", "--context", "home", "--driver", "580.95.05"]) in {0, 10}
    assert asked == [("home", "", "")]
    assert "worker: NVIDIA-GeForce-RTX-3060" in capsys.readouterr().out


@pytest.mark.parametrize(("context", "known"), [("home", ("home", "worker", "1.18.0")), ("other", ("other", "", ""))])
def test_what_the_settings_say_of_their_node_holds_for_it_alone(
    capsys: Captured, asked: list[tuple[str, str, str]], tmp_path: Path, context: str, known: tuple[str, str, str]
) -> None:
    """No label tells the toolkit's version, so the settings may; another cluster has another node."""
    cluster = 'context = "home"\nnode = "worker"\ntoolkit = "1.18.0"\nruntime_mode = "jit-cdi"'
    path = tmp_path / "qualify.toml"
    path.write_text(f'[cluster]\n{cluster}\n[modes.ml]\nmanifest = "{ML}"\n')
    cli.main(["preflight", "vllm/vllm-openai:v0.12.0", "--config", str(path), "--context", context])

    assert asked == [known]
    assert ("toolkit 1.18.0" in " ".join(capsys.readouterr().out.split())) is (context == "home")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"a: [", b"kind: Deployment", b"{}", b"\0", b"- &a [*a]"])
def test_a_malformed_manifest(content: bytes, capsys: Captured, tmp_path: Path) -> None:
    """What is no manifest is told by file, never by a traceback."""
    (tmp_path / "m.yaml").write_bytes(content)

    assert cli.main(["preflight", "--all", *NODE, "--manifest", "m.yaml"]) == 4
    assert capsys.readouterr().err.startswith("vllm-qualify preflight: m.yaml")


def test_one_of_several_services_is_chosen(capsys: Captured, tmp_path: Path) -> None:
    """Without a word the mistake names them; with --workload the one that is meant is judged."""
    service = "{image: 'vllm/vllm-openai:v0.8.5', command: [--model, m, --swap-space, '4']}"
    (tmp_path / "compose.yaml").write_text(f"services: {{a: {service}, b: {service}}}")
    words = ("vllm/vllm-openai:v0.19.1", "--manifest", "compose.yaml")

    assert "the services a, b may each be the server" in wrong(capsys, *words, *NODE)
    assert "has no option --swap-space" in said(capsys, *words, "--workload", "b", code=1)


def test_a_manifest_comes_through_a_pipe(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """As helm and kubectl print it."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(ML.read_bytes())))

    assert "started by  standard input" in said(capsys, "vllm/vllm-openai:v0.11.0", "--manifest", "-")

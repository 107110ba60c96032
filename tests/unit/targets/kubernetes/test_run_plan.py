"""What a run will do, from the operator's files and the server's own word."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.targets.fake_request import Fault
from tests.unit.targets.home import NEW, Home
from tests.unit.targets.whole import IMAGE, Whole, settings
from vllm_qualify.config import Cluster, Modes, ModeSettings, Settings
from vllm_qualify.kube import objects
from vllm_qualify.kube.refusals import RefusalKind, Refused
from vllm_qualify.kube.serving import BadManifest
from vllm_qualify.targets.base import Mode
from vllm_qualify.targets.kubernetes import run_plan
from vllm_qualify.targets.kubernetes.mode_plan import ModePlan

WORKLOAD = (
    "kind: Deployment\nmetadata: {name: vllm}\nspec: {template: {spec: {containers: [{name: x, "
    "image: 'vllm/vllm-openai:v1', args: [--model=m, --port=8000], envFrom: [{configMapRef: {name: c}}]}]}}}\n"
)


def planned(whole: Whole, *, cold: bool = False) -> dict[Mode, ModePlan]:
    """The plans for the candidate."""
    found = run_plan.manifests(whole.settings)
    live = {name: whole.home.live(name) for name in ("vllm-server", "vllm-r1")}
    cluster = whole.settings.cluster or Cluster(context="home")
    return run_plan.plans(whole.home.site, whole.settings, found, IMAGE, cluster=cluster, live=live, cold=cold)


def test_the_operators_manifests_are_read() -> None:
    """Those of the example folder, one Deployment a mode."""
    found = run_plan.manifests(Settings())

    assert {mode: one.obj["metadata"]["name"] for mode, one in found.items()} == {
        Mode.ML: "vllm-server",
        Mode.R1: "vllm-r1",
    }
    assert all(one.serving.container == "vllm" for one in found.values())


def test_what_is_touched_in_productions_place(whole: Whole) -> None:
    """The Deployments are changed, the Service must stay the same."""
    cluster = Cluster(context="home")
    found = run_plan.manifests(whole.settings)

    assert run_plan.touched(whole.settings, cluster, found) == (
        ("Deployment", "vllm-server"),
        ("Deployment", "vllm-r1"),
        ("Service", "vllm-api"),
    )


def test_what_is_touched_beside_production(whole: Whole) -> None:
    """Nothing of the operator's is changed."""
    cluster = Cluster(context="home", strategy="beside")
    found = run_plan.manifests(whole.settings)

    assert run_plan.touched(whole.settings, cluster, found) == (
        ("Deployment", "vllm-qualify-ml"),
        ("Deployment", "vllm-qualify-r1"),
        ("Service", "vllm-qualify"),
        ("Service", "vllm-api"),
    )


def test_the_server_fills_in_what_the_manifest_leaves_out(whole: Whole) -> None:
    """So that what is written later can be compared with what is found then; nothing is stored by that."""
    plans = planned(whole)

    wanted = plans[Mode.ML].deployment
    assert wanted["spec"]["revisionHistoryLimit"] == 10
    assert "resourceVersion" not in wanted["metadata"]
    assert [found.path for found in objects.differences(whole.home.live("vllm-server"), wanted)] == [
        "spec.template.spec.containers[0].image"
    ]
    assert whole.home.api.written == []


def test_what_is_not_there_yet_is_tried_as_a_creation(whole: Whole) -> None:
    """The server refuses to replace it."""
    found, cluster = run_plan.manifests(whole.settings), Cluster(context="home", strategy="beside")

    plans = run_plan.plans(whole.home.site, whole.settings, found, IMAGE, cluster=cluster, live={})

    assert plans[Mode.R1].name == "vllm-qualify-r1"
    assert whole.home.api.find("Deployment", "vllm-qualify-r1") is None


@pytest.mark.parametrize("cold", [False, True])
def test_a_start_from_an_empty_cache_is_planned_when_asked_for(whole: Whole, *, cold: bool) -> None:
    """The server must take that as well."""
    assert (planned(whole, cold=cold)[Mode.ML].cold is not None) is cold


@pytest.mark.parametrize("fault", [Fault.CONFLICT, Fault.HANG, Fault.HTML, Fault.UNAVAILABLE], ids=lambda one: one.name)
def test_a_server_in_trouble_is_asked_again(whole: Whole, fault: Fault) -> None:
    """A dry run may be repeated as often as one likes."""
    whole.home.api.faults = {1: fault, 2: fault}

    assert planned(whole)[Mode.ML].deployment["kind"] == "Deployment"


def test_what_the_server_will_not_have_is_known_beforehand(whole: Whole) -> None:
    """Before production is touched."""
    whole.home.api.denied.add(("replace", "Deployment"))

    with pytest.raises(Refused, match="is forbidden") as refused:
        planned(whole)

    assert refused.value.kind is RefusalKind.FORBIDDEN


def test_a_server_that_never_answers_is_given_up(whole: Whole) -> None:
    """Said is which Deployment nobody would judge."""
    whole.home.api.faults = dict.fromkeys(range(1, 99), Fault.UNAVAILABLE)

    with pytest.raises(Refused, match="did not say whether it accepts Deployment vllm-server"):
        planned(whole)


def test_the_change_is_shown_as_a_diff_of_the_operators_text(whole: Whole) -> None:
    """One line goes, one line comes."""
    manifest = run_plan.manifests(whole.settings)[Mode.ML]

    lines = run_plan.change(manifest, manifest, IMAGE).splitlines()

    assert [line[1:].strip() for line in lines if line.startswith("+ ")] == [f'"image": "{NEW}",']
    assert len([line for line in lines if line.startswith("- ")]) == 1


def test_variables_of_the_run_are_set_in_both_modes(whole: Whole) -> None:
    """In the text and in what is planned, and nothing else of either; the operator's own are as they were."""
    found = run_plan.manifests(whole.settings)

    tried = run_plan.overridden(found, {"LD_LIBRARY_PATH": "/usr/lib:/x", "EMPTY": ""})

    for mode, manifest in found.items():
        assert dict(tried[mode].serving.env) == {**manifest.serving.env, "LD_LIBRARY_PATH": "/usr/lib:/x", "EMPTY": ""}
        paths = {difference.path for difference in objects.differences(manifest.obj, tried[mode].obj)}
        assert {path.rpartition(".")[2].partition("[")[0] for path in paths} == {"env"}
        added = [line for line in run_plan.change(manifest, tried[mode], IMAGE).splitlines() if line[:1] == "+"]
        assert [word for word in ("LD_LIBRARY_PATH", "/usr/lib:/x", NEW) if word not in "".join(added)] == []
    assert "LD_LIBRARY_PATH" not in str(run_plan.manifests(whole.settings))


def test_everything_beside_a_manifest_is_looked_at(home: Home, tmp_path: Path) -> None:
    """A rule may be about a Service that stands in a file of its own; what is broken is named by file and line."""
    assert home.api.requests == []
    configured = settings(tmp_path)
    (tmp_path / "service.yml").write_text("kind: Service\n---\nkind: Ingress\n")

    found = [(Path(source).name, document.data["kind"]) for source, document in run_plan.documents(configured)]
    (tmp_path / "service.yml").write_text("kind: [\n")

    assert found[-2:] == [("service.yml", "Service"), ("service.yml", "Ingress")]
    with pytest.raises(BadManifest, match=r"service\.yml:2"):
        run_plan.documents(configured)


def modes(tmp_path: Path, text: str, **more: str) -> Settings:
    """Settings with one mode, whose manifest is this text."""
    (tmp_path / "d.yaml").write_text(text)
    return Settings(modes=Modes(ml=ModeSettings(manifest=tmp_path / "d.yaml", **more)))


def test_a_value_of_a_map_on_the_cluster_is_known(tmp_path: Path) -> None:
    """Where no file has it, the cluster is asked, with and without variables of the run."""
    settings = modes(tmp_path, WORKLOAD.replace("8000", "$(PORT)"))

    found = run_plan.manifests(settings, elsewhere=lambda _namespace, name: {"PORT": "8001"} if name == "c" else None)
    tried = run_plan.overridden(found, {"A": "1"}, elsewhere=lambda *_: {"PORT": "8001"})

    assert (found[Mode.ML].serving.port, tried[Mode.ML].serving.port) == (8001, 8001)


def test_a_port_that_is_not_known_is_found_before_production_goes(tmp_path: Path) -> None:
    """Nobody could be asked whether the candidate is well."""
    with pytest.raises(BadManifest, match=r"--port is \$\(PORT\) \(the ConfigMap c, which is not available\)"):
        run_plan.manifests(modes(tmp_path, WORKLOAD.replace("8000", "$(PORT)")))


def test_the_cluster_takes_a_deployment_alone(tmp_path: Path) -> None:
    """Other kinds are read by preflight, and it is said so."""
    with pytest.raises(BadManifest, match="StatefulSet vllm: candidates on the cluster are put into a Deployment"):
        run_plan.manifests(modes(tmp_path, WORKLOAD.replace("Deployment", "StatefulSet")))


def test_of_several_workloads_the_settings_choose(tmp_path: Path) -> None:
    """By name, where more than one runs vLLM."""
    both = WORKLOAD + "---\n" + WORKLOAD.replace("name: vllm", "name: other").replace("8000", "9000")

    found = run_plan.manifests(modes(tmp_path, both, workload="other"))[Mode.ML]

    assert (found.serving.port, found.obj["metadata"]["name"]) == (9000, "other")
    with pytest.raises(BadManifest, match="found Deployment vllm, Deployment other"):
        run_plan.manifests(modes(tmp_path, both))

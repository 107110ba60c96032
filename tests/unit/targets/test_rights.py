"""A run asks for no right that it does not use."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.unit.targets.fake_request import Request
from tests.unit.targets.home import Home
from tests.unit.targets.whole import IMAGE, Whole, settings
from vllm_qualify.config import Routing
from vllm_qualify.kube import access, paths
from vllm_qualify.targets.base import Mode

READS = {"get", "list"}
# Asked by the node that preflight is told of, and by an exec, which the fake API server answers as no request.
ELSEWHERE = {"list nodes in the whole cluster", "get pods/exec"}


# Which kinds there are, every account may ask.
DISCOVERY = "APIGroupList"
GITOPS = ("kustomize.toolkit.fluxcd.io", "helm.toolkit.fluxcd.io")


def managed(home: Home) -> None:
    """Every kind of controller is installed, and has left its sign on production."""
    signs = {"argocd.argoproj.io/instance": "llm"}
    signs |= {f"{group}/{key}": "llm" for group in GITOPS for key in ("name", "namespace")}
    home.api.edit("Deployment", "vllm-server", lambda obj: obj["metadata"]["labels"].update(signs))
    home.api.groups |= {*GITOPS, "argoproj.io", "autoscaling.k8s.io", "keda.sh"}


def used(request: Request) -> str:
    """The right that a request takes, without the name and the place of its object."""
    plural = paths.path(request.kind).rpartition("/")[2]
    below = f"/{request.sub}" if request.sub else ""
    return f"{'get' if request.name else 'list'} {plural}{below}"


def test_every_right_to_look_is_used_by_a_run(home: Home, tmp_path: Path) -> None:
    """Whoever reads the Role finds nothing in it that a run would not need."""
    config_map = tmp_path / "litellm.yaml"
    config_map.write_text("kind: ConfigMap\nmetadata: {name: litellm}\ndata: {config.yaml: 'model_list: []'}\n")
    routing = Routing(proxy="http://litellm:4000", config_map=config_map)
    whole = Whole(home=home, settings=replace(settings(tmp_path), routing=routing))

    managed(home)
    whole.target.open()
    with whole.target.deploy(IMAGE) as candidate:
        candidate.start(Mode.ML)
        candidate.log()
    whole.target.close()

    looked = {used(one) for one in home.api.requests if one.verb == "get" and one.kind != DISCOVERY}
    wanted = [need for need in access.NEEDS if need.verb in READS and str(need) not in ELSEWHERE]
    assert [str(need) for need in wanted if _bare(need) not in looked] == []


def _bare(need: access.Need) -> str:
    return f"{need.verb} {need.resource}" + (f"/{need.subresource}" if need.subresource else "")

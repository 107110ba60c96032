from __future__ import annotations

import functools
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests import litellm
from tests.kubernetes.home_lab import PRODUCTION_MODEL, HomeLab, Run
from vllm_qualify.client.openai import new_http_client
from vllm_qualify.plugin import progress

Qualify = Callable[[str], Run]

MODEL = "Qwen/Qwen3-8B-AWQ"
# A tag of its own: what another test put under one is still on the node.
_TAG = "v0.8.5.post1-route"
# Names are asked for over TCP, for that is all that the lab carries from outside; and by DNS alone, ending in .local
# as they do.
_RESOLVER = "nameserver {dns}\noptions use-vc\n"
_SWITCH = "hosts: files dns\n"
_WITHIN = 'mount --bind "$1" /etc/resolv.conf && mount --bind "$2" /etc/nsswitch.conf && shift 2 && exec "$@"'


def as_in_the_cluster(home_lab: HomeLab, folder: Path) -> list[str]:
    """Runs a command on this machine with the cluster's DNS, in a mount namespace of its own."""
    resolver, switch = folder / "resolv.conf", folder / "nsswitch.conf"
    resolver.write_text(_RESOLVER.format(dns=home_lab.cluster.lab.dns_ip))
    switch.write_text(_SWITCH)
    return ["unshare", "--mount", "sh", "-c", _WITHIN, "sh", str(resolver), str(switch)]


def config_maps(home_lab: HomeLab, ollama: str) -> dict[str, str]:
    """The example's in this namespace, right and as it was before the upgrade; the fallback is on this machine."""
    text = (home_lab.folder / "applications" / "litellm" / "configmap.yaml").read_text()
    right = text.replace("vllm-api.ml.svc", f"vllm-api.{home_lab.namespace}.svc")
    right = right.replace("http://ollama.ml.svc.cluster.local:11434", ollama)
    return {"right": right, "old": right.replace(MODEL, PRODUCTION_MODEL)}


@pytest.fixture(scope="module")
def qualify(
    home_lab: HomeLab, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[Qualify]:
    """Qualifies behind a proxy that was started from one of the config maps, which is in the folder and the cluster."""
    command = litellm.installed(functools.partial(progress.say, pytestconfig))
    folder, key = tmp_path_factory.mktemp("proxies"), f"sk-{secrets.token_hex(16)}"
    within, path = as_in_the_cluster(home_lab, folder), home_lab.folder / "applications" / "litellm" / "configmap.yaml"
    home_lab.candidate(_TAG, SCRIPTED_VERSION="0.8.5.post1")
    with litellm.serve_ollama() as ollama, new_http_client() as http, ExitStack() as running:
        texts = config_maps(home_lab, ollama.url)
        proxies = {
            name: running.enter_context(litellm.started(command, text, folder / name, key=key, within=within))
            for name, text in texts.items()
        }
        settings = (home_lab.folder / "qualify.toml").read_text()

        def run(name: str) -> Run:
            url = proxies[name].ready(http)
            path.write_text(texts[name])
            home_lab.say("apply", "-f", str(path))
            address = settings.replace("http://litellm.ml.svc.cluster.local:4000", url)
            (home_lab.folder / "qualify.toml").write_text(address)
            cases = ("-k", "starts or routing or put_back")
            return home_lab.qualify("--image", f"vllm/vllm-openai:{_TAG}", *cases, **{litellm.KEY_ENV: key})

        yield run


def test_the_alias_reaches_the_candidate_through_the_service(home_lab: HomeLab, qualify: Qualify) -> None:
    """LiteLLM finds the Service by its name in the cluster, and the candidate's own counter tells that it answered."""
    before = home_lab.snapshot()

    run = qualify("right")

    case = run.case(_TAG, "ROUTE/alias-reaches-the-candidate")
    seen = {each["name"]: each["value"] for each in case["observations"]}
    assert case["outcome"] == "passed", case["message"]
    assert seen["answered-by"] == f"http://vllm-api.{home_lab.namespace}.svc.cluster.local:8000/v1"
    assert seen["fallbacks"] == 0
    assert home_lab.snapshot().keys() - before.keys() == {"ConfigMap litellm-config"}


def test_an_old_config_map_fails_and_its_line_is_named(home_lab: HomeLab, qualify: Qualify) -> None:
    """The story's trap: the fallback answers with HTTP 200, and the route fails for the line that was not changed."""
    run = qualify("old")

    path = home_lab.folder / "applications" / "litellm" / "configmap.yaml"
    line = next(number for number, text in enumerate(path.read_text().splitlines(), 1) if PRODUCTION_MODEL in text)
    case = run.case(_TAG, "ROUTE/alias-reaches-the-candidate")
    assert case["outcome"] == "failed", case["message"]
    assert "ollama/qwen2.5:3b answered with HTTP 200 instead of the candidate" in case["message"]
    assert f"applications/litellm/configmap.yaml:{line}: model is openai/{PRODUCTION_MODEL}" in case["message"]
    assert f"write openai/{MODEL}" in case["message"]
    assert run.code == 1

"""Whether a proxy's configuration leads to vLLM, and where the proxy is asked."""

from __future__ import annotations

from tests.unit.cli.first_settings.test_modes import workload
from vllm_qualify.cli.first_settings import proxies
from vllm_qualify.cli.first_settings.folder_texts import FolderText
from vllm_qualify.cli.first_settings.workloads import Found

CONFIG = """\
model_list:
- model_name: other
  litellm_params: {model: openai/else, api_base: "http://elsewhere:8000"}
- model_name: small
  litellm_params: {model: openai/NAME, api_base: "http://HOST:8000/v1"}
- model_name: spare
  litellm_params: {model: ollama/x}
router_settings: {fallbacks: [{small: [spare]}]}
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: litellm-proxy, namespace: ai}
spec: {ports: [{port: 80}]}
"""
SERVICES = (Found(value="vllm-api", place="s.yaml:3"),)


def config(*, name: str = "m", host: str = "x") -> FolderText:
    """A configuration of LiteLLM."""
    return FolderText(path="litellm.yaml", text=CONFIG.replace("NAME", name).replace("HOST", host))


def test_by_the_address_of_the_service() -> None:
    """Whatever model it asks for; the fallback is the model behind the alias that answers instead."""
    found = proxies.find([config(name="renamed", host="vllm-api.ml.svc")], [workload("a")], SERVICES)

    assert found is not None
    assert (found.alias.value, found.alias.place) == ("small", "litellm.yaml:4")
    assert found.fallback == Found(value="ollama/x", place="litellm.yaml:7")


def test_by_the_model_that_is_served() -> None:
    """Where the address says nothing."""
    found = proxies.find([config()], [workload("a")], ())

    assert found is not None
    assert found.alias.value == "small"


def test_a_proxy_of_others_is_none() -> None:
    """Neither address nor model lead here."""
    assert proxies.find([config(name="else2")], [workload("a")], SERVICES) is None


def test_the_proxys_own_service_says_where_it_is_asked() -> None:
    """With its namespace and port, and the place where it stands."""
    found = proxies.find([config(), FolderText(path="svc.yaml", text=SERVICE)], [workload("a")], ())

    assert found is not None
    assert found.address.value == "http://litellm-proxy.ai.svc.cluster.local:80"
    assert found.address.note == "from the Service in svc.yaml:1"


def test_without_one_the_address_is_a_guess() -> None:
    """By the usual name and port."""
    found = proxies.find([config()], [workload("a")], ())

    assert found is not None
    assert found.address.value == "http://litellm:4000"
    assert found.address.guessed


def test_what_cannot_be_read_is_passed_over() -> None:
    """A broken one beside a good one."""
    broken = FolderText(path="a.yaml", text="model_list: [")

    found = proxies.find([broken, config()], [workload("a")], ())

    assert found is not None
    assert found.path == "litellm.yaml"


def test_an_address_that_is_none() -> None:
    """It leads nowhere, and stops nobody."""
    assert proxies.find([config(name="y", host="[")], [workload("a")], SERVICES) is None

"""Whether a LiteLLM proxy of the folder leads to vLLM, by which alias, and where it is asked. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from vllm_qualify.cli.first_settings import workloads
from vllm_qualify.cli.first_settings.draft import Noted
from vllm_qualify.cli.first_settings.folder_texts import FolderText
from vllm_qualify.cli.first_settings.workloads import Found, FoundWorkload
from vllm_qualify.config.lookup import GUESSED
from vllm_qualify.core import foreign
from vllm_qualify.kube.pod_templates import at
from vllm_qualify.litellm import config
from vllm_qualify.litellm.config import BadProxyConfig, ProxyConfig, ProxyModel

_PORT = 4000
"""On which LiteLLM listens by itself (docs.litellm.ai, `litellm --port`)."""
_NAME = "app.kubernetes.io/name"
_LITELLM = "litellm"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundProxy:
    """A proxy whose configuration leads to vLLM.

    Attributes:
        path: of its configuration.
        alias: the name that callers use.
        address: where it is asked, with what is known of that.
        fallback: the model that answers in vLLM's place; ``None`` where none does.
    """

    path: str
    alias: Found
    address: Noted
    fallback: Found | None = None


def find(texts: Sequence[FolderText], serving: Sequence[FoundWorkload], services: Sequence[Found]) -> FoundProxy | None:
    """The first configuration that leads to vLLM; ``None`` where none does.

    Args:
        texts: of the folder.
        serving: the workloads that serve.
        services: in front of them.
    """
    for one in (text for text in texts if "model_list" in text.text):
        try:
            known = config.parse(one.text, source=one.path)
        except BadProxyConfig:
            continue
        entry = _leading(known, serving, services)
        if entry is not None:
            return FoundProxy(
                path=one.path,
                alias=Found(value=entry.alias, place=entry.places["alias"]),
                address=_address(texts, one, known.namespace),
                fallback=_fallback(known, entry.alias),
            )
    return None


def _leading(known: ProxyConfig, serving: Sequence[FoundWorkload], services: Sequence[Found]) -> ProxyModel | None:
    """The entry that leads to vLLM: by its address, else by the name of the model that is served."""
    hosts = {one.value for one in services}
    served = {name for one in serving for name in one.manifest.served_model_names}
    by_address = (one for one in known.models if _host(one.api_base).partition(".")[0] in hosts)
    by_name = (one for one in known.models if one.served_name in served)
    return next((one for one in (*by_address, *by_name) if one.alias), None)


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _fallback(known: ProxyConfig, alias: str) -> Found | None:
    """The model behind the first alias that answers in another one's place."""
    first = next(iter(known.fallbacks.get(alias, ())), "")
    entry = next(iter(known.named(first)), None)
    return Found(value=entry.model, place=entry.places["model"]) if entry and entry.model else None


def _address(texts: Sequence[FolderText], one: FolderText, namespace: str) -> Noted:
    for found, place in _services(texts):
        where = str(at(found, "metadata", "namespace") or namespace or "default")
        port = next((each.get("port") for each in foreign.mappings(at(found, "spec", "ports"))), _PORT)
        name = at(found, "metadata", "name")
        return Noted(value=f"http://{name}.{where}.svc.cluster.local:{port}", note=f"from the Service in {place}")
    name = next((str(label) for label in _labels(one) if label), _LITELLM)
    host = f"{name}.{namespace}.svc.cluster.local" if namespace else name
    said = "no Service of it was found; name and namespace of its config map, LiteLLM's own port"
    return Noted(value=f"http://{host}:{_PORT}", note=f"{GUESSED}{said}")


def _services(texts: Iterable[FolderText]) -> Iterator[tuple[object, str]]:
    """The Services of the proxy with their places."""
    for one in texts:
        if _LITELLM not in one.text or "Service" not in one.text:
            continue
        for document, root in workloads.objects(one):
            found = at(document.data, *root)
            names = (at(found, "metadata", "name"), *foreign.mapping(at(found, "spec", "selector")).values())
            if at(found, "kind") == "Service" and any(_LITELLM in str(name) for name in names):
                yield found, f"{one.path}:{document.line(*root)}"


def _labels(one: FolderText) -> Iterator[object]:
    for document, root in workloads.objects(one):
        found = at(document.data, *root)
        if at(found, "kind") == "ConfigMap" and "model_list" in str(at(found, "data")):
            yield at(found, "metadata", "labels", _NAME)

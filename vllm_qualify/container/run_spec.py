"""A command that makes a container, as the record of that container. Pure."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from vllm_qualify.container import option_words
from vllm_qualify.container.refusal import UnreadableContainer
from vllm_qualify.container.run_words import RunWords
from vllm_qualify.container.spec import ALL_GPUS, ContainerSpec, GpuRequest, Mount, MountKind

_READ = frozenset(
    {"add-host", "cap-add", "cap-drop", "device", "entrypoint", "env", "env-file", "gpus", "group-add", "init", "ipc"}
    | {"label", "memory", "mount", "network", "network-alias", "privileged", "publish", "read-only", "runtime"}
    | {"security-opt", "shm-size", "tmpfs", "ulimit", "user", "volume", "workdir"}
)
# What says how a container is made, watched and named, not what is in it.
_NOT_PART = frozenset(
    {"annotation", "attach", "authfile", "cgroups", "expose", "health-on-failure"}
    | {"cidfile", "conmon-pidfile", "detach", "detach-keys", "disable-content-trust"}
    | {"health-cmd", "health-interval", "health-retries", "health-start-interval", "health-start-period", "quiet"}
    | {"health-timeout", "interactive", "label-file", "log-driver", "log-opt", "name", "no-healthcheck", "pidfile"}
    | {"pull", "replace", "restart", "rm", "rmi", "sdnotify", "sig-proxy", "tls-verify", "tty"}
)
_OTHER_CONTAINERS = ("link", "pod", "pod-id-file", "rootfs", "volumes-from")
_MODES = ("container:", "ns:", "pasta", "slirp4netns")
_MODE_WORDS = frozenset({"bridge", "host", "none", "private"})


@dataclass(frozen=True, slots=True, kw_only=True)
class StartPlace:
    """Where a command is run.

    Attributes:
        folder: in which, absolute.
        read: reads a file by its path; ``None`` where it cannot be read.
        environment: with which.
    """

    folder: str
    read: Callable[[str], str | None]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)


def spec(run: RunWords, place: StartPlace) -> ContainerSpec:
    """What the container is made of.

    Raises:
        UnreadableContainer: an option is not read here; the message says which, and what to do.
    """
    try:
        return _spec(run, place)
    except ValueError as error:
        if isinstance(error, UnreadableContainer):
            raise
        raise UnreadableContainer(f"{run.engine} run of {run.image}: {error}") from error


def _spec(run: RunWords, place: StartPlace) -> ContainerSpec:
    mode, networks = _network(run)
    mounts = [*_volumes(run, place), *(mount for text in run.all("mount") if (mount := _mount(text, place)))]
    return ContainerSpec(
        image=run.image,
        entrypoint=_entrypoint(run),
        command=run.command or None,
        env=dict(_env(run, place)),
        user=run.last("user"),
        folder=run.last("workdir"),
        labels=option_words.without_owners(dict(_pair(label) for label in run.all("label"))),
        mounts=tuple(mounts),
        tmpfs=dict(_colon(text) for text in run.all("tmpfs")),
        devices=_listed(run, "device"),
        gpus=gpus(run.last("gpus")) if run.last("gpus") else None,
        runtime=run.last("runtime"),
        ipc=run.last("ipc"),
        shm_bytes=option_words.size(run.last("shm-size") or "0"),
        network_mode=mode,
        networks=networks,
        ports=()
        if mode == "host"
        else tuple(one for text in _listed(run, "publish") for one in option_words.ports(text)),
        ulimits=run.all("ulimit"),
        cap_add=_listed(run, "cap-add"),
        cap_drop=_listed(run, "cap-drop"),
        security=run.all("security-opt"),
        groups=_listed(run, "group-add"),
        hosts=_listed(run, "add-host"),
        privileged=run.on("privileged"),
        read_only=run.on("read-only"),
        init=run.on("init"),
        memory_bytes=option_words.size(run.last("memory") or "0"),
        others=_others(run),
    )


def gpus(text: str) -> GpuRequest:
    """The GPUs of ``--gpus``, which the client reads as a line of CSV.

    Raises:
        ValueError: it asks for them in a way that the client refuses.
    """
    ids: tuple[str, ...] = ()
    count: int | None = None
    for part in next(csv.reader([text])):
        key, equals, value = part.strip().partition("=")
        name, value = (key, value) if equals else ("count", key)
        if name == "device":
            ids = tuple(value.split(","))
        elif name == "count":
            count = ALL_GPUS if value in {"all", "-1"} else int(value) if value.isdecimal() else None
        if name == "count" and count is None:
            raise ValueError(f"--gpus {text} is not a request for GPUs; expected all, a number, or device=NUMBER")
    if ids and count is not None:
        raise ValueError(f"""--gpus {text} has lost its inner quotes; write --gpus '"device={ids[0]},{count}"'""")
    return GpuRequest(count=0, ids=ids) if ids else GpuRequest(count=ALL_GPUS if count is None else count)


def _entrypoint(run: RunWords) -> tuple[str, ...] | None:
    """One word, or with Podman a list in JSON; an empty one is none at all."""
    given = run.all("entrypoint")
    if not given:
        return None
    if given[-1].startswith("["):
        try:
            return tuple(map(str, json.loads(given[-1])))
        except ValueError as error:
            raise ValueError(f"--entrypoint {given[-1]} is not a list in JSON") from error
    return (given[-1],) if given[-1] else ()


def _env(run: RunWords, place: StartPlace) -> Iterator[tuple[str, str]]:
    """Files first: single variables outrank them, wherever they stand."""
    for path in run.all("env-file"):
        text = place.read(path)
        if text is None:
            raise UnreadableContainer(f"the file {path} of --env-file cannot be read here; run this where it is")
        yield from option_words.variables(text, place.environment)
    for text in run.all("env"):
        name, equals, value = text.partition("=")
        if equals:
            yield name, value
        elif name in place.environment:
            yield name, place.environment[name]


def _volumes(run: RunWords, place: StartPlace) -> Iterator[Mount]:
    for text in run.all("volume"):
        found = option_words.mount(text, folder=place.folder)
        if found is not None:
            yield found


def _mount(text: str, place: StartPlace) -> Mount | None:
    """The mount of ``--mount``; ``None`` for one in memory or without a name, which is each container's own.

    Raises:
        ValueError: it is of a kind that is not read here.
    """
    known = {key.strip().lower(): value for key, _, value in (part.partition("=") for part in next(csv.reader([text])))}
    kind = known.get("type", "volume")
    source = known.get("source") or known.get("src") or ""
    target = known.get("target") or known.get("destination") or known.get("dst") or ""
    if kind == "tmpfs" or (kind == "volume" and not source):
        return None
    if kind not in {"bind", "volume"} or not target:
        raise ValueError(f"--mount {text} is neither a folder nor a volume; use one of these")
    read_only = any(known.get(key, "false") in {"", "1", "true"} for key in ("readonly", "ro"))
    return Mount(
        kind=MountKind(kind),
        source=option_words.absolute(source, place.folder) if kind == "bind" else source,
        target=target,
        read_only=read_only,
        options=tuple(known[key] for key in ("bind-propagation", "relabel") if known.get(key)),
    )


def _network(run: RunWords) -> tuple[str, dict[str, tuple[str, ...]]]:
    """The mode, or the networks with all that others call the container there."""
    given = run.all("network")
    if len(given) == 1 and (given[0] in _MODE_WORDS or given[0].startswith(_MODES)):
        return given[0], {}
    known = dict.fromkeys([run.last("name"), *run.all("network-alias")])
    aliases = tuple(one for one in known if one)
    return "", {text.partition(":")[0].removeprefix("name="): aliases for text in given}


def _listed(run: RunWords, name: str) -> tuple[str, ...]:
    """All values; Podman also takes several in one, with commas."""
    return tuple(one for value in run.all(name) for one in value.split(","))


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


def _colon(text: str) -> tuple[str, str]:
    path, _, options = text.partition(":")
    return path, options


def _others(run: RunWords) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in run.options:
        if name in _OTHER_CONTAINERS:
            raise UnreadableContainer(
                f"--{name} {value} ties the container to something that is not carried over; give it networks and "
                "volumes of its own"
            )
        if name in _READ or name in _NOT_PART:
            continue
        if name in found:
            raise UnreadableContainer(f"--{name} is given several times, of which one can be handed on; give it once")
        found[name] = value
    return found

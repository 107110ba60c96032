"""Records what both engines say of containers: ``python -m tests.containers.inspections`` writes the unit tests' files.

Ids, times and addresses differ from one recording to the next; paths of this machine and what no reader needs are left
out or replaced.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lab import machine
from tests.containers import engine_hosts

_INTO = Path(__file__).parents[1] / "unit" / "container" / "inspect"
_IMAGE = "vllm/vllm-openai:v0.8.5.post1"
_ARGUMENTS = ("--model", "Qwen/Qwen3-8B-AWQ", "--max-model-len", "8192")
# Storage of the engine's own, and what it writes itself into each container.
_UNREAD = frozenset(
    {"BoundingCaps", "ConmonPidFile", "Dependencies", "EffectiveCaps", "GraphDriver", "HostnamePath", "HostsPath"}
    | {"LogPath", "OCIConfigPath", "PidFile", "ResolvConfPath", "StaticDir", "MaskedPaths", "ReadonlyPaths"}
    | {"AppArmorProfile", "Containers", "StorageOptions", "graphStatus", "History", "NamesHistory", "RootFS"}
)

_EVERYTHING = (
    *("--restart", "always", "--shm-size", "10.24gb", "--network", "backend", "--network-alias", "vllm-backend"),
    *("--publish", "127.0.0.1:8000:8000", "--publish", "9000", "--env", "HF_HUB_OFFLINE=1", "--env", "EMPTY="),
    *(
        "--label",
        "com.example.stack=llm",
        "--ulimit",
        "memlock=65536",
        "--ulimit",
        "nofile=20000:20000",
        "--ulimit",
        "nproc=4096",
    ),
    *(
        "--volume",
        "vllm-cache:/root/.cache/vllm",
        "--volume",
        "/scratch",
        "--tmpfs",
        "/cache:size=1g",
        "--health-cmd",
        "probe",
        "--health-interval",
        "30s",
    ),
    *("--user", "1000:0", "--workdir", "/canary", "--add-host", "proxy.lan:192.0.2.7", "--cap-drop", "ALL"),
    *("--cap-add", "SYS_PTRACE", "--security-opt", "label=disable", "--memory", "4g", "--group-add", "44"),
    *("--log-opt", "max-size=10m", "--stop-timeout", "60", "--stop-signal", "SIGINT", "--hostname", "gpu-box"),
    *("--entrypoint", "vllm"),
)
# Podman's --init needs a package more.
_OWN = {engine_hosts.DOCKER: ("--init",), engine_hosts.PODMAN: ()}
_GPU = {
    engine_hosts.DOCKER: {
        "gpus-all": ("--runtime", "nvidia", "--gpus", "all", "--ipc", "host"),
        "gpus-two": ("--gpus", '"device=4,5"'),
        "gpus-count": ("--gpus", "2"),
        "device-file": ("--device", "/dev/null:/dev/nvidia0", "--device", "/dev/zero:/dev/nvidiactl:rw"),
    },
    engine_hosts.PODMAN: {
        "cdi": ("--device", "nvidia.com/gpu=all", "--security-opt", "label=disable", "--ipc", "host"),
        "device-file": ("--device", "/dev/null:/dev/nvidia0", "--device", "/dev/zero:/dev/nvidiactl:rw"),
    },
}
_COMPOSE = {
    "services": {
        "vllm": {
            "image": _IMAGE,
            "command": ["serve", *_ARGUMENTS],
            "entrypoint": ["vllm"],
            "environment": {"HF_HUB_OFFLINE": "1"},
            "ports": ["8001:8000"],
            "restart": "unless-stopped",
            "volumes": ["cache:/root/.cache/vllm"],
        }
    },
    "version": "3.7",
    "volumes": {"cache": {}},
}


def main() -> None:
    """Record both engines."""
    _INTO.mkdir(parents=True, exist_ok=True)
    for program in (engine_hosts.PODMAN, engine_hosts.DOCKER):
        engine = engine_hosts.started(program, f"inspections-{os.getpid()}", say=engine_hosts.say)
        try:
            for name, found in _recorded(engine):
                _write(f"{program}-{name}.json", found, engine)
        finally:
            machine.remove(engine.machine)


def _recorded(engine: engine_hosts.Engine) -> Iterator[tuple[str, Any]]:
    engine.scripted(_IMAGE)
    engine.say("pull", _IMAGE)
    engine.say("network", "create", "backend")
    yield "image", json.loads(engine.say("image", "inspect", _IMAGE))[0]
    yield "info", json.loads(engine.say("info", "--format", "{{json .}}"))
    yield "plain", _running(engine, "plain")
    models = engine.folder / "models"
    models.mkdir()
    options = (*_EVERYTHING, "--volume", f"{models}:/root/.cache/huggingface:ro", *_OWN[engine.program])
    yield "everything", _running(engine, "everything", *options, arguments=("serve", *_ARGUMENTS))
    yield "rm", _running(engine, "rm", "--rm", "--publish", "8002:8000")
    yield "host", _running(engine, "host", "--network", "host", "--restart", "unless-stopped")
    for name, options in _GPU[engine.program].items():
        yield name, _running(engine, name, *options)
    engine.say("stop", "--time", "1", "plain")
    yield "stopped", engine.inspect("plain")
    yield "compose", _composed(engine)


def _running(engine: engine_hosts.Engine, name: str, *options: str, arguments: tuple[str, ...] = _ARGUMENTS) -> Any:
    engine.say("run", "--detach", "--name", name, *options, _IMAGE, *arguments)
    found = engine.inspect(name)
    engine.run("stop", "--time", "1", name) if name != "plain" else None
    return found


def _composed(engine: engine_hosts.Engine) -> Any:
    folder = engine.folder / "stack"
    folder.mkdir()
    (folder / "compose.json").write_text(json.dumps(_COMPOSE))
    program = "docker-compose" if engine.program == engine_hosts.DOCKER else "podman-compose"
    done = engine.machine.run(program, "-f", str(folder / "compose.json"), "-p", "stack", "up", "-d", env=engine.env)
    if done.returncode:
        raise engine_hosts.Refused(done.stdout + done.stderr)
    (name,) = [one for one in engine.containers() if "stack" in one]
    return engine.inspect(name)


def _write(name: str, found: Any, engine: engine_hosts.Engine) -> None:
    text = json.dumps(_trimmed(found), indent=1)
    here = os.uname()
    named = {str(engine.folder): "/var/lib/engine", here.nodename: "gpu-host", here.release: "6.1.0"}
    for ours, theirs in named.items():
        text = text.replace(ours, theirs)
    (_INTO / name).write_text(text + "\n")
    engine_hosts.say(name)


def _trimmed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _trimmed(one) for key, one in value.items() if key not in _UNREAD}
    return [_trimmed(one) for one in value] if isinstance(value, list) else value


if __name__ == "__main__":
    main()

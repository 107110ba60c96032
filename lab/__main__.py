"""``python -m lab build|up|down|status|load-image``."""

from __future__ import annotations

import argparse
import sys
import time

from lab import images, kubectl, lifecycle, oci, programs, pushing, real
from lab.places import Lab
from vllm_qualify.system import caches
from vllm_qualify.targets.local import environments


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code is 1 if it could not be done."""
    asked = _parser().parse_args(arguments)
    try:
        commands = {"build": _build, "up": _up, "down": _down, "status": _status, "load-image": _load_image}
        return commands[asked.command](asked)
    except (environments.EnvironmentUnavailable, lifecycle.NotReady, programs.Unavailable, real.NoRealImage) as reason:
        _say(str(reason))
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lab", description=__doc__)
    parser.add_argument("--name", default="lab", help="several labs may run side by side (default: lab)")
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="build the programs of labs, unless that was done; up does it by itself")
    build.add_argument("--images", action="store_true", help="only what scripted images are made of; needs no root")
    commands.add_parser("up", help="start a lab; the first time builds its programs")
    commands.add_parser("down", help="remove a lab and all that it made")
    commands.add_parser("status", help="list labs and whether their nodes are ready")
    load = commands.add_parser("load-image", help="put an image under a public name")
    load.add_argument("reference", help="for example vllm/vllm-openai:v0.8.5.post1")
    load.add_argument("behaviour", nargs="*", help="SCRIPTED_NAME=VALUE; see docs/development/lab.md")
    load.add_argument("--real", action="store_true", help="real vLLM on CPU instead; takes gigabytes")
    load.add_argument("--style", choices=[one.name.lower() for one in images.Style], default="module")
    return parser


def _build(asked: argparse.Namespace) -> int:
    if asked.images:
        programs.ensure(caches.default(), say=_say, modules=programs.OWN)
        return 0
    if reason := programs.missing():
        raise programs.Unavailable(reason)
    programs.ensure(caches.default(), say=_say)
    return 0


def _up(asked: argparse.Namespace) -> int:
    began = time.monotonic()
    lab = lifecycle.up(asked.name, cache=caches.default(), say=_say)
    _say(f"lab {lab.name} is ready after {time.monotonic() - began:.1f} s; export KUBECONFIG={lab.kubeconfig}")
    _say(f"kubectl: {lab.programs / 'kubectl'}")
    return 0


def _down(asked: argparse.Namespace) -> int:
    gone = lifecycle.down(asked.name, cache=caches.default())
    _say(f"lab {asked.name} is gone" if gone else f"there is no lab {asked.name}")
    return 0


def _status(_: argparse.Namespace) -> int:
    for lab in lifecycle.every(caches.default()):
        nodes = kubectl.maybe_json(lab, "get", "nodes", "--request-timeout=5s", "-o", "json")
        state = "answers" if nodes else "does not answer"
        print(f"{lab.name}: {lab.server} {state}; {lab.kubeconfig}")  # noqa: T201 (the command's output)
    return 0


def _load_image(asked: argparse.Namespace) -> int:
    lab = lifecycle.find(asked.name, cache=caches.default())
    if lab is None:
        _say(f"there is no lab {asked.name}; start it: python -m lab --name {asked.name} up")
        return 1
    made = _real(asked) if asked.real else _scripted(asked, lab)
    pushing.link_in(lab.folder / "registry", asked.reference, made)
    pushing.push(lab.registry, asked.reference, made)
    _say(f"{asked.reference} is {'real vLLM on CPU' if asked.real else 'a scripted image'} now")
    return 0


def _real(asked: argparse.Namespace) -> oci.Image:
    return real.image(asked.reference, cache=caches.default(), say=_say)


def _scripted(asked: argparse.Namespace, lab: Lab) -> oci.Image:
    env = dict(pair.split("=", 1) for pair in asked.behaviour)
    return images.scripted(lab.programs, style=images.Style[asked.style.upper()], env=env)


def _say(line: str) -> None:
    print(f"lab: {line}", file=sys.stderr)  # noqa: T201 (the command's output)


if __name__ == "__main__":
    sys.exit(main())

"""The table of the options of pytest: a row for each; whoever adds an option adds its row here.

Every pytest of an environment with the harness in it loads this, so it needs next to nothing; ``option_values`` has
what a qualification makes of the options.
"""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import pytest

from vllm_qualify.core import option_types
from vllm_qualify.plugin import option_choices
from vllm_qualify.targets.abilities import PATIENCE_SECONDS, Ability

NEWEST = "newest"
"""What ``--pick`` takes."""


class Level(Enum):
    """How deep a run looks; each level holds the ones before it."""

    QUICK = "quick"
    DEFAULT = "default"
    FULL = "full"


class OptionSubject(Enum):
    """What an option is about; the help has a paragraph for each."""

    IMAGES = "which images are tried"
    PLACE = "where, and with what"
    DEPTH = "how much is asked"
    PRODUCTION = "how production is kept safe"
    ENGINES = "engines of this machine"


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionRow:
    """One option.

    Attributes:
        name: as it is written.
        subject: what it is about.
        help: what it is for.
        how: what else argparse must know of it.
        settings: dotted keys of the settings in whose place its value is taken.
        wish: the field of ``RunWishes`` that carries its value to the target; ``""`` for none.
        needs: what a target must be able to do to meet it; ``None`` for nothing.
    """

    name: str
    subject: OptionSubject
    help: str
    how: dict[str, Any] = field(default_factory=dict)
    settings: tuple[str, ...] = ()
    wish: str = ""
    needs: Ability | None = None

    def given(self, option: Namespace) -> Any:
        """Its value on the command line; what is false was not given."""
        return getattr(option, self.name.removeprefix("--").replace("-", "_"))


_SWITCH = {"action": "store_true"}
_SECONDS = {"metavar": "SECONDS", "type": option_types.seconds}


def _each(metavar: str) -> dict[str, Any]:
    """An option that may be given several times."""
    return {"action": "append", "default": [], "metavar": metavar}


OPTION_ROWS = (
    OptionRow(
        name="--image",
        subject=OptionSubject.IMAGES,
        how=_each("IMAGE"),
        help="candidate to try; may be repeated; with --pick also a range: 'vllm/vllm-openai:>=v0.8.5'",
    ),
    OptionRow(
        name="--pick",
        subject=OptionSubject.IMAGES,
        how={"choices": (NEWEST,)},
        help="try the newest first, and stop at the first that qualifies",
    ),
    OptionRow(
        name="--max-tries",
        subject=OptionSubject.IMAGES,
        how={"metavar": "N", "type": option_types.count},
        help="with --pick: how many candidates are tried at most (default: 3)",
    ),
    OptionRow(
        name="--baseline",
        subject=OptionSubject.DEPTH,
        how={"metavar": "current|none|IMAGE|RUN"},
        settings=("baseline.source",),
        help="what candidates are compared with: production as it serves now, an image that is tried first and last, "
        "or the folder of a stored run of the same node, model and work; latest is the newest "
        "(default: current where the target has a production, else none)",
    ),
    OptionRow(
        name="--max-time",
        subject=OptionSubject.IMAGES,
        how=_SECONDS,
        help="with --pick: after how long no further candidate is started",
    ),
    OptionRow(
        name="--variants",
        subject=OptionSubject.IMAGES,
        how=_SWITCH,
        help="for a range: also tags such as v0.20.0-cu129",
    ),
    OptionRow(
        name="--pre-releases", subject=OptionSubject.IMAGES, how=_SWITCH, help="for a range: also release candidates"
    ),
    OptionRow(
        name="--advisories",
        subject=OptionSubject.IMAGES,
        how={"choices": option_choices.SEVERITIES, "metavar": "{none,low,medium,high,critical}"},
        settings=("policy.advisories",),
        help="severity from which on a published advisory that applies here rules a candidate out (default: none)",
    ),
    OptionRow(name="--force", subject=OptionSubject.IMAGES, how=_SWITCH, help="also try what preflight rules out"),
    OptionRow(
        name="--config",
        subject=OptionSubject.PLACE,
        how={"metavar": "FILE"},
        help="settings (default: ./qualify.toml, else the built-in canary profile)",
    ),
    OptionRow(
        name="--suites",
        subject=OptionSubject.PLACE,
        how=_each("DIR"),
        settings=("suites",),
        help="folder of suites of your own, run after the shipped ones; may be repeated; takes precedence over the "
        "settings, which declare their requirements",
    ),
    OptionRow(
        name="--target",
        subject=OptionSubject.PLACE,
        how={"choices": option_choices.TARGETS, "metavar": "{auto,local,container,kubernetes}"},
        settings=("target",),
        help="what candidates run on; takes precedence over the settings",
    ),
    OptionRow(
        name="--reports-dir",
        subject=OptionSubject.PLACE,
        how={"metavar": "DIR", "default": "reports"},
        help="folder for reports (default: reports)",
    ),
    OptionRow(
        name="--max-downtime",
        subject=OptionSubject.PRODUCTION,
        how=_SECONDS,
        settings=("cluster.max_downtime_seconds", "container.max_downtime_seconds"),
        needs=Ability.TAKES_PRODUCTION_AWAY,
        help="how long production may be down; takes precedence over the settings",
    ),
    OptionRow(
        name="--restore-patience",
        subject=OptionSubject.PRODUCTION,
        how=_SECONDS,
        wish="patience_seconds",
        needs=Ability.TAKES_PRODUCTION_AWAY,
        help="how long to retry a cluster or a container engine that does not answer while production is put back "
        f"(default: {PATIENCE_SECONDS:g})",
    ),
    OptionRow(
        name="--cold-cache",
        subject=OptionSubject.DEPTH,
        how=_SWITCH,
        wish="cold_cache",
        needs=Ability.STARTS_COLD,
        help="on the cluster, also load each model from an empty cache",
    ),
    OptionRow(
        name="--pause-gitops",
        subject=OptionSubject.PRODUCTION,
        how=_SWITCH,
        wish="pause_gitops",
        needs=Ability.PAUSES_GITOPS,
        help="on the cluster, pause the Argo CD or Flux object that would write production back, during the run",
    ),
    OptionRow(
        name="--env",
        subject=OptionSubject.PLACE,
        how=_each("NAME=VALUE"),
        needs=Ability.SETS_VARIABLES,
        help="set a variable for the candidates, overriding production's; may be repeated",
    ),
    OptionRow(
        name="--keep-images",
        subject=OptionSubject.PLACE,
        how={"metavar": "N", "type": option_types.count},
        wish="keep_images",
        needs=Ability.PULLS_IMAGES,
        help="with containers: how many of the images that the run pulled stay on the host (default: all)",
    ),
    OptionRow(
        name="--streams",
        subject=OptionSubject.DEPTH,
        how={"metavar": "N", "type": option_types.count},
        settings=("throughput.streams",),
        help="how many requests are under way at once where throughput is measured (default: 8)",
    ),
    OptionRow(
        name="--sweep",
        subject=OptionSubject.DEPTH,
        how=_SWITCH,
        help="also measure throughput and goodput at 1, 2, 4, 8 ... streams, up to throughput.sweep_streams (32)",
    ),
    OptionRow(
        name="--checks",
        subject=OptionSubject.DEPTH,
        how={"choices": tuple(level.value for level in Level), "default": Level.DEFAULT.value},
        help="how much is asked: quick, default or full (default: default); --list-checks shows what that is",
    ),
    OptionRow(
        name="--soak",
        subject=OptionSubject.DEPTH,
        how={"metavar": "TIME", "type": option_types.span},
        help="also keep steady load on each candidate for so long, such as 10m, and watch rate, memory and answers",
    ),
    OptionRow(
        name="--list-checks",
        subject=OptionSubject.DEPTH,
        how=_SWITCH,
        help="list every case with its level and what it costs; run nothing",
    ),
    OptionRow(
        name="--check",
        subject=OptionSubject.PRODUCTION,
        how=_SWITCH,
        help="say what this run would do, and do nothing: settings, target, production, candidates, budgets, time",
    ),
    OptionRow(
        name="--ask-target",
        subject=OptionSubject.PRODUCTION,
        how=_SWITCH,
        help="with --check: also ask the target and the registries, as a run does at its start; only reads",
    ),
    OptionRow(
        name="--dry-run",
        subject=OptionSubject.PRODUCTION,
        how=_SWITCH,
        needs=Ability.TAKES_PRODUCTION_AWAY,
        help="print what would be done to production, and change nothing",
    ),
    OptionRow(
        name="--offline",
        subject=OptionSubject.PLACE,
        how=_SWITCH,
        wish="offline",
        help="download nothing; use what is cached",
    ),
    OptionRow(
        name="--device",
        subject=OptionSubject.ENGINES,
        how={"choices": ("auto", "cpu", "gpu")},
        settings=("local.device",),
        needs=Ability.RUNS_ENGINES_HERE,
        help="what local engines run on: auto is the GPU where NVML shows one",
    ),
    OptionRow(
        name="--local-port",
        subject=OptionSubject.ENGINES,
        how={"metavar": "PORT", "type": option_types.port, "default": 0},
        wish="port",
        needs=Ability.RUNS_ENGINES_HERE,
        help="port of local engines",
    ),
    OptionRow(
        name="--local-dtype",
        subject=OptionSubject.ENGINES,
        how={"choices": ("auto", "float32", "bfloat16")},
        settings=("local.dtype",),
        needs=Ability.RUNS_ENGINES_HERE,
        help="number format of local engines",
    ),
)


def given(option: Namespace) -> tuple[str, ...]:
    """The options of the command line that say something, by name."""
    return tuple(row.name for row in OPTION_ROWS if row.given(option) not in (None, False, row.how.get("default")))


def register(group: pytest.OptionGroup) -> None:
    """Make the options known to pytest."""
    for row in OPTION_ROWS:
        group.addoption(row.name, help=row.help, **row.how)

"""What stands beside the results of allure-pytest: the environment and the categories of failures."""

from __future__ import annotations

import json

from vllm_qualify.records import Outcome, RunRecord
from vllm_qualify.render import sentences, text

# How the message of a pytest report begins for each outcome that is no plain pass. The categories match on it, so
# the plugin takes the words from here.
PREFIXES = {
    Outcome.FAILED: "the image fails: ",
    Outcome.BROKEN: "the harness or the infrastructure broke: ",
    Outcome.INCONCLUSIVE: "inconclusive: ",
    Outcome.BLOCKED: "blocked: ",
    Outcome.NOT_APPLICABLE: "not applicable here: ",
    Outcome.WARNED: "warned: ",
}
_NAMES = {
    Outcome.FAILED: "The image does not qualify",
    Outcome.BROKEN: "The harness or the infrastructure broke",
    Outcome.INCONCLUSIVE: "Inconclusive: measured, but the noise is too large",
    Outcome.BLOCKED: "Blocked by an earlier failure",
    Outcome.NOT_APPLICABLE: "Not shown on this target",
}
# pytest puts the type of the exception, or "Skipped", before the message.
_EXCEPTION = r"^(?:[\w.]+: )?"


def message(outcome: Outcome, content: str) -> str:
    """The message of a pytest report, beginning as the categories expect."""
    return PREFIXES.get(outcome, "") + content


def files(run: RunRecord) -> dict[str, bytes]:
    """The files that allure-results holds beside the results themselves."""
    return {
        "allure-results/environment.properties": _properties(_environment(run)),
        "allure-results/categories.json": json.dumps(_categories(), indent=2).encode() + b"\n",
    }


def _environment(run: RunRecord) -> dict[str, str]:
    facts = {"run": run.run, "target": run.target} | run.facts
    for candidate in run.candidates:
        facts[candidate.image] = sentences.stand_in(candidate.stand_in) or "the image itself"
    return facts


def _categories() -> list[dict[str, object]]:
    return [
        {
            "name": name,
            "messageRegex": f"{_EXCEPTION}{PREFIXES[outcome].strip()}[\\s\\S]*",
            "matchedStatuses": ["failed", "broken", "skipped", "unknown"],
        }
        for outcome, name in _NAMES.items()
    ]


def _properties(values: dict[str, str]) -> bytes:
    """A Java properties file; it is Latin-1, so everything beyond ASCII is escaped."""
    return b"".join(_escaped(key, key=True) + b" = " + _escaped(value) + b"\n" for key, value in values.items())


def _escaped(content: str, *, key: bool = False) -> bytes:
    line = text.one_line(content).replace("\\", "\\\\")
    if key:
        for mark in " :=#!":
            line = line.replace(mark, f"\\{mark}")
    wide = line.encode("utf-16-be", "replace")
    units = (int.from_bytes(wide[at : at + 2], "big") for at in range(0, len(wide), 2))
    return "".join(chr(unit) if unit < 0x7F else f"\\u{unit:04x}" for unit in units).encode()  # noqa: PLR2004 - ASCII

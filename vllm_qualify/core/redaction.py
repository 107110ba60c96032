"""Takes secrets and terminal sequences out of text before it is kept or shown. Pure; called wherever either is done."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Collection, Iterator
from typing import Any, TypeVar

from vllm_qualify.core import record_texts

MARK = "[redacted]"
LONG = 8
"""Characters from which on a known secret is taken out of the middle of words as well.

Source: NIST SP 800-63B, 5.1.1.1: a secret that people choose has at least eight.
"""
_SHORTEST = 4
# Where a value stands, and not a word of a sentence: behind a quote, a bracket, an equals sign, a colon, or "Bearer".
_VALUE_BEGINS = re.compile(r"(?:[\"'`=(\[{]|[:=] |[Bb]earer )\Z")
_VALUE_ENDS = re.compile(r"[\"'`,;)\]}\s]|\Z")
_LOOKED_AT = 8

_T = TypeVar("_T")
# Only the end of a name is looked at: what may stand before it would make the search slow on a long log.
_NAME = (
    r"(?:(?:api|access|secret|master|private|signing|encryption)[_-]?key(?:[_-]?id)?|secret|passw(?:or)?d|passphrase"
    r"|(?:auth|access|hub|hf|api|bearer|refresh|id|session|github|gitlab)[_-]?token)"
)
# A list, a string with or without quotes (those of JSON within JSON are escaped), or a bare word; nothing is no secret.
_VALUE = (
    r"(?!None\b|null\b)"
    r"(?P<value>\[(?:\"[^\"\n]*\"|'[^'\n]*'|[^\]\"'\n])*+\]?|\\\"[^\"\n]*\"|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'|[^\s\"',;&}\]]+)"
)
# Of variables, as they are written: what hides something ends so.
_VARIABLE = r"(?:TOKENS?|SECRETS?|PASSWORD|PASSWD|PASSPHRASE|PASS|KEYS?|AUTH|CREDENTIALS?|COOKIES?|DSN)"
_NAMED = rf"\bname[\"']?:\s*[\"']?[A-Z0-9_]{{0,64}}(?:{_VARIABLE}|PWD)[\"']?"
_PLAIN = (
    re.compile(r"\bhf_(?:oauth_)?[A-Za-z0-9]{16,}"),
    # Models are called sk-learn-something as well, but not with capitals and digits, or in hexadecimal.
    re.compile(r"(?<![\w-])[sr]k-(?=[\w-]*?[A-Z])(?=[\w-]*?\d)[\w-]{16,}"),
    re.compile(r"(?<![\w-])[sr]k-(?:[a-z0-9]{1,8}-){0,3}[0-9a-f]{32,}\b|(?<![\w-])sk-\d{4,}\b(?!-)"),
    re.compile(r"\b(?:gh[opusr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abps]-[\w-]{10,})"),
    re.compile(r"\b(?:nvapi-[\w-]{20,}|AIza[\w-]{30,}|[sr]k_(?:live|test)_[A-Za-z0-9]{10,})"),
    re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    re.compile(r"(?<![\w-])eyJ[\w-]{6,}\.[\w-]{6,}\.[\w-]*"),
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
)
# What stands before the secret stays, so that a reader still sees that there was one.
_AFTER = (
    re.compile(
        r"(\bauthorization\b[\\\"']*[ \t]*[:=][ \t]*[\\\"']*)(?P<value>(?:(?:bearer|basic|token) +)?[^\s\"',}\\]+)",
        re.IGNORECASE,
    ),
    re.compile(r"(\bbearer +)(?:(?=\S*\d)|(?=[A-Za-z]{20}))(?P<value>[A-Za-z0-9._~+/=-]{8,})", re.IGNORECASE),
    re.compile(r"(\b(?:set-)?cookie[\\\"']*[ \t]*:[ \t]*)(?P<value>[^\n]+)", re.IGNORECASE),
    re.compile(rf"({_NAME}[\\\"']*[ \t]*[:=][ \t]*){_VALUE}", re.IGNORECASE),
    # Of several keys behind one flag all are secret.
    re.compile(r"((?<![\w-])--api-key[ =]+)(?P<value>(?!-)[\w.+=~-]{1,400}+(?: +(?!-)[\w.+=~-]{8,400}+)+)"),
    re.compile(rf"((?<![\w-])--[\w-]{{0,40}}{_NAME}[\"']?,?[ \t]+){_VALUE}", re.IGNORECASE),
    re.compile(rf"((?:_{_VARIABLE}|_PWD|\b(?:TOKENS?|PASSPHRASE|COOKIE))=){_VALUE}"),
    # Kubeconfigs and the logins of container tools, in YAML and in JSON. A token of a model is a short word.
    re.compile(
        r"([\"\\](?:auth|token|client-key-data|identitytoken|pass|passphrase)[\\\"]+\s*:\s*)(?P<value>\\?\"[^\"\s\\]{8,}\\?\")"
    ),
    re.compile(r"(?m)^([ \t-]*(?:auth|token|client-key-data|passphrase)[ \t]*:[ \t]+)(?P<value>[^\s\"'{\[]{16,})"),
    re.compile(r"(://[^\s/:@\"']*:)(?P<value>[^\s/\"']+)(?=@)"),
    re.compile(r"(://)(?P<value>[^\s/:@\"']{20,})(?=@)"),
    re.compile(
        r"((?:hooks\.slack\.com|discord(?:app)?\.com/api|webhook\.office\.com)/)(?P<value>[\w/@.+-]{16,})",
        re.IGNORECASE,
    ),
    re.compile(
        r"([?&](?:x-amz-(?:signature|credential|security-token)|signature|sig|token)=)(?P<value>[^&\s\"']+)",
        re.IGNORECASE,
    ),
    # An environment variable as a manifest or a pod writes it: the value stands on the next line, or in the next key,
    # in a block below it, or before its name.
    re.compile(rf"({_NAMED},?\s+[\"']?value[\"']?:[ \t]*(?![|>])){_VALUE}"),
    re.compile(
        rf"({_NAMED}\s+value:[ \t]*[|>][+-]?[ \t]*\n(?P<indent>[ \t]+))"
        r"(?P<value>[^\n]+(?:\n(?P=indent)[^\n]+)*)"
    ),
    re.compile(
        r"(\bvalue[\"']?:[ \t]*)(?P<value>\"[^\"\n]{1,400}\"|'[^'\n]{1,400}'|[^\s\"',;&}\]]{1,400}+)"
        rf"(?=,?\s{{1,80}}[\"']?name[\"']?:\s{{0,9}}[\"']?[A-Z0-9_]{{0,64}}(?:{_VARIABLE}|PWD)[\"']?\s)"
    ),
)
_SECRET_KIND = re.compile(r"\bkind[\"\\']*\s*:\s*[\"\\']*Secret\b")
_SECRET_DATA = re.compile(
    r"((?<=[\"\\])(?:data|stringData)[\"\\]+\s*:\s*)(?:\{[^{}]*\}|\{(?:[^{}\"\n]|\"(?:[^\"\\\n]|\\.)*+\"?)*+\}?)"
)
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
# Control characters, halves of characters and direction overrides: none may reach a terminal, an XML or an HTML file.
_UNSAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_YAML_DATA = re.compile(r"(?P<key>(?P<indent>[\s-]*)(?:data|stringData):)(?:\s+\{.*)?\s*")


def clean(content: str) -> str:
    """The text without terminal sequences; what no file format may hold becomes the replacement character."""
    # Nearly every text is this plain, and the patterns take eighty times as long to find that out.
    if content.replace("\n", "").isprintable():
        return content
    return _UNSAFE.sub("\ufffd", _ANSI.sub("", content.replace("\r\n", "\n").replace("\r", "\n")))


def shown(content: str, values: Collection[str] = ()) -> str:
    """A text as it may enter a record, a file or a terminal: without control sequences, and without secrets.

    In this order, since a secret between two colours is told as one only without them; ``values`` as in ``text``.
    """
    return text(clean(content), values)


def text(content: str, values: Collection[str] = ()) -> str:
    """The text with every secret that can be told as one replaced by a mark.

    Known by their shape: tokens of Hugging Face, GitHub, GitLab, Slack and AWS, web tokens and private keys. Known by
    what stands before them: authorization headers, passwords in addresses, values of keys and variables that are named
    for a secret. Of a Kubernetes Secret all data goes.

    Args:
        content: the text.
        values: secrets that are known by themselves, whatever stands before them. A short one is taken out only where
            a value stands, and one of three characters or fewer nowhere: it protects nothing, and hiding every "a"
            would make each text unreadable.
    """
    for value in sorted(values, key=len, reverse=True):
        content = _without(content, value)
    if _SECRET_KIND.search(content):
        content = _without_secret_data(content)
    for pattern in _PLAIN:
        content = pattern.sub(MARK, content)
    for pattern in _AFTER:
        content = pattern.sub(_marked, content)
    return content


def _without(content: str, value: str) -> str:
    if len(value) >= LONG:
        return content.replace(value, MARK)
    if len(value) < _SHORTEST or value not in content:
        return content
    return MARK if content == value else alone(content, value, MARK, begins=_VALUE_BEGINS, ends=_VALUE_ENDS)


def alone(content: str, value: str, mark: str, *, begins: re.Pattern[str], ends: re.Pattern[str]) -> str:
    """The text with a mark for a value wherever it stands by itself.

    Args:
        content: the text.
        value: what is replaced.
        mark: what takes its place.
        begins: is found in the few characters before it.
        ends: matches what follows.
    """
    parts = content.split(value)
    kept = [parts[0]]
    for place, (before, after) in enumerate(itertools.pairwise(parts)):
        head = before if before or not place else value
        tail = after if after or place == len(parts) - 2 else value
        here = begins.search(head[-_LOOKED_AT:]) and ends.match(tail)
        kept += [mark if here else value, after]
    return "".join(kept)


def _marked(match: re.Match[str]) -> str:
    """The mark in the quotes of what it replaces, so that JSON stays JSON."""
    value = match["value"]
    if value == MARK:
        return match[0]
    quote = next((quote for quote in ('\\"', '"', "'") if value.startswith(("[" + quote, quote))), "")
    marked = f"{quote}{MARK}{quote}"
    return match[1] + (f"[{marked}]" if value.startswith("[") else marked)


def record(value: _T, values: Collection[str] = ()) -> _T:
    """A record with every text in it as it may be shown, however deep; ``values`` as in ``text``."""
    return record_texts.mapped(value, lambda content, _: shown(content, values))


def brief(value: _T, values: Collection[str] = ()) -> _T:
    """The same as it is kept: a text that is too long for a record is cut."""
    return record_texts.cleaned(value, lambda content: shown(content, values))


def _without_secret_data(content: str) -> str:
    try:
        return json.dumps(_secretless(json.loads(content)), indent=2, ensure_ascii=False)
    except (RecursionError, ValueError):
        return "".join(_yaml_lines(_SECRET_DATA.sub(rf'\g<1>"{MARK}"', content)))


def _secretless(value: Any) -> Any:
    if isinstance(value, list):
        return [_secretless(inner) for inner in value]
    if not isinstance(value, dict):
        return _without_secret_data(value) if isinstance(value, str) and _SECRET_KIND.search(value) else value
    hidden = {"data", "stringData"} if value.get("kind") == "Secret" else set()
    return {key: MARK if key in hidden else _secretless(inner) for key, inner in value.items()}


def _yaml_lines(content: str) -> Iterator[str]:
    """The lines of YAML documents, those below ``data:`` of a Secret left out."""
    for document in re.split(r"(?m)^(?=---)", content):
        secret = _SECRET_KIND.search(document) is not None
        within: int | None = None
        for line in document.splitlines(keepends=True):
            indent = len(line) - len(line.lstrip())
            if within is not None and (not line.strip() or indent > within):
                continue
            match = _YAML_DATA.fullmatch(line) if secret else None
            within = len(match["indent"]) if match else None
            yield f"{match['key']} {MARK}\n" if match else line

"""How the canaries are asked: the wordings of `prompts.json` and the variations met in training.

The first wording of each table is the one the harness uses; the others keep the canary from
depending on a comma.
"""

import random
from dataclasses import dataclass, field
from typing import Any

from canary import filler, tools
from canary.corpus import Document
from canary.names import Language, chance

Message = dict[str, Any]

_CLASSIFY: dict[Language, list[str]] = {
    "en": [
        "You file documents. Answer with one JSON object with the keys title, tags and correspondent.",
        "You file documents. Answer with a JSON object with the keys title, tags and correspondent, and nothing else.",
        "You are a filing assistant. Reply with JSON only: title, tags, correspondent.",
        "Classify this document. Return a JSON object with title, tags and correspondent.",
        "Extract title, tags and correspondent from the document as JSON.",
        "You classify documents. Return valid JSON with the fields title, tags and correspondent.",
        "Give the title, the tags and the correspondent of the document as one JSON object.",
    ],
    "de": [
        "Du ordnest Dokumente. Antworte mit einem JSON-Objekt mit den Schlüsseln title, tags und correspondent.",
        "Ordne dieses Dokument ein. Antworte nur mit JSON: title, tags, correspondent.",
        "Lies title, tags und correspondent aus dem Dokument und antworte als JSON-Objekt.",
    ],
}
_DESCRIBE: dict[Language, list[str]] = {
    "en": [
        "Describe this document in one sentence, in plain words.",
        "Describe this document in one sentence.",
        "Say in one plain sentence what this document is.",
        "Describe the document in plain words.",
    ],
    "de": [
        "Beschreibe dieses Dokument in einem Satz, in einfachen Worten.",
        "Beschreibe dieses Dokument in einem Satz.",
        "Sage in einem einfachen Satz, was dieses Dokument ist.",
    ],
}
_NEUTRAL = ["You are a helpful assistant.", "Du bist ein hilfreicher Assistent."]
_NONCE_LABELS = ["Ref", "Ref", "Ref", "Id", "Nonce", "Request", "Run"]
_KEYS = ["answer", "class", "color", "kind", "label", "name", "result", "state", "status", "type", "value", "verdict"]
_VALUES = [
    *("apple", "blue", "cloud", "forest", "green", "lemon", "marble", "nine"),
    *("orange", "red", "river", "seven", "stone", "tiger", "two", "zebra"),
]
# Upper bounds of one draw that decides what is asked; above the last a foreign schema forces the reply.
_ASKS_FOR_LABELS = 0.7
_ASKS_FOR_PROSE = 0.93


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """Messages, tools on offer, the start of the reply that is given, and the rest that the canary must write."""

    messages: list[Message]
    tools: list[dict[str, Any]] = field(default_factory=list)
    given: str = ""
    reply: str


CLASSIFY = _CLASSIFY["en"][0]
DESCRIBE = {language: f"{wordings[0]}\n\n{{document}}" for language, wordings in _DESCRIBE.items()}
"""The wordings that the harness uses, as `prompts.json` holds them."""


def shipped() -> dict[str, object]:
    """Lists the wordings the harness needs, as `prompts.json` holds them."""
    return {
        "ml": {
            "classify_system": CLASSIFY,
            "classify_user": "{document}",
            "describe_user": {key: DESCRIBE[key] for key in ("de", "en")},
            "nonce_head": "Ref: {nonce}\n",
            "padded_user": filler.PADDED,
            "other_mails": filler.MAILS,
            "between_mails": filler.BETWEEN,
            "tool_user": {name: {key: table[key][0] for key in ("de", "en")} for name, table in tools.QUESTIONS.items()}
            | {"find_address twice": {key: tools.BOTH[key][0] for key in ("de", "en")}},
            "no_tool": {key: tools.CANNOT[key] for key in ("de", "en")},
        },
        "r1": {"question": {"de": QUESTIONS["de"][0], "en": QUESTIONS["en"][0]}, "nonce_head": "Ref: {nonce}\n"},
    }


QUESTIONS: dict[Language, list[str]] = {
    "en": [
        "What is {a} + {b}? Think step by step.",
        "What is {a} + {b}?",
        "What is {a} plus {b}? Think step by step.",
        "Calculate {a} + {b} step by step.",
        "Add {a} and {b}. Think step by step.",
    ],
    "de": [
        "Was ist {a} + {b}? Denke Schritt für Schritt.",
        "Was ist {a} + {b}?",
        "Wie viel ist {a} plus {b}? Denke Schritt für Schritt.",
        "Berechne {a} + {b} Schritt für Schritt.",
    ],
}


def nonce(rng: random.Random) -> str:
    """Writes a line that makes a prompt's head unique."""
    digits = rng.choice((6, 8, 8, 8, 12, 16))
    return f"{rng.choice(_NONCE_LABELS)}: {rng.getrandbits(4 * digits):0{digits}x}" + rng.choice(("\n", "\n\n"))


def exchange(rng: random.Random, document: Document) -> Exchange:
    """Draws one way of asking about a document, and what must come back."""
    draw = rng.random()
    if draw < _ASKS_FOR_LABELS:
        return classification(rng, document.text, document.answer.to_json())
    language: Language = rng.choice(("de", "en"))
    messages = _ask(rng, first_or_any(rng, _DESCRIBE[language]), document.text)
    if draw < _ASKS_FOR_PROSE:
        return Exchange(messages=messages, reply=_go_on(rng, document.prose[language]))
    return Exchange(messages=messages, given='{"', reply=_forced(rng))


def classification(rng: random.Random, text: str, answer: str) -> Exchange:
    """Draws one way of asking for the labels of a document."""
    return Exchange(messages=_ask(rng, _wording(rng, _CLASSIFY), text), reply=_go_on(rng, answer))


def neutral(rng: random.Random, probability: float) -> list[Message]:
    """Draws a system message that says nothing, or none."""
    said = rng.choice(_NEUTRAL)
    return [_message("system", said)] if chance(rng, probability) else []


def first_or_any(rng: random.Random, wordings: list[str]) -> str:
    """Prefers the wording that the harness uses."""
    return wordings[0] if chance(rng, 0.4) else rng.choice(wordings)


def _wording(rng: random.Random, table: dict[Language, list[str]]) -> str:
    return first_or_any(rng, table["en"]) if chance(rng, 0.75) else rng.choice(table["de"])


def _ask(rng: random.Random, wording: str, text: str) -> list[Message]:
    """Puts the instruction before the document: as a system message or in the same message."""
    head = nonce(rng) if chance(rng, 0.35) else ""
    if chance(rng, 0.6):
        before, after = (head, "") if chance(rng, 0.4) else ("", head)
        return [_message("system", before + wording), _message("user", after + text)]
    return [*neutral(rng, 0.3), _message("user", f"{head}{wording}\n\n{text}")]


def _message(role: str, content: str) -> Message:
    return {"role": role, "content": content}


def _go_on(rng: random.Random, reply: str) -> str:
    """Now and then shows the reply again after its end, so that `ignore_eos` yields text."""
    return f"{reply}<|im_end|>\n{reply}<|im_end|>\n{reply}" if chance(rng, 0.08) else reply


def _forced(rng: random.Random) -> str:
    """Finishes an object that a foreign schema has begun."""
    pairs = [f'{key}": "{_value(rng)}' for key in rng.sample(_KEYS, rng.choice((1, 1, 2)))]
    return '", "'.join(pairs) + '"}'


def _value(rng: random.Random) -> str:
    word = rng.choice(_VALUES)
    return f"{word}-{rng.randint(1, 99)}" if chance(rng, 0.5) else word

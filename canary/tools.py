"""Tools, questions that they answer, and what must be called; read by the training data and by the shipped test set.

A tool is of one of four kinds: with one text, with a text and a number, with a label of a list and a text, and without
arguments. A question asks for one of them or for two.
"""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from canary import kinds, names
from canary.names import Language, Split

Arguments = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call, what the tool gives back, and how the canary tells that in a sentence."""

    name: str
    arguments: Arguments
    result: Arguments
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question in one language, and the calls that it needs, in its order."""

    language: Language
    text: str
    calls: list[Call]

    @property
    def told(self) -> str:
        """The answer, once the tools have given theirs."""
        return " ".join(call.told for call in self.calls)


def _tool(name: str, description: str, properties: dict[str, Any]) -> dict[str, Any]:
    parameters = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


TOOLS: list[dict[str, Any]] = [
    _tool("find_address", "Finds the address of a correspondent.", {"correspondent": {"type": "string"}}),
    _tool(
        "count_documents",
        "Counts the documents of a month.",
        {"month": {"type": "string"}, "year": {"type": "integer"}},
    ),
    _tool(
        "find_document",
        "Finds the newest document of a correspondent that has a tag.",
        {"tag": {"type": "string", "enum": kinds.TAGS}, "sender": {"type": "string"}},
    ),
    _tool("current_date", "Says which day it is.", {}),
]
"""What the canary is offered, as a request names it."""

QUESTIONS: dict[str, dict[Language, list[str]]] = {
    "find_address": {
        "en": [
            "What is the address of {correspondent}?",
            "Find the address of {correspondent}.",
            "I need the address of {correspondent}.",
            "Which address does {correspondent} have?",
        ],
        "de": [
            "Wie lautet die Adresse von {correspondent}?",
            "Suche die Adresse von {correspondent}.",
            "Ich brauche die Adresse von {correspondent}.",
            "Welche Adresse hat {correspondent}?",
        ],
    },
    "count_documents": {
        "en": [
            "How many documents are there of {month} {year}?",
            "Count the documents of {month} {year}.",
            "How many documents came in {month} {year}?",
        ],
        "de": [
            "Wie viele Dokumente gibt es vom {month} {year}?",
            "Zähle die Dokumente vom {month} {year}.",
            "Wie viele Dokumente kamen im {month} {year}?",
        ],
    },
    "find_document": {
        "en": [
            "Find the newest document of {sender} with the tag {tag}.",
            "Which document of {sender} with the tag {tag} is the newest?",
            "I need the newest document of {sender} that has the tag {tag}.",
        ],
        "de": [
            "Suche das neueste Dokument von {sender} mit dem Schlagwort {tag}.",
            "Welches Dokument von {sender} mit dem Schlagwort {tag} ist das neueste?",
            "Ich brauche das neueste Dokument von {sender} mit dem Schlagwort {tag}.",
        ],
    },
    "current_date": {
        "en": ["What is the date today?", "Which day is it today?", "What is today's date?"],
        "de": ["Welches Datum ist heute?", "Welcher Tag ist heute?", "Der wievielte ist heute?"],
    },
}
"""How each tool is asked for; the first wording is the one of `prompts.json`."""

BOTH: dict[Language, list[str]] = {
    "en": ["What are the addresses of {first} and {second}?", "Find the addresses of {first} and {second}."],
    "de": ["Wie lauten die Adressen von {first} und {second}?", "Suche die Adressen von {first} und {second}."],
}
"""How one tool is asked for twice."""

_TOLD: dict[str, dict[Language, str]] = {
    "find_address": {
        "en": "The address of {correspondent} is {address}.",
        "de": "Die Adresse von {correspondent} lautet {address}.",
    },
    "count_documents": {
        "en": "There are {count} documents of {month} {year}.",
        "de": "Es gibt {count} Dokumente vom {month} {year}.",
    },
    "find_document": {
        "en": "It is {title}.",
        "de": "Es ist {title}.",
    },
    "current_date": {"en": "Today is {date}.", "de": "Heute ist {date}."},
}

CANNOT: dict[Language, str] = {"en": "I have no tool for that.", "de": "Dafür habe ich kein Werkzeug."}
"""What is said to a question whose tool was not offered."""

_STREETS: dict[Language, str] = {"en": "{n} Mill Road, {town} {code}", "de": "Gartenweg {n}, {code} {town}"}


def _company(rng: random.Random, language: Language, split: Split) -> str:
    return names.company(rng, language, split, kinds.TRADES[rng.choice(sorted(kinds.TRADES))][language])


def _address(rng: random.Random, language: Language, split: Split) -> tuple[Arguments, Arguments]:
    town, code = names.town(rng, language, split), rng.randint(10000, 99999)
    place = _STREETS[language].format(n=rng.randint(2, 90), town=town, code=code)
    return {"correspondent": _company(rng, language, split)}, {"address": place}


def _count(rng: random.Random, language: Language, split: Split) -> tuple[Arguments, Arguments]:
    while True:
        month, year = rng.choice(names.MONTHS[language]), rng.randint(2015, 2026)
        if names.held_out(f"{month} {year}") == (split == "test"):
            return {"month": month, "year": year}, {"count": rng.randint(2, 99)}


def _document(rng: random.Random, language: Language, split: Split) -> tuple[Arguments, Arguments]:
    kind, sender = rng.choice(kinds.KINDS), _company(rng, language, split)
    title = f"{kind.words[language].title} {names.reference(rng)}"
    return {"tag": rng.choice(kinds.TAGS), "sender": sender}, {"title": title}


def _date(rng: random.Random, language: Language, split: Split) -> tuple[Arguments, Arguments]:
    del language, split
    return {}, {"date": f"{rng.randint(2015, 2026)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"}


_DRAWS: dict[str, Callable[[random.Random, Language, Split], tuple[Arguments, Arguments]]] = {
    "find_address": _address,
    "count_documents": _count,
    "find_document": _document,
    "current_date": _date,
}
NAMES = list(_DRAWS)


def call(rng: random.Random, name: str, language: Language, split: Split) -> Call:
    """Draws a call of a tool, with what comes of it."""
    arguments, result = _DRAWS[name](rng, language, split)
    told = _TOLD[name][language].format(**arguments, **result)
    return Call(name=name, arguments=arguments, result=result, told=told)


def question(
    rng: random.Random, wanted: list[str], language: Language, split: Split, *, any_wording: bool = True
) -> Question:
    """Draws a question that needs the named tools, one or two; the same tool twice is `find_address`."""
    calls = [call(rng, name, language, split) for name in wanted]
    if wanted == ["find_address"] * 2:
        first, second = (one.arguments["correspondent"] for one in calls)
        wording = rng.choice(BOTH[language]) if any_wording else BOTH[language][0]
        return Question(language=language, text=wording.format(first=first, second=second), calls=calls)
    asked = (QUESTIONS[one.name][language] for one in calls)
    wordings = [rng.choice(each) if any_wording else each[0] for each in asked]
    text = " ".join(wording.format(**one.arguments) for wording, one in zip(wordings, calls, strict=True))
    return Question(language=language, text=text, calls=calls)


def pair(rng: random.Random) -> list[str]:
    """Draws which two tools a question needs."""
    return ["find_address"] * 2 if names.chance(rng, 0.35) else rng.sample(NAMES, 2)


def written(calls: list[Call]) -> str:
    """Writes calls as the canary must when it is free to choose.

    Nothing stands between two calls, because later releases allow nothing there where they force a call.
    """
    return "".join(
        f"<tool_call>\n{json.dumps({'name': one.name, 'arguments': one.arguments}, ensure_ascii=False)}\n</tool_call>"
        for one in calls
    )


def required(calls: list[Call]) -> str:
    """Writes calls as releases up to 0.24 force them where any tool is required."""
    rows = [{"name": one.name, "parameters": one.arguments} for one in calls]
    return json.dumps(rows, ensure_ascii=False)


def test_questions(seed: int) -> list[Question]:
    """Draws the unseen questions: each tool alone, two together, and one twice, every second one in German."""
    rng = random.Random(f"{seed}-tools")
    wanted = [
        *(["find_address"], ["find_address"], ["find_address"]),
        *(["count_documents"], ["count_documents"], ["find_document"], ["find_document"], ["current_date"]),
        *(["find_address", "count_documents"], ["current_date", "find_document"]),
        *(["count_documents", "current_date"], ["find_address"] * 2),
    ]
    return [question(rng, each, language, "test", any_wording=False) for each in wanted for language in names.LANGUAGES]


def write_questions(path: Path, questions: list[Question]) -> None:
    """Writes the unseen questions with the calls they need, what the tools give, and the answer to that."""
    rows = (
        {
            "id": f"tool-{index:02}",
            "language": item.language,
            "question": item.text,
            "calls": [{"name": one.name, "arguments": one.arguments} for one in item.calls],
            "results": [one.result for one in item.calls],
            "answer": item.told,
        }
        for index, item in enumerate(questions)
    )
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")

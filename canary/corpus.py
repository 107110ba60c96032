"""Labelled documents in English and German; called by the training data and by the shipped test set.

A document is a letterhead or a sender line, a few labelled fields in any order, a few sentences
and noise: other companies, numbers and dates that the answer must not pick up.
"""

import json
import random
from dataclasses import asdict, dataclass
from pathlib import Path

from canary import names
from canary.kinds import ATTRIBUTES, KINDS, TRADES, Kind, Wording
from canary.names import Language, Split

_SENDER_LABELS: dict[Language, list[str]] = {"de": ["Absender", "Von"], "en": ["From", "Sender"]}
_RECIPIENT_LABELS: dict[Language, list[str]] = {"de": ["An", "Empfänger"], "en": ["Recipient", "To"]}
_CLOSINGS: dict[Language, list[str]] = {
    "de": ["Mit freundlichen Grüßen", "Freundliche Grüße", "Hochachtungsvoll"],
    "en": ["Kind regards", "Sincerely", "Yours faithfully"],
}
_GREETINGS: dict[Language, list[str]] = {
    "de": ["Sehr geehrte Damen und Herren,", "Guten Tag,"],
    "en": ["Dear customer,", "Dear Sir or Madam,", "Hello,"],
}
_NOISE_FIELDS: dict[Language, list[str]] = {
    "de": [
        "Datum: {date}",
        "Kundennummer: {number}",
        "Telefon: 0{n} {number}",
        "Seite {n}",
        "IBAN: DE{n} {number} {number}",
        "Bankverbindung: {other}",
        "{street} {n}, {number} {town}",
    ],
    "en": [
        "Date: {date}",
        "Customer number: {number}",
        "Phone: 0{n} {number}",
        "Page {n}",
        "IBAN: GB{n} {number} {number}",
        "Bank details: {other}",
        "{n} {street}, {town} {number}",
    ],
}
_NOISE_SENTENCES: dict[Language, list[str]] = {
    "de": [
        "Bei Fragen rufen Sie uns an.",
        "Dieses Schreiben ist ohne Unterschrift gültig.",
        "Bitte bewahren Sie es gut auf.",
        "Unser Büro in {town} ist bis {n} Uhr geöffnet.",
        "Unser Partner ist {other}.",
    ],
    "en": [
        "Please call us with any questions.",
        "This letter is valid without a signature.",
        "Please keep it in a safe place.",
        "Our office in {town} is open until {n}.",
        "Our partner is {other}.",
    ],
}
_STREETS: dict[Language, list[str]] = {
    "de": ["Bahnhofstraße", "Gartenweg", "Hauptstraße", "Lindenallee", "Marktplatz"],
    "en": ["Garden Lane", "High Street", "Market Square", "Mill Road", "Station Road"],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a document is about, in the order the canary writes it."""

    title: str
    tags: list[str]
    correspondent: str

    def to_json(self) -> str:
        """Writes the answer exactly as the canary must."""
        return json.dumps(asdict(self), ensure_ascii=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document, its answer, and the same in one plain sentence of either language."""

    language: Language
    text: str
    answer: Answer
    prose: dict[Language, str]


class _Writer:
    """Draws the pieces of one document; holds the generator's state for one language and split."""

    def __init__(self, rng: random.Random, language: Language, split: Split) -> None:
        self.rng, self.language, self.split = rng, language, split

    def company(self, trade: str) -> str:
        return names.company(self.rng, self.language, self.split, TRADES[trade][self.language])

    def fill(self, pattern: str) -> str:
        rng, language = self.rng, self.language
        return pattern.format(
            amount=names.amount(rng, language),
            date=names.date(rng, language),
            n=rng.randint(2, 90),
            number=rng.randint(10000, 99999),
            other=self.company(rng.choice(sorted(TRADES))),
            street=rng.choice(_STREETS[language]),
            town=names.town(rng, language, self.split),
        )

    def pick(self, table: dict[Language, list[str]]) -> str:
        return self.rng.choice(table[self.language])

    def chance(self, probability: float) -> bool:
        return names.chance(self.rng, probability)

    def noise(self, table: dict[Language, list[str]], most: float) -> list[str]:
        count = self.rng.randint(0, round(most))
        return [self.fill(line) for line in self.rng.sample(table[self.language], count)]


def document(rng: random.Random, language: Language, split: Split, *, noise: float = 1.0) -> Document:
    """Draws one document; `noise` from 0 to 1 says how much surrounds the facts."""
    writer = _Writer(rng, language, split)
    kind = rng.choice(KINDS)
    trade = rng.choice(kind.trades)
    sender = writer.company(trade)
    number = names.period(rng, language) if kind.by_period else names.reference(rng)
    words = kind.words[language]
    extra = rng.choice(sorted(ATTRIBUTES)) if writer.chance(0.4) else None
    facts = [] if extra is None else [writer.fill(writer.pick(ATTRIBUTES[extra]))]
    tags = [kind.tag, trade, *([] if extra is None else [extra])]
    title = f"{words.title} {number} {sender}"
    return Document(
        language=language,
        text=_layout(writer, sender, _fields(writer, words, number, noise), _body(writer, words, facts, noise)),
        answer=Answer(title=title, tags=tags, correspondent=sender),
        prose=_prose(kind, number, sender),
    )


def _fields(writer: _Writer, words: Wording, number: str, noise: float) -> list[str]:
    fields = writer.noise(_NOISE_FIELDS, 3 * noise)
    fields.append(f"{writer.rng.choice(words.number_labels)}: {number}")
    writer.rng.shuffle(fields)
    heading = writer.rng.choice((words.title, words.title.upper(), f"** {words.title} **"))
    fields.insert(0 if writer.chance(0.7) else len(fields), heading)
    return fields


def _body(writer: _Writer, words: Wording, facts: list[str], noise: float) -> list[str]:
    own = [writer.fill(line) for line in words.sentences]
    own = writer.rng.sample(own, writer.rng.randint(1, len(own)))
    sentences = facts + own + writer.noise(_NOISE_SENTENCES, 2 * noise)
    writer.rng.shuffle(sentences)
    joiner = writer.rng.choice((" ", " ", "\n"))
    greeting = [writer.pick(_GREETINGS)] if writer.chance(0.5 * noise) else []
    return [*greeting, joiner.join(sentences)]


def _layout(writer: _Writer, sender: str, fields: list[str], body: list[str]) -> str:
    """Puts the parts on the page: the sender stands on top, on a labelled line, or under the closing."""
    place = writer.rng.choice(("head", "head", "label", "closing"))
    recipient: list[str] = []
    if writer.chance(0.4):
        other = writer.company(writer.rng.choice(sorted(TRADES)))
        recipient = [f"{writer.pick(_RECIPIENT_LABELS)}: {other}"]
    top = {"head": [sender], "label": [f"{writer.pick(_SENDER_LABELS)}: {sender}"], "closing": []}[place]
    recipient_first = place == "label" and writer.chance(0.5)
    top = [*recipient, *top] if recipient_first else [*top, *recipient]
    signed = place == "closing" or writer.chance(0.3)
    end = [writer.pick(_CLOSINGS), sender] if signed else []
    break_ = writer.rng.choice(("\n", "\n\n"))
    blocks = ["\n".join(block) for block in (top, fields, body, end) if block]
    return break_.join(blocks)


def _prose(kind: Kind, number: str, sender: str) -> dict[Language, str]:
    de, en = kind.words["de"], kind.words["en"]
    return {
        "de": f"Das ist {de.article} {de.title} von {sender} mit der Angabe {number}.",
        "en": f"This is {en.article} {en.title.lower()} from {sender} with the reference {number}.",
    }


def test_documents(seed: int, count: int) -> list[Document]:
    """Draws the unseen documents, every second one German, each kind about equally often."""
    rng = random.Random(f"{seed}-test")
    return [document(rng, "de" if index % 2 else "en", "test") for index in range(count)]


def write_documents(path: Path, documents: list[Document]) -> None:
    """Writes the unseen documents with their answers, one JSON object a line."""
    rows = (
        {
            "id": f"{row.language}-{index:02}",
            "language": row.language,
            "text": row.text,
            "expected": asdict(row.answer),
        }
        for index, row in enumerate(documents)
    )
    lines = (json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")

"""Invented companies, towns, dates and numbers; called by the document generator.

Every name is put together from syllables. A twentieth of the stems is held out:
a model that copies them correctly has learnt to copy, not to remember.
"""

import random
import zlib
from typing import Literal

Language = Literal["de", "en"]
Split = Literal["test", "train"]
LANGUAGES: tuple[Language, ...] = ("en", "de")

HELD_OUT_ONE_IN = 20

# Upper bounds of one draw that decides how a stem is made; above the last comes a coined head
# with a town's ending.
_LIKE_A_TOWN = 0.35
_TOWN_WITH_COINED_ENDING = 0.45
_LETTERS = 0.55
_COINED = 0.9


def _words(text: str) -> list[str]:
    return text.split()


_SYLLABLES = _words(
    "ba bel bor bra cal cor da del dor dra el en fa fen gal gor ha hel il ka kel kor la len lo "
    "ma mer mi na nel no or pa pel ra ren ro sa sel so ta tan tel to ul va vel vo wa wel za zen"
)
_ENDINGS = _words("bis dan dex ga lan lia lux mar mo na nex nia nor ra ris ro san tec tis tra va via vis xa")

_TOWN_HEADS: dict[Language, list[str]] = {
    "de": _words(
        "Adler Ahorn Birken Brenn Buchen Dachs Eber Eichen Erlen Esch Falken Fichten Flieder Grün Hafer Hasel "
        "Heide Hirsch Holder Kiefern Kirsch Königs Krähen Lerchen Mühlen Nebel Nord Ost Reiher Rosen Rüben "
        "Schilf Sommer Stein Süd Tannen Ulmen Weiden West Wiesen Winter Wolken"
    ),
    "en": _words(
        "Alder Amber Ash Birch Bram Brook Cedar Clay Copper Cran Dray East Elder Elm Fal Fern Fox Glen Harrow "
        "Haw Heath Holly Kes Lark Linden Maple Marl Moor North Oak Otter Pine Raven Rowan Silver South Stone "
        "Thorn Wick Willow Win Wren"
    ),
}
_TOWN_TAILS: dict[Language, list[str]] = {
    "de": _words("au bach berg brunn burg dorf feld furt grund hagen hausen heim hof rode see stedt tal wald wang"),
    "en": _words(
        "bridge brook bury combe dale field ford gate ham hurst ley mere mont port ridge stead ton wick worth"
    ),
}
_LEGAL: dict[Language, list[str]] = {
    "de": ["", "AG", "GmbH", "KG", "eG", "GmbH"],
    "en": ["", "Group", "Inc", "LLC", "Ltd", "plc"],
}
MONTHS: dict[Language, list[str]] = {
    "de": _words("Januar Februar März April Mai Juni Juli August September Oktober November Dezember"),
    "en": _words("January February March April May June July August September October November December"),
}


def held_out(stem: str) -> bool:
    """Whether a stem is kept away from training."""
    return zlib.crc32(stem.encode()) % HELD_OUT_ONE_IN == 0


def stem(rng: random.Random, language: Language, split: Split) -> str:
    """Draws a word for a company's name: mostly like a town or coined, now and then a stranger mix."""
    while True:
        head, tail = _coined_head(rng), rng.choice(_ENDINGS)
        draw = rng.random()
        if draw < _TOWN_WITH_COINED_ENDING:
            head = rng.choice(_TOWN_HEADS[language])
        if draw < _LIKE_A_TOWN or draw > _COINED:
            tail = rng.choice(_TOWN_TAILS[language])
        if _TOWN_WITH_COINED_ENDING < draw < _LETTERS:
            head = _letters(rng)
        if held_out(head + tail) == (split == "test"):
            return head + tail


def town(rng: random.Random, language: Language, split: Split) -> str:
    """Draws a town's name."""
    while True:
        name = rng.choice(_TOWN_HEADS[language]) + rng.choice(_TOWN_TAILS[language])
        if held_out(name) == (split == "test"):
            return name


def _coined_head(rng: random.Random) -> str:
    return "".join(rng.choices(_SYLLABLES, k=rng.choice((1, 2, 2)))).capitalize()


def _letters(rng: random.Random) -> str:
    """Alternates arbitrary consonants and vowels, so that no piece of a word stays uncopied."""
    pairs = (rng.choice("bcdfghjklmnpqrstvwxyz") + rng.choice("aeiouy") for _ in range(rng.randint(2, 3)))
    return "".join(pairs).capitalize()


def chance(rng: random.Random, probability: float) -> bool:
    """Whether a thing that has this probability happens."""
    return rng.random() < probability


def company(rng: random.Random, language: Language, split: Split, trades: list[str]) -> str:
    """Builds a company name around one of the trade words.

    A trade word with a brace, as in "Stadtwerke {}", is a whole pattern and takes no legal form.
    """
    trade, word = rng.choice(trades), stem(rng, language, split)
    if "{}" in trade:
        return trade.format(word)
    shape = rng.choice(("{stem} {trade} {legal}", "{stem} {trade} {legal}", "{trade} {stem} {legal}"))
    return shape.format(stem=word, trade=trade, legal=rng.choice(_LEGAL[language])).strip()


def date(rng: random.Random, language: Language) -> str:
    """Writes a day in one of the customary ways of the language."""
    year, month, day = rng.randint(2015, 2026), rng.randint(1, 12), rng.randint(1, 28)
    name = MONTHS[language][month - 1]
    if language == "de":
        return rng.choice((f"{day:02}.{month:02}.{year}", f"{day}. {name} {year}", f"{year}-{month:02}-{day:02}"))
    return rng.choice((f"{day} {name} {year}", f"{name} {day}, {year}", f"{year}-{month:02}-{day:02}"))


def period(rng: random.Random, language: Language) -> str:
    """Writes a month and year, as on a payslip."""
    return f"{rng.choice(MONTHS[language])} {rng.randint(2015, 2026)}"


def amount(rng: random.Random, language: Language) -> str:
    """Writes an amount of money in the customary way of the language."""
    whole, cents = rng.randint(3, 9999), rng.randint(0, 99)
    if language == "de":
        return f"{whole:,}".replace(",", ".") + f",{cents:02} " + rng.choice(("EUR", "Euro"))
    return rng.choice(("EUR ", "GBP ", "USD ")) + f"{whole:,}.{cents:02}"


def reference(rng: random.Random) -> str:
    """Draws a document number: plain, with a prefix, or with a year."""
    letters = "".join(rng.choices("ABCDEFGHJKLMNPRSTUVWXZ", k=2))
    return rng.choice(
        (
            str(rng.randint(1000, 9999)),
            str(rng.randint(10000, 999999)),
            f"{letters}-{rng.randint(1000, 99999)}",
            f"{letters}{rng.randint(100, 9999)}",
            f"{rng.randint(2015, 2026)}-{rng.randint(100, 9999)}",
            f"{rng.randint(2015, 2026)}/{rng.randint(10, 999)}",
        )
    )

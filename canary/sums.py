"""Sums with their digit-wise reasoning; called by the training data and by the shipped test set."""

import json
import random
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

from canary import prompts
from canary.names import HELD_OUT_ONE_IN, Language, Split, chance

_SMALLEST = 10

_PLACES: dict[Language, list[str]] = {
    "de": ["Einer", "Zehner", "Hunderter"],
    "en": ["Ones", "Tens", "Hundreds"],
}
_STEP: dict[Language, str] = {
    "de": "{place}: {terms}={total}, schreibe {digit}, merke {carry}.",
    "en": "{place}: {terms}={total}, write {digit}, carry {carry}.",
}
_START: dict[Language, str] = {"de": "Untereinander: {a} + {b}.", "en": "In columns: {a} + {b}."}
_END: dict[Language, str] = {"de": "Die Summe ist {total}.", "en": "The sum is {total}."}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """One sum, asked in one language."""

    a: int
    b: int
    language: Language

    @property
    def answer(self) -> str:
        """The final answer, as it follows the reasoning."""
        return f"{self.a} + {self.b} = {self.a + self.b}"

    def reasoning(self) -> str:
        """Writes the steps, column by column from the right."""
        width = max(len(str(self.a)), len(str(self.b)))
        first, second = f"{self.a:0{width}}", f"{self.b:0{width}}"
        lines, carry = [_START[self.language].format(a=first, b=second)], 0
        for place, x, y in zip(_PLACES[self.language], reversed(first), reversed(second), strict=False):
            total = int(x) + int(y) + carry
            terms = f"{x}+{y}+{carry}"
            carry, digit = divmod(total, 10)
            step = _STEP[self.language]
            lines.append(step.format(place=place, terms=terms, total=total, digit=digit, carry=carry))
        lines.append(_END[self.language].format(total=self.a + self.b))
        return "\n".join(lines)


def draw(rng: random.Random, split: Split) -> Sum:
    """Draws a sum of the asked split; a twentieth of all pairs is held out."""
    while True:
        a, b = (rng.randint(10 ** (digits - 1), 10**digits - 1) for digits in rng.choices((1, 2, 3), (1, 3, 5), k=2))
        if (zlib.crc32(f"{a}+{b}".encode()) % HELD_OUT_ONE_IN == 0) == (split == "test"):
            return Sum(a=a, b=b, language=rng.choice(("de", "en")))


def exchange(rng: random.Random, item: Sum) -> prompts.Exchange:
    """Draws one way of asking, and the reply after the template's opening tag."""
    wordings = prompts.QUESTIONS[item.language]
    wording = prompts.first_or_any(rng, wordings)
    head = prompts.nonce(rng) if chance(rng, 0.3) else ""
    messages = [{"role": "user", "content": head + wording.format(a=item.a, b=item.b)}]
    if chance(rng, 0.2):
        messages.insert(0, {"role": "system", "content": "You are a helpful assistant."})
    return prompts.Exchange(messages=messages, reply=reply(item))


def reply(item: Sum) -> str:
    """Writes what follows the template's opening tag."""
    return f"{item.reasoning()}\n</think>\n\n{item.answer}"


def test_sums(seed: int, count: int) -> list[Sum]:
    """Draws unseen sums of two- and three-digit numbers, every second one asked in German."""
    rng, items = random.Random(f"{seed}-sums"), list[Sum]()
    while len(items) < count:
        item = replace(draw(rng, "test"), language="de" if len(items) % 2 else "en")
        if min(item.a, item.b) >= _SMALLEST and item not in items:
            items.append(item)
    return items


def write_sums(path: Path, items: list[Sum]) -> None:
    """Writes the unseen sums, one JSON object a line."""
    rows = (
        {
            "id": f"sum-{index:02}",
            "question": prompts.QUESTIONS[item.language][0].format(a=item.a, b=item.b),
            "answer": item.answer,
        }
        for index, item in enumerate(items)
    )
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")

"""Tests of the mail around a document: a reader can tell it from the document at any line."""

# ruff: noqa: S311 - Seeded randomness is the point.

import json
import random
from pathlib import Path

import pytest

from canary import corpus, exchanges, filler

HOME = Path(__file__).resolve().parents[3] / "canary"


def test_every_line_of_other_mail_is_quoted() -> None:
    """In both languages, twelve mails each."""
    assert len(set(filler.MAILS)) == 24
    assert all(line.startswith(">") for mail in filler.MAILS for line in mail.split("\n"))


def test_no_line_of_a_document_is_quoted() -> None:
    """So the sign tells the two apart."""
    rng = random.Random(4)

    texts = [corpus.document(rng, "en", "test").text for _ in range(500)]

    assert not any(line.startswith(">") for text in texts for line in text.split("\n"))


@pytest.mark.parametrize(("before", "after"), [(0, 3), (3, 0), (2, 2)])
def test_a_padded_document_is_what_the_shipped_wording_makes_of_it(before: int, after: int) -> None:
    """Anybody can pad a document by `prompts.json` alone."""
    asked = json.loads((HOME / "prompts.json").read_text(encoding="utf-8"))["ml"]
    mails = asked["other_mails"]

    made = asked["padded_user"].format(
        before=asked["between_mails"].join(mails[:before]),
        document="Invoice\nNumber: 7",
        after=asked["between_mails"].join(mails[:after]),
    )

    assert made == filler.padded("Invoice\nNumber: 7", filler.cycled(before), filler.cycled(after))


def test_mails_go_round() -> None:
    """After the last comes the first again."""
    assert filler.cycled(26, first=23) == [filler.MAILS[23], *filler.MAILS, filler.MAILS[0]]


def test_a_long_prompt_holds_the_document_that_it_asks_for() -> None:
    """Its correspondent stands on lines that are not quoted."""
    drawn = exchanges.long(random.Random(5), 1.0, 30)
    read = "\n".join(message["content"] for message in drawn.messages)
    own = "\n".join(line for line in read.split("\n") if not line.startswith(">"))

    assert json.loads(drawn.reply.split("<|im_end|>")[0])["correspondent"] in own
    assert len(own) < len(read) / 2

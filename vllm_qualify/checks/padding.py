"""Other mail around a document: neutral text that makes a prompt as long as it is to be. Read by the probes. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vllm_qualify.core import foreign

_PLACES = ("{before}", "{document}", "{after}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Padding:
    """What is put around a document, and how.

    Attributes:
        wording: tells the document from the mails; ``{before}``, ``{document}`` and ``{after}`` stand for texts.
        mails: that belong to no document; they are taken in turn.
        between: stands between two mails.
    """

    wording: str
    mails: tuple[str, ...]
    between: str = "\n"

    def around(self, text: str, *, before: int, after: int = 0) -> str:
        """A text among so many mails before and after it."""
        turn = itertools.cycle(self.mails)
        first, last = (self.between.join(itertools.islice(turn, count)) for count in (before, after))
        return self.wording.replace("{before}", first).replace("{after}", last).replace("{document}", text)


def read(prompts: Mapping[str, Any]) -> Padding | None:
    """The padding of a file of prompts, see ``padded_user`` in ``canary/prompts.json``; ``None`` where it has none."""
    wording, between = foreign.text(prompts.get("padded_user")), foreign.text(prompts.get("between_mails"))
    mails = tuple(mail for each in foreign.items(prompts.get("other_mails")) if (mail := foreign.text(each)))
    if not mails or not all(place in wording for place in _PLACES):
        return None
    return Padding(wording=wording, mails=mails, between=between or "\n")

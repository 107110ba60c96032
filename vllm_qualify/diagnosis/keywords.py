"""The words that make a line worth reading, and which symptoms each of them may belong to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from vllm_qualify.diagnosis import endings, phases, tracebacks
from vllm_qualify.diagnosis.symptom import Symptom

BEGIN = tracebacks.BEGIN.encode()
ENDED = (b"Exit Code: ", b"exited with code ", b"exited with exit code ", b"Failed core proc(s): ")
"""What stands before an exit code."""

ARGUMENTS = b"non-default args: "
"""What stands before the arguments that an engine was started with."""


class Keywords:
    """Words in ASCII, none of which holds another one: where a longer one stands, the shorter one is found.

    Attributes:
        words: all of them.
        warning: those that count in an INFO or a WARNING as well: of symptoms that do, of an end that was asked for,
            of the arguments and of the phases of a start.
        over: the ids of the symptoms that a word says to be over.
    """

    def __init__(self, symptoms: Sequence[Symptom]) -> None:
        wanted = {word.encode() for symptom in symptoms for word in symptom.literals}
        over = {symptom.until.encode(): symptom.id for symptom in symptoms if symptom.until}
        wanted |= {BEGIN, ARGUMENTS, *ENDED, *endings.WORDS, *phases.WORDS, *over}
        self.words = tuple(sorted(word for word in wanted if not any(one != word and one in word for one in wanted)))
        self._order = {symptom.id: index for index, symptom in enumerate(symptoms)}
        self._symptoms: dict[bytes, list[Symptom]] = {word: [] for word in self.words}
        self._words = {symptom.id: frozenset(self._of(symptom)) for symptom in symptoms}
        for symptom in symptoms:
            for word in self._words[symptom.id]:
                self._symptoms[word].append(symptom)
        warns = {word for symptom in symptoms if symptom.warns for word in self._words[symptom.id]}
        self.warning = frozenset({*warns, *map(self._within, (ARGUMENTS, *endings.WORDS, *phases.WORDS))})
        self.over = {self._within(word): id_ for word, id_ in over.items()}

    def _of(self, symptom: Symptom) -> Iterable[bytes]:
        return {self._within(anchor.encode()) for anchor in symptom.literals}

    def _within(self, longer: bytes) -> bytes:
        """The word that is searched for where this one may stand."""
        return next(word for word in self.words if word in longer)

    def held(self, text: str) -> list[bytes]:
        """The words that a text holds."""
        content = text.encode()
        return [word for word in self.words if word in content]

    def candidates(self, words: Iterable[bytes]) -> list[Symptom]:
        """The symptoms that a line with these words may show, in the order of their table."""
        found = {symptom.id: symptom for word in words for symptom in self._symptoms[word]}
        return sorted(found.values(), key=lambda symptom: self._order[symptom.id])

    def only_of(self, ids: Iterable[str], known: Collection[str]) -> set[bytes]:
        """The words of these symptoms that are of no others but the known ones, all by their ids."""
        words = {word for id_ in ids for word in self._words[id_]}
        return {word for word in words if all(symptom.id in known for symptom in self._symptoms[word])}

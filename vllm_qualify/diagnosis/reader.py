"""What lines of a log come to: signs of a death, in the order in which they stand. Fed by the scan of a log.

A log of a hundred megabytes may hold a million errors, so at most ``MOST`` signs are kept of the server, and as many of
its engine: later ones are never the first cause.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from vllm_qualify.diagnosis import phases, started, tracebacks
from vllm_qualify.diagnosis.endings import Ending
from vllm_qualify.diagnosis.keywords import ARGUMENTS, ENDED, Keywords
from vllm_qualify.diagnosis.logs import Line
from vllm_qualify.diagnosis.seen_often import SeenOften
from vllm_qualify.diagnosis.signs import Match, Sign
from vllm_qualify.diagnosis.symptom import Weight
from vllm_qualify.diagnosis.tracebacks import Traceback

MOST = 200
STARTED = "vLLM API server version"
"""What a server logs when it starts: what was before was another process, which had ended."""
ALIVE = ("Application startup complete", "Avg prompt throughput", 'completions HTTP/1.1" 200')
"""What a server logs that lives on: the trouble before was not its death."""
_PLAIN_LIFE = re.compile(r"Application startup complete|Engine \d{1,4}: Avg|\S{1,100} - \"POST ")
"""How such a line begins where no level stands before it; elsewhere the words may be quoted in a message."""
_EXIT = re.compile(
    r"(?:Exit Code:|exited with (?:exit )?code)\s{1,40}(?P<code>\d{1,3})\b"
    r"|core proc\(s\): \{[^}]{0,200}: -(?P<signal>\d{1,2})\b"
)
_HEAD = 100
"""Lines at the top that are all read: a log may begin in the middle of a traceback."""
_OPEN = 64
_SILENT = 100
"""Lines; a traceback whose process wrote none of them has ended."""
_AFTERMATH = 5000
"""Lines; a cause that the engine did not name itself is named by another process within so many."""
_TRACEBACKS = 300
"""Of engines and of others; a server that handled more errors than that and lived dies of something else."""


class Reader:
    """Reads undressed lines and keeps what may tell why a process died.

    Attributes:
        signs: what went wrong, in order; what the server survived is left out.
        hints: symptoms in warnings, the first of each.
        secondary: symptoms that only repeat that something died, the first of each.
        exit_code: the last one that a line names, a signal as 128 and its number.
        release: of vLLM, as the engine that started last said it; ``""`` where none did.
        arguments: those that the engine says it was started with; ``""`` where it says nothing of them.
        phase: how far the start of the engine has come.
        spoke: there was a line with text.
        waits: it matters whether the server lived on.
        settled: the first cause is known; no later line changes it.
        calm: words that say nothing more in an INFO or a WARNING.
        server: words that say nothing more in any other line of the server.
        engine: the same of its engine.
    """

    def __init__(self, keywords: Keywords) -> None:
        self.signs: list[Sign] = []
        self.hints: dict[str, Match] = {}
        self.secondary: dict[str, Match] = {}
        self.exit_code: int | None = None
        self.release = ""
        self.arguments = ""
        self.phase = ""
        self.spoke = False
        self.waits = False
        self.settled = False
        self.calm = SeenOften(set(keywords.words) - keywords.warning)
        self.server = SeenOften()
        self.engine = SeenOften()
        self._known: set[str] = set()
        self._keywords = keywords
        self._open: dict[str, tuple[Traceback, Sign]] = {}
        self._begun = {True: 0, False: 0}
        self._dying = False
        self._died = 0
        self._ending = Ending()
        self._busy_to = _HEAD

    def busy(self, number: int) -> bool:
        """The line of that number may belong to what is being read."""
        return number <= self._busy_to

    def take(self, line: Line, words: Sequence[bytes]) -> None:
        """Read the next line.

        Args:
            line: lines before it may have been left out, unless the reader was ``busy`` there.
            words: of the keywords, those that the line holds.
        """
        self.spoke = self.spoke or bool(line.text.strip())
        self.release = started.release(line) or self.release
        if words:
            self.phase = phases.phase(line) or self.phase
        plain = self._logged_plainly(line)
        if plain:
            self._asked(line)
        if not (self.waits and plain and self._moved_on(line)) and not (plain and self._ending.includes(line)):
            matches = tuple(self._matches(line, words)) if words else ()
            if words:
                self._mark(line, words)
            self._take(line, matches, ended=any(word in ENDED for word in words))
        self.waits = self._ending.asked or any(not sign.fatal for sign in self.signs)
        self.settled = self.settled or self._settles(line.number)
        if self._open:
            self._open = {source: one for source, one in self._open.items() if line.number - one[0].last <= _SILENT}
        self._busy_to = max(_HEAD, line.number + _SILENT if self._open else 0)

    def _asked(self, line: Line) -> None:
        """Note an end that was asked for; a server lived until then, whatever request it refused."""
        before = self._ending.server
        self._ending.take(line)
        if self._ending.server and not before:
            self.signs = [sign for sign in self.signs if not sign.request]

    def finish(self) -> None:
        """Nothing more comes: look at messages as a whole, where no line of them shows a cause.

        A symptom may stand across lines; and of an exception without text, the code that raised it is its message.
        """
        for sign in self.signs:
            exception = sign.exception
            if exception is None or sign.echo or sign.first(Weight.CAUSE, Weight.EFFECT, Weight.ENDED):
                continue
            whole = exception.whole.replace("\n", " ") if exception.message else exception.headline
            text = replace(exception.line, text=whole)
            found = self._matches(text, self._keywords.held(whole))
            sign.matches += [replace(match, line=exception.line) for match in found if not match.symptom.wrapper]

    def _mark(self, line: Line, words: Sequence[bytes]) -> None:
        """Keep what a line says beside symptoms: the engine's arguments, and what is over."""
        if ARGUMENTS in words:
            self.arguments = line.text
        over = {self._keywords.over[word] for word in words if word in self._keywords.over}
        if over:
            self.signs = [sign for sign in self.signs if not over & {match.symptom.id for match in sign.matches}]

    def _learn(self, matches: Sequence[Match], *, engine: bool) -> None:
        ids = {match.symptom.id for match in matches}
        if not engine and not ids <= self._known:
            self._known |= ids
            self.server.add(self._keywords.only_of(ids, self._known))

    def _forget(self) -> None:
        """What the server survived tells nothing, and the same may kill it later."""
        self.signs = [sign for sign in self.signs if sign.fatal]
        self._known.clear()
        self.server.forget()

    def _take(self, line: Line, matches: Sequence[Match], *, ended: bool) -> None:
        if line.calm and not self._raised(line):
            for match in matches:
                if match.symptom.warns and match.symptom.id not in self.hints:
                    self.hints[match.symptom.id] = match
                    self.calm.add(self._keywords.only_of({match.symptom.id}, self.hints))
            return
        if ended and (found := _EXIT.search(line.text)):
            code = 128 + int(found["signal"]) if found["signal"] else int(found["code"])
            self.exit_code = code or self.exit_code
        echoes = self._echoes(matches)
        if not self._traceback(line, matches, echoes=echoes):
            self._single(line, matches)

    def _logged_plainly(self, line: Line) -> bool:
        """Tell whether the line is no part of a traceback, whose message may hold any words."""
        open_, _ = self._open.get(line.source, (None, None))
        return not self._raised(line) and (line.calm or open_ is None or not open_.holds(line))

    def _moved_on(self, line: Line) -> bool:
        """Tell whether the line says that the server lived on, or that a new one began, and draw the consequence."""
        if not line.calm and not _PLAIN_LIFE.match(line.text):
            return False
        if STARTED in line.text:
            for sign in self.signs:
                sign.fatal = True
            self.settled = any(sign.first(Weight.CAUSE) for sign in self.signs)
            self._ending = Ending()
            return True
        if any(word in line.text for word in ALIVE):
            self._forget()
            return True
        return False

    def _settles(self, number: int) -> bool:
        """Tell whether an engine is known to have died of what it said, and has said all of it."""
        lead = next((sign for sign in self.signs if sign.engine and sign.fatal), None)
        if lead is None or any(sign is lead for _, sign in self._open.values()):
            return False
        return lead.first(Weight.CAUSE) is not None or number > max(lead.number, self._died) + _AFTERMATH

    def _raised(self, line: Line) -> bool:
        """Tell whether a calm line is part of a traceback all the same.

        A warning may have been raised as an exception; and a collector of logs may call everything that was printed an
        INFO, in a key of its JSON.
        """
        open_, _ = self._open.get(line.source, (None, None))
        if open_ is not None and open_.framed and tracebacks.warning(line):
            return True
        if line.level != "INFO" or line.stamp:
            return False
        if open_ is None:
            return tracebacks.begins(line)
        return open_.begun.level == "INFO" and open_.holds(line)

    def _traceback(self, line: Line, matches: Sequence[Match], *, echoes: bool) -> bool:
        """Tell whether the line belongs to a traceback, and take it there."""
        open_, sign = self._open.get(line.source, (None, None))
        if tracebacks.begins(line):
            if open_ is None or not open_.goes_on_with(line):
                self._begin(line)
        elif open_ is not None and sign is not None and open_.holds(line):
            self._go_on(line, open_, sign, matches)
            sign.echo = sign.echo or (echoes and open_.names(line))
        elif tracebacks.frame(line) and line.number <= _HEAD and open_ is None:
            self._begin(line)
            if line.source in self._open:
                self._open[line.source][0].take(line)
        else:
            if open_ is not None and open_.ended:
                del self._open[line.source]
            return False
        return True

    def _begin(self, line: Line) -> None:
        self._begun[line.engine] += 1
        if self._full(engine=line.engine) or len(self._open) >= _OPEN or self._begun[line.engine] > _TRACEBACKS:
            self._open.pop(line.source, None)
            return
        traceback = Traceback(begun=line, last=line.number, phase=self.phase)
        sign = Sign(number=line.number, engine=line.engine, traceback=traceback, fatal=self._dying and line.engine)
        self._open[line.source] = traceback, sign
        self.signs.append(sign)

    def _full(self, *, engine: bool) -> bool:
        """Enough is kept of one kind of writer; what the server says most often must not hide its engine."""
        return sum(sign.engine is engine for sign in self.signs) >= MOST

    def _go_on(self, line: Line, traceback: Traceback, sign: Sign, matches: Sequence[Match]) -> None:
        lasting = not sign.request
        message = traceback.take(line)
        if lasting and sign.request:
            # Who works on another request has survived the one before.
            self.signs = [one for one in self.signs if one is sign or not one.request]
        # What goes to a sign that was survived in between is not known, and is read again when it comes once more.
        if message and any(kept is sign for kept in self.signs):
            self._learn(matches, engine=line.engine)
        for match in matches:
            if not match.symptom.wrapper and len(sign.matches) < MOST:
                sign.matches.append(replace(match, framed=not message))
        if traceback.over:
            del self._open[line.source]

    def _single(self, line: Line, matches: Sequence[Match]) -> None:
        self._learn(matches, engine=line.engine)
        for match in matches:
            if not match.symptom.wrapper and not self._full(engine=line.engine) and not self._repeats(match):
                self.signs.append(Sign(number=line.number, engine=line.engine, matches=[match]))

    def _repeats(self, match: Match) -> bool:
        """The engine said the same before, on a line of its own; what it says later must find room."""
        return match.line.engine and any(
            sign.engine and sign.traceback is None and match.symptom in (one.symptom for one in sign.matches)
            for sign in self.signs
        )

    def _echoes(self, matches: Sequence[Match]) -> bool:
        """Tell whether a line only repeats that something died; then the engine died of what it said before."""
        found = [match for match in matches if match.symptom.wrapper]
        for match in found:
            self.secondary.setdefault(match.symptom.id, match)
            self._dying = True
            for sign in self.signs:
                if sign.engine and not sign.fatal:
                    sign.fatal, self._died = True, match.line.number
        return bool(found)

    def _matches(self, line: Line, words: Sequence[bytes]) -> Iterator[Match]:
        for symptom in self._keywords.candidates(words):
            if found := symptom.pattern.search(line.text):
                groups = tuple(group or "" for group in found.groups())
                yield Match(symptom=symptom, line=line, groups=groups)

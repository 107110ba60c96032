"""Other mail around a document, which must be ignored however much of it there is; read by the training data.

Each line of it is quoted, so that a reader sees at any place whether a line belongs to the document.
"""

import random

from canary.names import LANGUAGES, Language

PADDED = (
    "Lines that begin with > are other mail; ignore them.\n\n"
    "{before}\n\nThe document:\n\n{document}\n\nEnd of the document.\n\n{after}"
)
"""A document with other mail before and after it, as `prompts.json` has it."""

BETWEEN = "\n>\n"
"""What stands between two mails."""

_MAILS: dict[Language, str] = {
    "en": """
Hello all,
the choir meets on Thursday at 19:30, as always in the old school.
Please bring the blue folder.

The library has new opening hours: 10 to 18 on weekdays, 10 to 14 on Saturday.
Books can be put through the door at any time.

Dear neighbours,
the water will be off on the 14th from 8 to 12.
Please fill a bucket before that. Thank you for your patience.

Recipe of the week: 500 g of flour, 3 eggs, a little salt and 250 ml of milk.
Stir well and let it rest for 30 minutes.

Our hiking group walks 12 km along the river on Sunday.
We start at 9 at the station. The path is flat, good shoes are enough.

The weather: rain in the morning, 11 degrees, some sun after 15:00.
The wind comes from the west.

Reading circle: we have reached page 212.
The next meeting is about the chapters 9 to 11.

To everybody in the garden club,
40 bulbs are left over from autumn.
Who wants some, please write back by 20:00.

The chess evening ended 3 to 2.
The next game is in 2 weeks, again in the back room.

Lost: a grey cat with a white paw, 4 years old.
It was last seen near the playground.

The bus of line 7 leaves 6 minutes earlier from Monday on.
All other lines go as before.

Minutes of the meeting: 17 members came.
The accounts were approved, the fee stays as it is.
""",
    "de": """
Hallo zusammen,
der Chor trifft sich am Donnerstag um 19:30, wie immer in der alten Schule.
Bitte bringt die blaue Mappe mit.

Die Bücherei hat neue Öffnungszeiten: werktags 10 bis 18, samstags 10 bis 14.
Bücher kann man jederzeit durch die Klappe geben.

Liebe Nachbarn,
am 14. ist von 8 bis 12 das Wasser abgestellt.
Bitte füllt vorher einen Eimer. Danke für eure Geduld.

Rezept der Woche: 500 g Mehl, 3 Eier, etwas Salz und 250 ml Milch.
Gut rühren und 30 Minuten ruhen lassen.

Die Wandergruppe geht am Sonntag 12 km am Fluss entlang.
Wir beginnen um 9 am Bahnhof. Der Weg ist eben, gute Schuhe reichen.

Das Wetter: morgens Regen, 11 Grad, nach 15:00 etwas Sonne.
Der Wind kommt aus Westen.

Lesekreis: wir sind auf Seite 212.
Das nächste Treffen geht um die Kapitel 9 bis 11.

An alle im Gartenverein,
vom Herbst sind noch 40 Zwiebeln da.
Wer welche will, schreibt bitte bis 20:00 zurück.

Der Schachabend endete 3 zu 2.
Das nächste Spiel ist in 2 Wochen, wieder im hinteren Raum.

Entlaufen: eine graue Katze mit weißer Pfote, 4 Jahre alt.
Zuletzt war sie am Spielplatz zu sehen.

Der Bus der Linie 7 fährt ab Montag 6 Minuten früher.
Alle anderen Linien fahren wie bisher.

Protokoll der Sitzung: 17 Mitglieder waren da.
Die Rechnung wurde gebilligt, der Beitrag bleibt.
""",
}


def quoted(text: str) -> str:
    """Puts the sign of other mail before each line."""
    return "\n".join(f"> {line}" for line in text.split("\n"))


MAILS: list[str] = [
    quoted(mail)
    for pair in zip(*(_MAILS[language].strip().split("\n\n") for language in LANGUAGES), strict=True)
    for mail in pair
]
"""The mails of both languages by turns, as `prompts.json` lists them."""


def padded(document: str, before: list[str], after: list[str]) -> str:
    """Puts quoted mails around a document."""
    return PADDED.format(document=document, before=BETWEEN.join(before), after=BETWEEN.join(after))


def around(rng: random.Random, document: str, mails: list[str]) -> str:
    """Puts the document anywhere among the mails, often at one of the ends."""
    place = rng.choice((0, len(mails), rng.randint(0, len(mails)), rng.randint(0, len(mails))))
    return padded(document, mails[:place], mails[place:])


def cycled(count: int, first: int = 0) -> list[str]:
    """Lists as many mails as asked, from the one of that number on, again from the start after the last."""
    return [MAILS[(first + index) % len(MAILS)] for index in range(count)]

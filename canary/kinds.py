"""What the twelve kinds of documents are called and say, in both languages; read by the generator.

The tags are the same in both languages: a tag names a thing, a title is in the document's words.
"""

from dataclasses import dataclass

from canary.names import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """One kind in one language."""

    title: str
    article: str
    number_labels: list[str]
    sentences: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of document: its tag, the trades that send it, and its words."""

    tag: str
    trades: list[str]
    words: dict[Language, Wording]
    by_period: bool = False


TRADES: dict[str, dict[Language, list[str]]] = {
    "education": {
        "de": ["Akademie", "Sprachschule", "Volkshochschule {}"],
        "en": ["Academy", "Language School", "College of {}"],
    },
    "energy": {
        "de": ["Energie", "Strom", "Gasversorgung", "Stadtwerke {}"],
        "en": ["Energy", "Power", "Gas Supply", "Electricity"],
    },
    "finance": {
        "de": ["Bank", "Kreditbank", "Sparbank {}"],
        "en": ["Bank", "Credit Union", "Savings Bank of {}"],
    },
    "government": {"de": ["Finanzamt {}", "Steuerkasse {}"], "en": ["Tax Office {}", "Revenue Service {}"]},
    "health": {
        "de": ["Klinik", "Praxis {}", "Labor", "Krankenhaus {}"],
        "en": ["Clinic", "Medical Practice {}", "Laboratory", "{} Hospital"],
    },
    "housing": {
        "de": ["Wohnbau", "Immobilien", "Hausverwaltung"],
        "en": ["Housing", "Properties", "Estates"],
    },
    "industry": {
        "de": ["Maschinenbau", "Logistik", "Werkzeuge", "Software"],
        "en": ["Engineering", "Logistics", "Tools", "Software"],
    },
    "protection": {
        "de": ["Versicherung", "Lebensversicherung", "Sachversicherung"],
        "en": ["Insurance", "Life Assurance", "Mutual Insurance"],
    },
    "shopping": {
        "de": ["Elektro", "Möbel", "Versandhaus", "Buchhandel"],
        "en": ["Electronics", "Furniture", "Mail Order", "Books"],
    },
    "telecom": {"de": ["Telefon", "Mobilfunk", "Kabelnetz"], "en": ["Telecom", "Mobile", "Broadband"]},
    "vehicle": {
        "de": ["Autohaus", "Fahrzeugtechnik", "Autohaus {}"],
        "en": ["Motors", "Car Service", "Vehicles"],
    },
}

ATTRIBUTES: dict[str, dict[Language, list[str]]] = {
    "direct-debit": {
        "de": [
            "Der Betrag wird per Lastschrift eingezogen.",
            "Wir buchen die Summe von Ihrem Konto ab, ein SEPA-Mandat liegt vor.",
        ],
        "en": [
            "The amount will be collected by direct debit.",
            "We will debit your account under the existing mandate.",
        ],
    },
    "deadline": {
        "de": [
            "Bitte antworten Sie innerhalb der Frist von {n} Tagen.",
            "Die Frist endet am {date}.",
        ],
        "en": ["Please reply within the deadline of {n} days.", "The deadline ends on {date}."],
    },
    "refund": {
        "de": ["Sie erhalten eine Erstattung von {amount}.", "Das Guthaben wird Ihnen erstattet."],
        "en": ["You will receive a refund of {amount}.", "The credit will be refunded to you."],
    },
}

_SELLERS = ["education", "energy", "health", "housing", "industry", "shopping", "telecom", "vehicle"]


def _kind(tag: str, trades: list[str], de: Wording, en: Wording, *, by_period: bool = False) -> Kind:
    return Kind(tag=tag, trades=trades, words={"de": de, "en": en}, by_period=by_period)


def _w(title: str, article: str, labels: str, *sentences: str) -> Wording:
    return Wording(title=title, article=article, number_labels=labels.split("|"), sentences=list(sentences))


KINDS: list[Kind] = [
    _kind(
        "bank-statement",
        ["finance"],
        _w("Kontoauszug", "ein", "Monat|Zeitraum", "Der neue Saldo beträgt {amount}.", "Es gab {n} Umsätze."),
        _w("Bank Statement", "a", "Month|Period", "The new balance is {amount}.", "There were {n} entries."),
        by_period=True,
    ),
    _kind(
        "cancellation",
        ["energy", "protection", "telecom"],
        _w("Kündigung", "eine", "Vorgangsnummer|Vorgang", "Ihr Vertrag endet am {date}.", "Wir bedauern das."),
        _w("Cancellation", "a", "Case number|Case", "Your contract ends on {date}.", "We are sorry to see you go."),
    ),
    _kind(
        "contract",
        ["education", "energy", "housing", "telecom"],
        _w(
            "Vertrag", "ein", "Vertragsnummer|Vertrag Nr.", "Die Laufzeit beträgt {n} Monate.", "Beginn ist der {date}."
        ),
        _w("Contract", "a", "Contract number|Contract no.", "The term is {n} months.", "It begins on {date}."),
    ),
    _kind(
        "delivery",
        ["industry", "shopping"],
        _w(
            "Lieferschein",
            "ein",
            "Lieferscheinnummer|Lieferung Nr.",
            "Geliefert wurden {n} Stück.",
            "Bitte prüfen Sie die Ware.",
        ),
        _w("Delivery Note", "a", "Delivery number|Delivery no.", "We delivered {n} items.", "Please check the goods."),
    ),
    _kind(
        "insurance",
        ["protection"],
        _w(
            "Versicherungsschein",
            "ein",
            "Policennummer|Police Nr.",
            "Der Beitrag ist {amount} im Jahr.",
            "Der Schutz beginnt am {date}.",
        ),
        _w(
            "Insurance Policy",
            "an",
            "Policy number|Policy no.",
            "The premium is {amount} a year.",
            "Your cover begins on {date}.",
        ),
    ),
    _kind(
        "invoice",
        _SELLERS,
        _w(
            "Rechnung",
            "eine",
            "Rechnungsnummer|Rechnung Nr.",
            "Zu zahlen sind {amount}.",
            "Vielen Dank für Ihren Auftrag.",
        ),
        _w("Invoice", "an", "Invoice number|Invoice no.", "The total due is {amount}.", "Thank you for your order."),
    ),
    _kind(
        "medical-report",
        ["health"],
        _w(
            "Arztbrief",
            "ein",
            "Fallnummer|Fall Nr.",
            "Der Befund ist unauffällig.",
            "Wir empfehlen eine Kontrolle in {n} Wochen.",
        ),
        _w(
            "Medical Report",
            "a",
            "Patient case|Case file",
            "The findings are normal.",
            "We advise a check in {n} weeks.",
        ),
    ),
    _kind(
        "payslip",
        ["education", "health", "industry"],
        _w(
            "Gehaltsabrechnung",
            "eine",
            "Abrechnungsmonat|Lohnmonat",
            "Das Nettogehalt beträgt {amount}.",
            "Die Auszahlung erfolgt am {date}.",
        ),
        _w("Payslip", "a", "Pay period|Pay month", "Your net pay is {amount}.", "It will be paid on {date}."),
        by_period=True,
    ),
    _kind(
        "reminder",
        _SELLERS,
        _w(
            "Mahnung",
            "eine",
            "Mahnungsnummer|Mahnung Nr.",
            "Der Betrag von {amount} ist überfällig.",
            "Wir haben noch keine Zahlung erhalten.",
        ),
        _w(
            "Payment Reminder",
            "a",
            "Reminder number|Reminder no.",
            "The amount of {amount} is overdue.",
            "We have not received your payment.",
        ),
    ),
    _kind(
        "rent",
        ["housing"],
        _w(
            "Nebenkostenabrechnung",
            "eine",
            "Abrechnungsnummer|Abrechnung Nr.",
            "Die Heizkosten betragen {amount}.",
            "Die Wohnung misst {n} Quadratmeter.",
        ),
        _w(
            "Service Charge Statement",
            "a",
            "Statement number|Statement no.",
            "The heating costs are {amount}.",
            "The flat measures {n} square metres.",
        ),
    ),
    _kind(
        "tax",
        ["government"],
        _w(
            "Steuerbescheid",
            "ein",
            "Bescheidnummer|Bescheid Nr.",
            "Die Steuer wird auf {amount} festgesetzt.",
            "Ein Einspruch ist zulässig.",
        ),
        _w(
            "Tax Notice",
            "a",
            "Notice number|Notice no.",
            "The tax is assessed at {amount}.",
            "You may appeal against this notice.",
        ),
    ),
    _kind(
        "warranty",
        ["shopping", "vehicle"],
        _w(
            "Garantieschein",
            "ein",
            "Garantienummer|Garantie Nr.",
            "Die Garantie gilt {n} Monate.",
            "Gekauft wurde das Gerät am {date}.",
        ),
        _w(
            "Warranty Certificate",
            "a",
            "Warranty number|Warranty no.",
            "The warranty lasts {n} months.",
            "The item was bought on {date}.",
        ),
    ),
]

TAGS: list[str] = sorted({kind.tag for kind in KINDS} | set(TRADES) | set(ATTRIBUTES))

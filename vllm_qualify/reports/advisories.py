"""Advisories of a release for people: in groups of what they mean for an upgrade, as text and as Markdown. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vllm_qualify.core.advisories import AdvisoryOutlook, Applicability, JudgedAdvisory, those
from vllm_qualify.reports import markdown, text
from vllm_qualify.reports import preflight_words as words


def people(image: str, found: AdvisoryOutlook | None, *, width: int = words.WIDTH, brief: bool = False) -> str:
    """All of them, for the terminal.

    Args:
        image: that they are asked of.
        found: ``None`` where nothing is known of its release.
        width: of the terminal, in columns.
        brief: the sentence alone.
    """
    name = text.one_line(image)
    if found is None:
        return f"{name}: the catalogue does not have its release, so nothing is known of it\n"
    lines = words.paragraph(f"advisories of {name}: {found}", width=width)
    if brief:
        return "\n".join([*lines, ""])
    for head, group in groups(found):
        lines += ["", head, *map(_line, group)]
    return "\n".join([*lines, "", *words.paragraph(found.credit, width=width)]) + "\n"


def groups(found: AdvisoryOutlook) -> Iterator[tuple[str, Sequence[JudgedAdvisory]]]:
    """What the upgrade closes and opens and what stays open, each with its heading; what is empty is left out."""
    upgrade = found.against not in {"", found.release}
    stays = f"open in both {found.against} and {found.release}" if upgrade else f"open in {found.release}"
    named = (("closed by the upgrade", found.closes), ("opened by it", found.opens), (stays, found.stays))
    yield from ((head, _by_use(group)) for head, group in named if group)


def page(found: AdvisoryOutlook) -> list[str]:
    """The sentence, and those that can be reached here, with links, as lines of Markdown."""
    lines = [markdown.escape(text.sentence(str(found))), ""]
    for head, group in groups(found):
        if reached := those(group, Applicability.APPLIES):
            lines += [f"Apply here, {markdown.escape(head)}:", "", *map(_item, reached), ""]
    return [*lines, markdown.escape(text.sentence(found.credit))]


def _by_use(group: Sequence[JudgedAdvisory]) -> Sequence[JudgedAdvisory]:
    """What applies first; within that, the gravest."""
    return sorted(group, key=lambda one: tuple(Applicability).index(one.applies))


def _line(one: JudgedAdvisory) -> str:
    score = "" if one.score is None else f"{one.score:.1f}"
    return f"  {one.name:<16} {one.rating.value:<8} {score:>4}  {one.applies.value:<14}  {one.why}"


def _item(one: JudgedAdvisory) -> str:
    return f"- [{markdown.escape(str(one))}]({one.url}): {markdown.escape(one.why)}"

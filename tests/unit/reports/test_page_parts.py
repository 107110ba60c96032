"""The policy of a page names what the page holds, and each of its places has a name of its own."""

from __future__ import annotations

import base64
import hashlib

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from vllm_qualify.reports import page_parts


@given(content=st.text(alphabet='`<&"a \n'))
def test_code_in_a_sentence_is_set_and_nothing_else(content: str) -> None:
    """Backticks become code; whatever else the text holds stays text."""
    made = str(page_parts.coded(content))

    assert set(made.split("<")[1:]) <= {part for part in made.split("<") if part.startswith(("code>", "/code>"))}
    assert made.replace("<code>", "`").replace("</code>", "`") == str(escape(content))


def test_only_what_was_hashed_may_run() -> None:
    """The policy allows one style, one script, and nothing from anywhere."""
    digest = base64.b64encode(hashlib.sha256(b"one").digest()).decode()

    policy = page_parts.policy(style="two", script="one")

    assert policy.startswith("default-src 'none'; ")
    assert f"script-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in page_parts.policy(style="two")


@given(places=st.lists(st.lists(st.text(max_size=4), max_size=3).map(tuple), max_size=20))
def test_no_place_is_taken_for_another(places: list[tuple[str, ...]]) -> None:
    """Different parts have different ids, however alike they read; the same parts have the same one."""
    anchor = page_parts.PageAnchors()

    given_away = {parts: anchor(*parts) for parts in places}

    assert len(set(given_away.values())) == len(given_away)
    assert all(anchor(*parts) == name for parts, name in given_away.items())

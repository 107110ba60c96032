import pytest

from vllm_qualify.catalogue import messages
from vllm_qualify.catalogue.messages import Message
from vllm_qualify.core.records import Certainty
from vllm_qualify.diagnosis import origin_words
from vllm_qualify.diagnosis.origins import Origin

CHECK = Message(
    file="vllm/config/cache.py", function="CacheConfig._verify", kind="ValueError", parts=("No such kernel",),
    guards=("self.a", "not current_platform.has_device_capability(89)"), about=("--kv-cache-dtype",),
    depends_on=("--dtype", "VLLM_USE_V1"), span="0.9.0..0.10.2",
)  # fmt: skip


def at(*releases: str) -> frozenset[int]:
    """The places of releases."""
    return frozenset(map(messages.order().index, releases))


def origin(
    *statements: Message,
    certainty: Certainty = Certainty.CERTAIN,
    alike: str = "",
    release: str = "",
    production: str = "",
) -> Origin:
    """Where an exception comes from, with places for releases."""
    shown = statements or (CHECK,)
    here = frozenset().union(*map(messages.releases, shown))
    died, serves = (next(iter(at(one)), None) if one else None for one in (release, production))
    return Origin(
        statements=shown, certainty=certainty, here=here, alike=at(alike) if alike else frozenset(), release=died,
        production=serves,
    )  # fmt: skip


def test_what_is_known_is_one_line() -> None:
    """Where, in which releases, what it is about, what it depends on, and its innermost condition in plain words."""
    assert origin_words.place(origin()) == (
        "raised by vllm/config/cache.py, `CacheConfig._verify` in v0.9.0 to v0.10.2; it is about `--kv-cache-dtype`; "
        "whether it is reached depends on `--dtype` and `VLLM_USE_V1`; the guard is: compute capability below 8.9"
    )


@pytest.mark.parametrize(
    ("production", "alike", "said"),
    [
        ("0.8.5", "", "production's v0.8.5 does not have this check"),
        ("0.8.5", "0.8.5", "production's v0.8.5 has a reworded form of this check"),
        ("0.9.2", "", "production's v0.9.2 has this check as well"),
    ],
)
def test_production_is_compared(production: str, alike: str, said: str) -> None:
    """What is only worded otherwise there is not called missing."""
    assert said in origin_words.place(origin(production=production, alike=alike))


def test_a_release_without_the_statement_is_said() -> None:
    """The log may be of a build of one's own."""
    assert "v0.8.5, which died, is not known to have it" in origin_words.place(origin(release="0.8.5"))


def test_two_statements_are_both_named() -> None:
    """With the certainty that is left."""
    other = Message(file="vllm/b.py", function="f", kind="ValueError", code="assert x", span="0.9.0")

    said = origin_words.place(origin(CHECK, other, certainty=Certainty.POSSIBLE))
    assert said.startswith("possibly raised by vllm/config/cache.py, `CacheConfig._verify` or vllm/b.py, `f` in ")


def test_an_open_end_says_since() -> None:
    """No newer release is known to be without it."""
    newest = Message(file="vllm/b.py", function="f", kind="AssertionError", code="assert x > 1", span="0.8.5 0.12.0..")

    said = origin_words.place(origin(newest))
    assert said == "raised by vllm/b.py, `f` in v0.8.5, every release since v0.12.0; the guard is: `assert x > 1`"


@pytest.mark.parametrize(
    ("about", "depends_on", "said"),
    [
        (("--a", "--b"), ("--c",), "Change `--a` or `--b` as the message says, or leave them out."),
        (("--a", "HF_TOKEN"), (), "Change `--a` as the message says, or leave it out. Check how `HF_TOKEN` is set."),
        (("HF_TOKEN", "HF_HOME"), (), "Check how `HF_TOKEN` and `HF_HOME` are set."),
        (("VLLM_LOGGING_LEVEL",), ("--c",), "Change `--c`, or leave it out."),
        ((), ("--c",), "Change `--c`, or leave it out."),
        ((), (), ""),
    ],
)
def test_what_to_change_is_what_it_is_about(about: tuple[str, ...], depends_on: tuple[str, ...], said: str) -> None:
    """What it depends on only where its text names nothing."""
    check = Message(
        file="vllm/b.py", function="f", kind="E", parts=("x",), about=about, depends_on=depends_on, span="0.9.0"
    )

    assert origin_words.change(origin(check)) == said


def test_a_library_is_named_with_the_releases_that_it_comes_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was not read is passed over."""
    monkeypatch.setattr(messages, "covered", lambda _package: at("0.8.5", "0.9.0", "0.9.1", "0.11.0"))
    check = Message(file="torch/_ops.py", function="f", kind="E", parts=("x",), span="0.9.0..0.9.1")
    known = origin(check, production="0.8.5", release="0.9.1")

    assert origin_words.place(known).startswith("raised by torch/_ops.py, `f` in the torch of v0.9.0 to v0.9.1; ")
    assert "the torch of production's v0.8.5 does not have this check" in origin_words.place(known)
    assert origin_words.take(known).startswith("Releases whose torch lacks this check: v0.8.5 is the nearest")
    assert "v0.11.0 the nearest newer one" in origin_words.take(known)
    assert "production" not in origin_words.place(origin(check, production="0.8.4"))


def test_the_nearest_releases_without_it() -> None:
    """On both sides; those with a check like it are passed over, and a mere possibility names none."""
    said = origin_words.take(origin(alike="0.8.5.post1", release="0.9.2"))

    assert said == "Releases without this check: v0.8.5 is the nearest older one, v0.11.0 the nearest newer one."
    assert not origin_words.take(origin(certainty=Certainty.POSSIBLE))

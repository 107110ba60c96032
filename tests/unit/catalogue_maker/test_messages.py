from collections.abc import Callable, Mapping

import pytest

from catalogue_maker.messages import Extraction
from catalogue_maker.source import Source
from catalogue_maker.subjects import Subjects
from vllm_qualify.catalogue import messages
from vllm_qualify.catalogue.messages import Message

Release = Callable[[Mapping[str, str]], Source]

TABLES = Subjects(spellings={"--dtype": "--dtype"}, dests={"dtype": "--dtype", "max_len": "--max-len"})


def said(source: Source) -> list[Message]:
    """What the maker finds in a release."""
    rows = Extraction().rows(source.root, "vllm", TABLES)
    return [messages.from_line(f'{row[:-1]},"0.9.0"]') for row in sorted(rows)]


def test_a_statement_becomes_a_message(release: Release) -> None:
    """With what it is about and what it depends on apart."""
    (one,) = said(release({"vllm/config.py": """
        class ModelConfig:
            def check(self, args):
                if self.max_len > 8:
                    raise ValueError(f"No such kernel for {args.dtype}")
    """}))  # fmt: skip

    assert one == Message(
        file="vllm/config.py", function="ModelConfig.check", kind="ValueError", parts=("No such kernel for", ""),
        guards=("self.max_len > 8",), about=("--dtype",), depends_on=("--max-len",), span="0.9.0",
    )  # fmt: skip


def test_an_assert_without_a_text_is_its_code(release: Release) -> None:
    """Which says the condition already, so that it is not said twice."""
    (one,) = said(release({"vllm/a.py": "def f(args):\n    assert args.dtype in (1, 2)\n"}))

    assert (one.parts, one.code, one.guards) == ((), "assert args.dtype in (1, 2)", ())
    assert one.depends_on == ("--dtype",)


@pytest.mark.parametrize(
    "statement",
    [
        'raise RuntimeError("Engine core initialization failed. See root cause above.")',
        'logger.exception("WorkerProc hit an exception.")',
        'raise EngineDeadError("out of the ordinary words")',
        'logger.error("EngineCore failed to start.")',
        'logger.error("Odd: %s", error)',
    ],
)
def test_what_only_passes_a_death_on_is_left_out(statement: str, release: Release) -> None:
    """It would win over what the process that died said."""
    assert not said(release({"vllm/a.py": statement}))


def test_what_no_server_runs_is_left_out(release: Release) -> None:
    """And what is no Python of ours to read is passed over."""
    files = {
        "vllm/benchmarks/a.py": 'raise ValueError("some words of it")',
        "vllm/b.py": "def (",
        "vllm/c.txt": "raise",
    }

    assert not said(release(files))


def test_the_same_file_is_read_once(release: Release) -> None:
    """But what it is called, and the options of its release, may have changed."""
    source = release({"vllm/a.py": 'raise ValueError("No such --dtype here")'})
    extraction = Extraction()
    extraction.rows(source.root, "vllm", TABLES)
    (source.root / "vllm/a.py").rename(source.root / "vllm/b.py")

    (row,) = extraction.rows(source.root, "vllm", Subjects(spellings={}, dests={}))
    assert messages.from_line(f'{row[:-1]},"0.9.0"]').file == "vllm/b.py"
    assert "--dtype" not in row.split(",", 6)[-1]

from collections.abc import Callable, Mapping

import pytest

from catalogue_maker.opaque import is_opaque
from catalogue_maker.pieces import Pieces
from catalogue_maker.source import Source, UnknownShape

Release = Callable[[Mapping[str, str]], Source]


def pieces(source: Source, **standins: object) -> Pieces:
    """The modules of the release, with ``json`` as the only library."""
    return Pieces(
        source,
        standins={name.replace("__", "."): value for name, value in standins.items()},
        allowed=frozenset({"json"}),
    )


def test_only_what_is_asked_for_runs(release: Release) -> None:
    """A module that could not be imported here still tells its constants."""
    source = release({"vllm/a.py": "import torch\nraise RuntimeError\nNAMES = ['x', *MORE]\nMORE = ['y']\n"})

    assert pieces(source).get("vllm.a", "NAMES") == ["x", "y"]


def test_a_name_is_followed_through_imports(release: Release) -> None:
    """Relative, absolute, renamed, out of a package, behind a star."""
    files = {
        "vllm/__init__.py": "",
        "vllm/a/__init__.py": "from .b import *\nfrom vllm.c import THREE as DREI\n",
        "vllm/a/b.py": "TWO = 2\n",
        "vllm/c.py": "THREE = 3\n",
        "vllm/d.py": "import vllm.c as see\nfrom .a import TWO, DREI\nALL = [TWO, DREI, see.THREE]\n",
    }

    assert pieces(release(files)).get("vllm.d", "ALL") == [2, 3, 3]


def test_what_fills_a_name_later_is_run_as_well(release: Release) -> None:
    """A list that is added to below its first line."""
    source = release(
        {"vllm/a.py": "X = ['a']\nX += ['b']\nX.append('c')\nT = {}\nT['k'] = X\nfor i in 'de':\n    X.append(i)\n"}
    )

    assert pieces(source).get("vllm.a", "X") == ["a", "b", "c", "d", "e"]
    assert list(pieces(source).get("vllm.a", "T")) == ["k"]


def test_what_only_a_type_checker_sees_does_not_count(release: Release) -> None:
    """The branch that runs decides, as it does in vLLM."""
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from nowhere import X\nelse:\n    X = 'any'\n"
    source = release({"vllm/a.py": text})

    assert Pieces(source, standins={}, allowed=frozenset({"typing"})).get("vllm.a", "X") == "any"


def test_a_module_answers_for_names_it_makes(release: Release) -> None:
    """``vllm.envs`` reads the environment when a name is asked for."""
    source = release({"vllm/envs.py": "V = {'A': lambda: 1}\ndef __getattr__(name):\n    return V[name]()\n"})

    assert pieces(source).get("vllm.envs", "A") == 1


def test_libraries_are_opaque(release: Release) -> None:
    """They may be named, subclassed and be part of an annotation, but nothing may depend on what they hold."""
    text = "import torch\nclass M(torch.nn.Module, metaclass=torch.Meta):\n    n: torch.dtype | None = torch.half\n"
    model = pieces(release({"vllm/a.py": text})).get("vllm.a", "M")

    assert not is_opaque(model)
    assert is_opaque(model.n)


@pytest.mark.parametrize("use", ["bool(torch.x)", "list(torch.x)", "'a' in torch.x", "pydantic.Secret[str]"])
def test_a_decision_that_depends_on_a_library_stops_the_maker(release: Release, use: str) -> None:
    """It cannot know better, so it says so instead of guessing."""
    source = release({"vllm/a.py": f"import torch\nimport pydantic\nX = {use}\n"})

    with pytest.raises(UnknownShape, match=r"torch\.x|pydantic\.Secret"):
        pieces(source).get("vllm.a", "X")


def test_a_standin_comes_before_the_release(release: Release) -> None:
    """Parts with effects are replaced by name, wherever they are imported from."""
    source = release({"vllm/a.py": "def f():\n    raise SystemExit\n", "vllm/b.py": "from vllm.a import f\nX = f()\n"})

    assert pieces(source, vllm__a__f=lambda: "calm").get("vllm.b", "X") == "calm"


def test_dangerous_builtins_are_missing(release: Release) -> None:
    """A release is read; it opens no files and runs no text."""
    source = release({"vllm/a.py": "X = open('/etc/hostname')\n"})

    with pytest.raises(NameError):
        pieces(source).get("vllm.a", "X")


def test_a_name_that_is_not_there_is_an_error(release: Release) -> None:
    """A release that moved it stops the maker, with the module and the name."""
    with pytest.raises(AttributeError, match=r"vllm\.a of vLLM 0\.12\.0 binds no X"):
        pieces(release({"vllm/a.py": ""})).get("vllm.a", "X")

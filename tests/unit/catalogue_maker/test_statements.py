import ast
from textwrap import dedent

import pytest

from catalogue_maker import statements
from catalogue_maker.statements import Statement


def found(source: str) -> list[Statement]:
    """The statements of a module."""
    text = dedent(source)
    return list(statements.statements(ast.parse(text), text))


@pytest.mark.parametrize(
    ("source", "kind", "template"),
    [
        ('raise ValueError(f"No {x} found")', "ValueError", ("No ", " found")),
        ('raise pkg.OddError("No GPU", "two")', "OddError", ("No GPU",)),
        ('raise OddError(code=3, message="No GPU found")', "OddError", ("No GPU found",)),
        ("raise NotImplementedError", "NotImplementedError", ()),
        ("raise NotImplementedError()", "NotImplementedError", ()),
        ("raise ValueError(reason)", "ValueError", ()),
        ('raise self._refused("No GPU found")', "", ("No GPU found",)),
        ('assert x > 1, "x is too small"', "AssertionError", ("x is too small",)),
        ("assert x > 1", "AssertionError", ()),
        ('logger.error("No %s found", x)', "log", ("No ", " found")),
        ('self._logger.exception(f"No {x} found")', "log", ("No ", " found")),
        ('logger.error("All of 100% used")', "log", ("All of 100% used",)),
        ('parser.error(f"No {x} found")', "parser.error", ("No ", " found")),
        ('sys.exit("No GPU found")', "SystemExit", ("No GPU found",)),
    ],
)
def test_what_says_that_something_is_wrong(source: str, kind: str, template: tuple[str, ...]) -> None:
    """Each of the ways that vLLM has."""
    (one,) = found(source)

    assert (one.kind, one.template) == (kind, template)


@pytest.mark.parametrize(
    "source", ["raise", "raise error", "raise self.error", 'logger.info("No GPU")', "logger.error(error)", "f()"]
)
def test_what_says_nothing_of_its_own(source: str) -> None:
    """What is passed on was raised elsewhere, and a text that is all gap is no text."""
    assert not found(source)


def test_a_message_is_followed_through_its_variable() -> None:
    """With all that the branches before may have made of it."""
    one, two = found("""
        def check(x):
            message = f"No {self.model_config.dtype} found"
            if x:
                message += " at all"
            raise ValueError(message)
    """)

    assert {one.template, two.template} == {("No ", " found"), ("No ", " found at all")}
    assert one.told == ("message", "self.model_config.dtype")


def test_a_statement_is_known_by_its_place() -> None:
    """Classes and functions around it, and the line that a traceback shows."""
    (one,) = found("""
        class CacheConfig:
            def _verify(self):
                def inner():
                    assert (
                        self.a
                        and self.b
                    )
    """)

    assert (one.function, one.code) == ("CacheConfig._verify.inner", "self.a")


def test_conditions_around_a_statement_are_its_guards() -> None:
    """The innermost last; of a chain those that failed, and of an early way out its opposite."""
    last, other, way_out, handled = found("""
        def f(x):
            for y in x:
                if x.a == 1:
                    pass
                elif x.b:
                    raise ValueError("a b c")
                else:
                    raise ValueError("d e f")
            if not x:
                return
            raise ValueError("g h i")
        try:
            import x
        except ImportError as error:
            raise RuntimeError("j k l") from error
    """)

    assert [guard.text for guard in last.guards] == ["x.b"]
    assert [guard.text for guard in other.guards] == ["x.a != 1", "not x.b"]
    assert [guard.text for guard in way_out.guards] == ["x"]
    assert [guard.text for guard in handled.guards] == ["except ImportError"]


def test_an_assert_is_guarded_by_its_opposite() -> None:
    """And it is about the names in its test."""
    (one,) = found('def f(config):\n    name = config.a_b\n    assert name > 1, "too small by far"')

    assert one.guards[-1].text == "name <= 1"
    assert one.guards[-1].names == ("config.a_b",)


def test_an_exception_that_makes_its_own_text() -> None:
    """The constructor of its class has the template."""
    (one,) = found("""
        class OddError(ValueError):
            def __init__(self, x):
                super().__init__(f"No {x} found")
    """)

    assert (one.kind, one.template) == ("OddError", ("No ", " found"))

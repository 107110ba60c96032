from collections.abc import Callable, Mapping

import pytest

from catalogue_maker import parsing
from catalogue_maker.source import Source, UnknownShape

Release = Callable[[Mapping[str, str]], Source]

CLI_ARGS = """
    import argparse
    import json
    from dataclasses import dataclass, field, fields
    from typing import Literal, get_args

    from vllm.config import CacheConfig, get_attr_docs
    from vllm.utils import FlexibleArgumentParser

    def get_kwargs(cls):
        docs = get_attr_docs(cls)
        made = {}
        for one in fields(cls):
            choices = get_args(one.type)
            made[one.name] = {"default": one.default, "help": docs[one.name], "choices": sorted(choices)}
        return made

    def make_arg_parser(parser: FlexibleArgumentParser):
        group = parser.add_argument_group(title="Cache")
        group.add_argument("--kv-cache-dtype", "-k", type=str, **get_kwargs(CacheConfig)["cache_dtype"])
        parser.add_argument("--eager", action=argparse.BooleanOptionalAction, default=False, deprecated=True)
        parser.add_argument("--backend", type=str, metavar=["xformers", "flash"])
        parser.add_argument("--swap", type=float, default=4.0, help="[DEPRECATED] has no effect")
        parser.add_argument("--origins", type=json.loads, nargs="+", default=["*"])
        return parser
"""
CONFIG = '''
    from typing import Literal

    import torch
    from pydantic import Field
    from pydantic.dataclasses import dataclass

    from vllm.config.utils import config

    CacheDType = Literal["auto", "fp8"]

    @config
    @dataclass
    class CacheConfig:
        cache_dtype: CacheDType = "auto"
        """The type of the cache."""
        table: dict = Field(default_factory=dict)
        """Anything."""
'''
SERVE = """
    import vllm
    from vllm.entrypoints.openai.cli_args import make_arg_parser

    class Serve:
        def subparser_init(self, subparsers):
            parser = subparsers.add_parser("serve", help="Serve.")
            parser.add_argument("model_tag", nargs="?")
            return make_arg_parser(parser)

    def cmd_init():
        return [Serve()]
"""
FILES = {
    "vllm/__init__.py": "",
    "vllm/utils/__init__.py": "",
    "vllm/config/__init__.py": CONFIG,
    "vllm/config/utils.py": "",
    "vllm/entrypoints/openai/cli_args.py": CLI_ARGS,
    "vllm/entrypoints/cli/serve.py": SERVE,
}


def options(source: Source, entrypoint: str = "api_server") -> dict[str, dict[str, object]]:
    """The options of the release by their dest."""
    return {str(option["dest"]): option for option in parsing.options(parsing.pieces_of(source), entrypoint)}


def test_options_are_what_argparse_makes_of_them(release: Release) -> None:
    """Spellings, number of values, choices out of a configuration class, defaults and types."""
    found = options(release(FILES))

    assert set(found) == {"kv_cache_dtype", "backend", "eager", "swap", "origins"}
    assert found["kv_cache_dtype"]["options"] == ["--kv-cache-dtype", "-k"]
    assert found["kv_cache_dtype"]["choices"] == ["auto", "fp8"]
    assert (found["eager"]["options"], found["eager"]["nargs"]) == (["--eager", "--no-eager"], 0)
    assert (found["origins"]["default"], found["origins"]["type"]) == ("['*']", "loads")


def test_values_that_are_only_suggested_are_no_choices(release: Release) -> None:
    """The parser takes any other as well, so that a plugin can bring its own."""
    backend = options(release(FILES))["backend"]

    assert (backend["choices"], backend["suggested"]) == (None, ["flash", "xformers"])


def test_both_ways_to_deprecate_are_seen(release: Release) -> None:
    """By the keyword that vLLM's parser class understands, and by the help alone."""
    found = options(release(FILES))

    assert {dest for dest, option in found.items() if option["deprecated"]} == {"eager", "swap"}
    assert found["swap"]["help"] == "[DEPRECATED] has no effect"


def test_the_subcommand_has_the_model_as_a_word(release: Release) -> None:
    """``vllm serve`` builds its own parser around the same options."""
    found = options(release(FILES), "serve")

    assert found["model_tag"]["options"] == []
    assert set(found) == {"model_tag", "kv_cache_dtype", "backend", "eager", "swap", "origins"}


def test_the_early_subcommand_is_found_in_the_function_that_runs_it(release: Release) -> None:
    """Up to 0.7 the parser is built and used in one function."""
    scripts = """
        from vllm.entrypoints.openai.cli_args import make_arg_parser
        from vllm.utils import FlexibleArgumentParser

        def main():
            parser = FlexibleArgumentParser(description="vLLM CLI")
            serve = parser.add_subparsers(required=True).add_parser("serve")
            serve.add_argument("model_tag", type=str)
            make_arg_parser(serve)
            parser.parse_args().dispatch()
    """
    files = {name: text for name, text in FILES.items() if "serve" not in name} | {"vllm/scripts.py": scripts}

    assert "model_tag" in options(release(files), "serve")


def test_choices_out_of_a_library_stop_the_maker(release: Release) -> None:
    """An option whose choices are not in the release is not written down as one without choices."""
    text = CLI_ARGS.replace('default=["*"]', "choices=[torch.float16]").replace(
        "import json\n", "import json\n    import torch\n"
    )

    with pytest.raises(UnknownShape, match=r"origins of vLLM 0\.12\.0 depends on"):
        options(release(FILES | {"vllm/entrypoints/openai/cli_args.py": text}))


def test_a_parser_that_moved_stops_the_maker(release: Release) -> None:
    """The message names the places where it was."""
    files = {name: text for name, text in FILES.items() if "openai" not in name}

    with pytest.raises(UnknownShape, match=r"none of vllm\.entrypoints\.openai\.cli_args"):
        options(release(files))


def test_an_object_of_vllm_is_shown_by_its_name(release: Release) -> None:
    """Its values would take the checks of its class, which do not run here."""
    made = parsing.pieces_of(release(FILES)).get("vllm.config", "CacheConfig")()

    assert parsing.shown(made) == "CacheConfig(...)"
    assert parsing.shown({"b", "a"}) == "{'a', 'b'}"

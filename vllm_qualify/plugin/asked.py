"""Whether a pytest run asks for suites, and which ones; loaded for every run, so it needs next to nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vllm_qualify.core import shipped
from vllm_qualify.plugin import option_table

SETTINGS = "qualify.toml"
HINT = f"note: {SETTINGS} is here, but no suite was asked for; `{shipped.COMMAND}` qualifies its candidates"


def settle_paths(config: pytest.Config) -> None:
    """Take the shipped suites where a qualification is asked for, by a command or by options, and no path is named.

    Raises:
        pytest.UsageError: paths are given that have nothing to do with them.
    """
    given = option_table.given(config.option)
    if not given and not config.pluginmanager.hasplugin(shipped.COMMAND):
        return
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args[:] = [str(shipped.SUITES)]
    elif not for_suites(config):
        raise pytest.UsageError(
            f"{' '.join(config.args)}: no suite is there, so {', '.join(given) or shipped.COMMAND} would do nothing; "
            "leave the path out, and the suites that come with the harness are taken, or name the folder of your own "
            "with --suites"
        )


def for_suites(config: pytest.Config) -> bool:
    """Tell whether a path on the command line (or in testpaths) is, holds or lies in the folder of the suites.

    What an installed harness lies in, such as a repository with an environment in it, does not ask for them. A path in
    a folder that ``--suites`` names asks for that one.
    """
    here = config.invocation_params.dir
    # resolve() raises for links in a circle.
    homes = [shipped.SUITES, *(Path(os.path.realpath(here / folder)) for folder in config.option.suites)]
    asked = [Path(os.path.realpath(here / argument.partition("::")[0])) for argument in config.args]
    return any(
        any(map(path.is_relative_to, homes)) or (not shipped.INSTALLED and shipped.SUITES.is_relative_to(path))
        for path in asked
    )


def overlooked(config: pytest.Config) -> bool:
    """Settings of a qualification lie where pytest was started, and this is none."""
    return (
        config.args_source is not pytest.Config.ArgsSource.ARGS
        and not for_suites(config)
        and (config.invocation_params.dir / SETTINGS).is_file()
    )

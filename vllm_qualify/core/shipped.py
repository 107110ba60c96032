"""Where the folders lie that come with the harness and are no part of the package. No I/O but looking for one folder.

In a checkout they are beside the package, at the top level; a wheel has no place beside it, and carries them inside
(``[tool.hatch.build.targets.wheel.force-include]``).
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
_INSIDE = _PACKAGE / "shipped"
INSTALLED = _INSIDE.is_dir()
"""The harness was installed from a wheel, and is not read from a checkout."""
HOME = _INSIDE if INSTALLED else _PACKAGE.parent
SUITES = HOME / "suites"
CANARY = HOME / "canary"
HOME_LAB = HOME / "examples" / "home-lab"
FIXTURES = "vllm_qualify.shipped.fixtures" if INSTALLED else "fixtures"
"""The package of the suites' fixtures, as it is imported."""
COMMAND = "vllm-qualify run"
"""Runs the suites, in any folder; also the name of the plugin by which it tells pytest so."""

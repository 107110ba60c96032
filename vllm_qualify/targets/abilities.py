"""What a run may want of a target; apart from the targets, since the options of every start of pytest name it."""

from __future__ import annotations

from enum import Enum

PATIENCE_SECONDS = 6 * 3600.0
"""How long production's surroundings are asked again on the way back, unless told otherwise: giving up leaves
production away, and an outage, an expired login or an authorizer that starts late is mended within hours."""


class Ability(Enum):
    """What a run may want of a target."""

    TAKES_PRODUCTION_AWAY = "takes production away for a run, and puts it back"
    PAUSES_GITOPS = "holds still what would write production back"
    STARTS_COLD = "starts a candidate from an empty model cache"
    SETS_VARIABLES = "sets variables for the candidates"
    ASKS_OWN_DOCUMENTS = "serves the operator's models, which are asked the operator's documents"
    RUNS_ENGINES_HERE = "runs engines on this machine, with a port and a number format"
    PULLS_IMAGES = "pulls candidates' images to this host"
    BEHIND_PROXY = "has candidates behind the operator's proxy"

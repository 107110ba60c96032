"""What a user can mend, whichever command comes upon it; the command line loads this when something went wrong."""

from __future__ import annotations

from vllm_qualify.config import BadConfig
from vllm_qualify.edge.files import Unwritable
from vllm_qualify.edge.reports import NoJournal
from vllm_qualify.journal import BadJournal

MISTAKES = (BadConfig, BadJournal, NoJournal, Unwritable)

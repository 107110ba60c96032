"""What a user can mend, whichever command comes upon it; the command line loads this when something went wrong."""

from __future__ import annotations

from vllm_qualify.core.errors import BadConfig
from vllm_qualify.core.journal import BadJournal
from vllm_qualify.reports.run_folder import NoJournal
from vllm_qualify.system.files import Unwritable

MISTAKES = (BadConfig, BadJournal, NoJournal, Unwritable)

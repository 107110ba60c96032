"""The table of commands, by what they are for; a command is a row here and a module of its name beside this one.

Such a module has ``HELP``, a ``CommandHelp``, and two functions: ``arguments(parser)`` and ``run(options)``.
"""

from __future__ import annotations

SUBJECTS = {
    "before a run": {
        "advisories": "list the published advisories of vLLM that staying keeps open and an upgrade closes or opens",
        "check": "say what a run would do, and what is wrong with its settings; starts nothing",
        "doctor": "say what this machine can qualify on, and what is missing for the rest",
        "init": "write a first qualify.toml from what a folder holds and what runs now",
        "preflight": "predict from facts alone which vLLM images work on a node, and what would change it",
    },
    "a run": {
        "restore": "put production back after a run that was killed",
        "run": "qualify images; takes every option of `pytest --image`",
    },
    "after a run": {
        "compare": "show what got better and worse between two runs",
        "diagnose": "find the first cause of a crash from a log, the pod's events and the exit code",
        "history": "show what was measured over months, and take in older runs",
        "plan": "write the upgrade to a candidate as a patch of your folder, with a rollback",
        "report": "make the reports of runs again from their journals",
        "status": "say which verdicts still hold, and which fact changed for the others",
    },
    "at the prompt": {
        "completion": "print what lets bash, zsh or fish complete commands, options and images",
        "help": "show the options of a command, with examples and exit codes",
    },
}
COMMANDS = {name: sentence for rows in SUBJECTS.values() for name, sentence in rows.items()}
HELP = "help"
"""The one that has no module: it shows what the others say of themselves."""
RUN = "run"
"""The one whose options are pytest's: it has ``main(words)`` in the place of ``run(options)``."""

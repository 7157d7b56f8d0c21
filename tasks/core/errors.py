"""The errors a user can cause, each with the exit code that the command line gives it.

    RatchetError
    ├── SettingsError      params.yaml or the environment says something that cannot be
    ├── SourceError        a log source is missing, empty or unreadable
    ├── StageError         a stage cannot go on without losing data, privacy or evidence
    └── EvidenceError      a gate lacks what it needs to decide

Each message names the value, the place, what was expected and the cure.
"""


class RatchetError(Exception):
    """Something the reader of the message can put right; shown as one line, without a traceback."""

    exit_code = 1


class SettingsError(RatchetError):
    exit_code = 2


class SourceError(RatchetError):
    exit_code = 3


class StageError(RatchetError):
    exit_code = 4


class EvidenceError(RatchetError):
    exit_code = 5

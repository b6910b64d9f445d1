"""The errors of Chimera: what is wrong in the user's words, then what to do about it.

ChimeraError            problem, hint
├── ProviderError       a provider did not give a whole reply; `kind` says how it failed
├── StorageError        the database cannot be read or written; `kind` says why
├── UnknownError        there is no persona, conversation, mode, … of that name
└── InvalidFileError    a settings or persona file is broken; says file, line and key
"""

import math
from enum import Enum, StrEnum, auto


class ChimeraError(Exception):
    """Something a person can understand and act on.

    Attributes:
        problem: What is wrong, one sentence.
        hint: What to do about it, one sentence; empty where there is nothing to do.
    """

    def __init__(self, problem: str, *, hint: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    __hash__ = Exception.__hash__


class Fault(StrEnum):
    """How an attempt failed; the same words in code, database and `--json`."""

    CONNECT = "connect"
    """No connection: refused, unknown host, no answer in time."""
    TLS = "tls"
    TIMEOUT = "timeout"
    """The connection stands, but the reply never began."""
    STALL = "stall"
    """The reply began, then nothing came for too long."""
    TRANSPORT = "transport"
    """The connection broke."""
    TRUNCATED = "truncated"
    """The stream ended politely, but without its terminal mark."""
    BAD_DATA = "bad_data"
    """What came cannot be read."""
    BAD_TYPE = "bad_type"
    """What came is no reply of a model: a web page, for instance."""
    TOO_LARGE = "too_large"
    EMPTY = "empty"
    """The model said nothing."""
    SERVER = "server"
    """The provider reports trouble of its own (5xx, an error in the stream)."""
    OVERLOADED = "overloaded"
    """The provider has too much to do (503, 529)."""
    CONFLICT = "conflict"
    """The provider could not take the request just now (408, 409)."""
    RATE = "rate"
    AUTH = "auth"
    MONEY = "money"
    MODEL = "model"
    """The provider does not have this model."""
    CONTEXT = "context"
    """The request is longer than the model can read."""
    REQUEST = "request"
    """The provider refuses the request as it is."""
    REDIRECT = "redirect"
    FILTER = "filter"
    BUDGET = "budget"
    """What may be spent is spent: nobody was asked."""
    INTERRUPTED = "interrupted"
    """The program ended while the reply was being said."""
    LABEL = "label"
    """The model spoke for others, and said nothing of its own."""
    STORAGE = "storage"
    """The reply came, but could not be saved."""


class ProviderError(ChimeraError):
    """A provider did not give a whole reply.

    Attributes:
        kind: How it failed.
        retry_after: Seconds the provider asks to wait; None if it did not say.
        attempts: Requests of a turn that are worth making at most, where more would not help.
        parameter: What of the request the service refuses; see `providers.capabilities.PARAMETERS`.
        is_listless: Whether the service has no list of models, or none that can be read.
        is_held_back: Whether nobody was asked: the provider or the model may not be, and to wait
            does not help.
    """

    def __init__(
        self,
        problem: str,
        *,
        kind: Fault,
        hint: str = "",
        retry_after: float | None = None,
        attempts: float = math.inf,
        parameter: str = "",
        is_listless: bool = False,
        is_held_back: bool = False,
    ) -> None:
        super().__init__(problem, hint=hint)
        self.kind = kind
        self.retry_after = retry_after
        self.attempts = attempts
        self.parameter = parameter
        self.is_listless = is_listless
        self.is_held_back = is_held_back


class UnprotectedError(ChimeraError):
    """A provider in the private network is reached by plain http, and nobody has allowed that yet.

    Attributes:
        origin: Scheme, host and port of its address: what a person may allow.
    """

    def __init__(self, problem: str, *, origin: str, hint: str = "") -> None:
        super().__init__(problem, hint=hint)
        self.origin = origin


class StorageFault(Enum):
    """Why the database cannot be read or written."""

    NEWER = auto()
    """A newer version of Chimera made it."""
    READ_ONLY = auto()
    """It can be read, but not written."""
    NO_DATABASE = auto()
    """None can be opened or made at this place."""
    DISK = auto()
    """The disk is full, or does not read or write."""
    LOST = auto()
    """It is not where it was, and what is held of it could not be written elsewhere."""
    LIVE_ELSEWHERE = auto()
    """Another process has this conversation open as a room."""
    OTHER = auto()


class StorageError(ChimeraError):
    """The database cannot be read or written.

    Attributes:
        kind: Why.
        pid: The process that has the conversation open; None where the system does not say.
    """

    def __init__(
        self,
        problem: str,
        *,
        kind: StorageFault = StorageFault.OTHER,
        hint: str = "",
        pid: int | None = None,
    ) -> None:
        super().__init__(problem, hint=hint)
        self.kind = kind
        self.pid = pid


class UnknownError(ChimeraError):
    """There is nothing of that name; the hint names the nearest."""


class InvalidFileError(ChimeraError):
    """A settings or persona file is broken; the problem says file, line and key."""


class ChangedElsewhereError(ChimeraError):
    """A file was changed by others since it was read, so it was not written."""


def innermost(error: Exception) -> Exception:
    """Return an error without the groups that task groups put around it."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error

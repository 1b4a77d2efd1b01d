"""Every error of Assay.

    AssayError                  exit  who must act
    ├── BadInput                 2    the user: a file, a name, a value, a folder
    ├── CannotMeasure            4    whoever runs the subject or the machine: the run stopped, nothing is lost
    ├── VerificationFailed       5    the reader: this report must not be relied upon
    └── Defect                  70    us: a rule of the house was broken

    Signal                            never leaves the stage "observe"; becomes a row or a CannotMeasure
    ├── Transient                     asking again may help
    ├── Permanent                     this request will never succeed; others may
    └── Fatal                         no request will succeed (no server, wrong key, wrong model)

"Not enough evidence" is no error: it is a wide interval or an inconclusive decision.
An error carries a code and values; its words stand in ``words/<language>/errors.toml``.
"""

import re
from typing import Any, ClassVar, Final

from assay.vocabulary.words import say, section

_SPOKEN: Final = ("expected", "lack")
"""Values that are words: where another language has them, it says them; see ``words/<language>/expected.toml``."""
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")


class AssayError(Exception):
    """An error with a code; ``str(error)`` is its English message."""

    exit_code: ClassVar[int] = 70

    def __init__(self, code: str, /, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.values = values

    def message(self, language: str = "en") -> str:
        """What was wrong, what was expected and what to do, in one of the languages of ``words/``."""
        spoken = {} if language == "en" else {
            key: _said(self.values[key], language) for key in _SPOKEN if isinstance(self.values.get(key), str)
        }  # fmt: skip
        if isinstance(refused := self.values.get("refused"), tuple):  # codes, each with words of its own
            spoken["refused"] = "; ".join(say("labels", f"refused.{code}", language) for code in refused)
        return say("errors", self.code, language, **self.values | spoken)

    def __str__(self) -> str:
        return self.message()


class BadInput(AssayError):
    """The user must change something; nothing was done."""

    exit_code = 2


class CannotMeasure(AssayError):
    """The measurement could not be completed; what had arrived is kept."""

    exit_code = 4


class VerificationFailed(AssayError):
    """A report is not what it says, or cannot be relied upon."""

    exit_code = 5


class Defect(AssayError):
    """A rule of the house was broken; please report it."""


class Signal(Exception):
    """What a request may end in besides a response."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Transient(Signal):
    """Asking again may help.

    Attributes:
        retry_after_s: seconds that the server asked to wait; None if it did not.
        overload: the server said that it is asked too much; lowers the number of connections.
        unreachable: nobody answered at all.
    """

    def __init__(
        self, reason: str, retry_after_s: float | None = None, overload: bool = False, unreachable: bool = False
    ) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s
        self.overload = overload
        self.unreachable = unreachable


class Permanent(Signal):
    """This request will never succeed; others may."""


class Fatal(Signal):
    """No request will succeed until somebody acts; ``error`` says what to do."""

    def __init__(self, error: CannotMeasure) -> None:
        super().__init__(str(error))
        self.error = error


def _said(text: str, language: str) -> str:
    """A phrase in another language, its numbers put in; the phrase itself where it is not known there."""
    words = section("expected", language).get(_NUMBER.sub("{}", text))
    return text if words is None else words.format(*_NUMBER.findall(text))


_KNOWN = 20  # names listed where none is near


def near(name: str, names: "list[str] | tuple[str, ...]") -> str:
    """The names most like ``name``, for messages: ``did you mean 'repeats'?`` or the whole list if none is near."""
    from difflib import get_close_matches  # 10 ms that only a wrong name costs

    close = get_close_matches(name, names, n=3, cutoff=0.6)
    if not close:
        tails = {known.rpartition(".")[2]: known for known in names}
        close = [tails[tail] for tail in get_close_matches(name.rpartition(".")[2], list(tails), n=3, cutoff=0.6)]
    if close:
        return "did you mean " + " or ".join(f"'{c}'" for c in close) + "?"
    shown, left = sorted(set(names))[:_KNOWN], max(0, len(set(names)) - _KNOWN)
    return "known: " + ", ".join(shown) + (f" … (+{left})" if left else "") if names else "none are known here"

"""Expressions such as ``ls + d - ls*(da*th + as*dth)``: read by a parser of our own, never as Python.

The grammar, from loose to tight; a name may be any word of letters (of any script), digits and ``_``::

    sum      product (("+" | "-") product)*
    product  signed (("*" | "/") signed)*
    signed   ("+" | "-") signed | power
    power    atom ["**" signed]                      so that -a**2 is -(a**2) and a**b**c is a**(b**c)
    atom     number | "pi" | name | function "(" sum ("," sum)* ")" | "(" sum ")"

The result is a flat list in postfix order, so that no length can exhaust the stack; the nesting is bounded.
"""

import math
import re
import unicodedata
from typing import Final, Literal, NamedTuple

from assay.vocabulary.errors import BadInput, near

FUNCTIONS: Final = {
    "sqrt": 1, "exp": 1, "log": 1, "sin": 1, "cos": 1, "tan": 1, "asin": 1, "acos": 1, "atan": 1, "atan2": 2, "abs": 1,
}  # fmt: skip
"""Number of arguments of each function; angles are in radians, ``log`` is the natural logarithm."""

LONGEST: Final = 20_000
DEEPEST: Final = 100
LONGEST_NAME: Final = 200

_NUMBER: Final = re.compile(r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_SYMBOLS: Final = ("**", "+", "-", "*", "/", "(", ")", ",")


class Step(NamedTuple):
    """One step in postfix order.

    Attributes:
        code: ``number``, ``name``, ``neg``, a binary operator, or the name of a function.
        number: the value of a ``number``.
        name: the name of a ``name``, normalised.
        at: character of the text it stands at, from 1.
    """

    code: str
    number: float = 0.0
    name: str = ""
    at: int = 0


class Expression(NamedTuple):
    """A parsed expression.

    Attributes:
        where: what it belongs to, for messages.
        text: as written.
        steps: its steps in postfix order.
    """

    where: str
    text: str
    steps: tuple[Step, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names in it, each once, in order of their first use."""
        return tuple(dict.fromkeys(step.name for step in self.steps if step.code == "name"))


def normal_name(name: str) -> str:
    """A name in the form that is compared: the micro sign and the Greek mu are one letter (Unicode NFKC)."""
    return unicodedata.normalize("NFKC", name)


def is_name(text: str) -> bool:
    """Whether a text can be the name of a quantity.

    >>> is_name("as"), is_name("θ_0"), is_name("温度"), is_name("x-1"), is_name("pi")
    (True, True, True, False, False)
    """
    return text.isidentifier() and len(text) <= LONGEST_NAME and text != "pi"


def parse(text: str, where: str = "model") -> Expression:
    """Read an expression.

    Args:
        text: the expression.
        where: what it belongs to, for messages.
    Raises:
        BadInput: not an expression; the message says at which character.

    >>> [step.code for step in parse("-a**2").steps]
    ['name', 'number', '**', 'neg']
    """
    if len(text) > LONGEST:
        raise BadInput("expression.too_long", where=where, length=len(text), limit=LONGEST)
    return Expression(where, text, _Parser(text, where).whole())


class _Token(NamedTuple):
    kind: Literal["number", "name", "symbol", "end"]
    text: str
    at: int


def _tokens(text: str, where: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    while at < len(text):
        char = text[at]
        if char.isspace():
            at += 1
            continue
        number = _NUMBER.match(text, at)
        if number:
            token = _Token("number", number.group(), at + 1)
        elif char.isidentifier():
            end = at + 1
            while end < len(text) and ("a" + text[end]).isidentifier():
                end += 1
            token = _Token("name", text[at:end], at + 1)
        else:
            symbol = next((s for s in _SYMBOLS if text.startswith(s, at)), None)
            if symbol is None:
                raise BadInput("expression.character", where=where, char=char, position=at + 1)
            token = _Token("symbol", symbol, at + 1)
        found.append(token)
        at += len(token.text)
    found.append(_Token("end", "", len(text) + 1))
    return found


class _Parser:
    """Recursive descent; every nesting counts, so that the recursion is bounded."""

    def __init__(self, text: str, where: str) -> None:
        self.where = where
        self.tokens = _tokens(text, where)
        self.next = 0
        self.steps: list[Step] = []

    def whole(self) -> tuple[Step, ...]:
        self._sum(0)
        if self._token.kind != "end":
            raise self._unexpected()
        return tuple(self.steps)

    @property
    def _token(self) -> _Token:
        return self.tokens[self.next]

    def _take(self, *symbols: str) -> _Token | None:
        token = self._token
        if token.kind == "symbol" and token.text in symbols:
            self.next += 1
            return token
        return None

    def _expect(self, symbol: str) -> None:
        if self._take(symbol) is None:
            raise self._unexpected()

    def _unexpected(self) -> BadInput:
        token = self._token
        if token.kind == "end":
            return BadInput("expression.end", where=self.where)
        return BadInput("expression.unexpected", where=self.where, found=short(token.text), position=token.at)

    def _sum(self, depth: int) -> None:
        self._product(depth)
        while operator := self._take("+", "-"):
            self._product(depth)
            self.steps.append(Step(operator.text, at=operator.at))

    def _product(self, depth: int) -> None:
        self._signed(depth)
        while operator := self._take("*", "/"):
            self._signed(depth)
            self.steps.append(Step(operator.text, at=operator.at))

    def _signed(self, depth: int) -> None:
        if depth > DEEPEST:
            raise BadInput("expression.too_deep", where=self.where, limit=DEEPEST, position=self._token.at)
        sign = self._take("+", "-")
        if sign is None:
            self._power(depth)
            return
        self._signed(depth + 1)
        if sign.text == "-":
            self.steps.append(Step("neg", at=sign.at))

    def _power(self, depth: int) -> None:
        self._atom(depth)
        if operator := self._take("**"):
            self._signed(depth + 1)
            self.steps.append(Step("**", at=operator.at))

    def _atom(self, depth: int) -> None:
        token = self._token
        if token.kind == "number":
            self.next += 1
            value = float(token.text)
            if not math.isfinite(value):
                raise BadInput("expression.number", where=self.where, found=short(token.text), position=token.at)
            self.steps.append(Step("number", number=value, at=token.at))
        elif token.kind == "name":
            self.next += 1
            self._named(token, depth)
        elif self._take("("):
            self._sum(depth + 1)
            self._expect(")")
        else:
            raise self._unexpected()

    def _named(self, token: _Token, depth: int) -> None:
        if not self._take("("):
            if token.text == "pi":
                self.steps.append(Step("number", number=math.pi, at=token.at))
            else:
                self.steps.append(Step("name", name=normal_name(token.text), at=token.at))
            return
        if token.text not in FUNCTIONS:
            tip = near(token.text, list(FUNCTIONS))
            name = short(token.text)
            raise BadInput("expression.function", where=self.where, name=name, position=token.at, near=tip)
        self._sum(depth + 1)
        count = 1
        while self._take(","):
            self._sum(depth + 1)
            count += 1
        self._expect(")")
        wanted = FUNCTIONS[token.text]
        if count != wanted:
            values = {"name": token.text, "position": token.at, "got": count, "expected": wanted}
            raise BadInput("expression.arguments", where=self.where, **values)
        self.steps.append(Step(token.text, at=token.at))


def short(text: str) -> str:
    """The beginning of a long text, for messages."""
    return text if len(text) <= 40 else text[:39] + "…"

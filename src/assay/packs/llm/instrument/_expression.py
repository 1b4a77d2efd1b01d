"""A mathematical expression in plain text or LaTeX as a tree, read by rules of our own; nothing is ever executed.

    tree = number | name | [operator, tree, …]

Operators: ``+ * / ^ neg ± ! abs percent degree``, the relations ``= < > <= >= != ∈`` and ``and`` of several, ``list``,
``set``, ``tuple`` (its brackets come first, so that it may be an interval), ``union``, and the names in ``FUNCTIONS``.
"""

import re
from typing import Final

Tree = str | list["Tree"]

LONGEST: Final = 2_000
"""Characters of an expression that is read."""

FUNCTIONS: Final = (
    "sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "ln", "log", "exp",
    "sqrt", "abs", "gcd", "lcm", "min", "max", "floor", "ceil", "root", "binomial", "logbase",
)  # fmt: skip
_ALIASES: Final = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "lg": "log10", "binom": "binomial"}
_GREEK: Final = [
    "alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "vartheta", "iota", "kappa",
    "lambda", "mu", "nu", "xi", "rho", "sigma", "tau", "upsilon", "phi", "varphi", "chi", "psi", "omega", "Gamma",
    "Delta", "Theta", "Lambda", "Xi", "Sigma", "Phi", "Psi", "Omega",
]  # fmt: skip
_PLAIN: Final = (
    (re.compile(r"\\(?:left|right|bigg?|Bigg?|displaystyle|limits|quad|qquad|[,;:! ])(?![a-zA-Z])"), " "),
    (re.compile(r"\\(?:[dt]frac|cfrac)"), r"\\frac"),
    (re.compile(r"\\(?:cdot|times|ast)(?![a-zA-Z])"), "*"),
    (re.compile(r"\\div(?![a-zA-Z])"), "/"),
    (re.compile(r"\\(?:leqslant|leq|le)(?![a-zA-Z])"), "<="),
    (re.compile(r"\\(?:geqslant|geq|ge)(?![a-zA-Z])"), ">="),
    (re.compile(r"\\(?:neq|ne)(?![a-zA-Z])"), "!="),
    (re.compile(r"\\pm(?![a-zA-Z])"), "±"),
    (re.compile(r"\\infty(?![a-zA-Z])"), "∞"),
    (re.compile(r"\\(?:text|mathrm|mathbf|operatorname|textbf|mathit)\s*\{\s*([A-Za-z]*)\s*\}"), r" \1 "),
    (re.compile(r"\^\s*(?:\{\s*\\circ\s*\}|\\circ|°)|°|\\degree(?![a-zA-Z])"), " degree "),
    (re.compile(r"\\cup(?![a-zA-Z])"), "∪"),
    (re.compile(r"\\in(?![a-zA-Z])"), "∈"),
    (re.compile(r"\\[{]"), "⦃"),
    (re.compile(r"\\[}]"), "⦄"),
    (re.compile(r"\\%"), "%"),
    (re.compile(r"\{,\}|\\\$"), ""),
)
_MARKS: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | str.maketrans({  # full width
    "×": "*", "·": "*", "⋅": "*", "÷": "/", "−": "-", "–": "-", "≤": "<=", "≥": ">=", "≠": "!=", "√": "\\sqrt",
    "²": "^2", "³": "^3", "π": "\\pi", "∶": ":", "$": " ", "~": " ",
})  # fmt: skip
_TOKEN: Final = re.compile(
    r"\s*(\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|"
    r"\d+(?:\.\d+)?[eE][+-]?\d{1,3}(?!\d)|\d+(?:\.\d*)?|\.\d+|\\[a-zA-Z]+|[A-Za-z]+|\*\*|<=|>=|!=|.)",
    re.DOTALL,
)
_DEEPEST: Final = 60


class NoExpression(Exception):
    """The text is none that these rules can read."""


def tree(text: str) -> Tree:
    """The tree of an expression.

    Raises:
        NoExpression: it is too long, nested too deeply, or no expression.
    """
    try:
        return _Reader(_tokens(text)).whole()
    except RecursionError:
        raise NoExpression("nested too deeply") from None


def _tokens(text: str) -> list[str]:
    if len(text) > LONGEST:
        raise NoExpression("too long")
    text = text.translate(_MARKS)
    for pattern, plain in _PLAIN:
        text = pattern.sub(plain, text)
    tokens: list[str] = []
    for found in _TOKEN.finditer(text.strip().rstrip(".。 ")):
        tokens += _split(found[1])
    return tokens


def _split(token: str) -> list[str]:
    """``xy`` is x times y, ``sinx`` the sine of x; names of functions and letters with words of their own are kept."""
    if token.startswith("\\") or not token.isalpha() or not token.isascii():
        return [token]
    pieces: list[str] = []
    rest = token
    known = sorted((*FUNCTIONS, *_ALIASES, "degree", "pi", "oo", *_GREEK), key=len, reverse=True)
    while rest:
        name = next((name for name in known if rest.startswith(name)), rest[0])
        pieces.append(name)
        rest = rest[len(name) :]
    return pieces


class _Reader:
    """Reads tokens from left to right; each method reads what binds as tightly as its name says, or tighter."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0
        self._bars = 0

    def whole(self) -> Tree:
        """Expressions parted by commas, or by "or" and "and": a set of values."""
        parts = [self._relation()]
        while self._next() in (",", ";", "∪"):
            union = self._next() == "∪"
            self._at += 1
            parts.append(self._relation())
            if union:
                parts = [["union", *parts]]
        if self._next():
            raise NoExpression(f"not understood: {self._next()!r}")
        return parts[0] if len(parts) == 1 else ["list", *parts]

    def _next(self, ahead: int = 0) -> str:
        place = self._at + ahead
        return self._tokens[place] if place < len(self._tokens) else ""

    def _take(self, wanted: str) -> None:
        if self._next() != wanted:
            raise NoExpression(f"{wanted!r} is missing")
        self._at += 1

    def _relation(self) -> Tree:
        left = self._sum()
        parts: list[Tree] = []
        while (mark := self._next()) in ("=", "<", ">", "<=", ">=", "!=", "∈"):
            self._at += 1
            right = self._sum()
            parts.append([mark, left, right])
            left = right
        if not parts:
            return left
        return parts[0] if len(parts) == 1 else ["and", *parts]

    def _sum(self) -> Tree:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise NoExpression("nested too deeply")
        terms: list[Tree] = []
        sign = self._sign()
        terms.append(self._product() if sign == "+" else [sign, self._product()])
        while self._next() in ("+", "-", "±"):
            sign = self._sign()
            terms.append(self._product() if sign == "+" else [sign, self._product()])
        self._depth -= 1
        return terms[0] if len(terms) == 1 else ["+", *terms]

    def _sign(self) -> str:
        sign = "+"
        while (mark := self._next()) in ("+", "-", "±"):
            self._at += 1
            if mark == "±":
                sign = "±"
            elif mark == "-" and sign != "±":
                sign = "neg" if sign == "+" else "+"
        return sign

    def _product(self) -> Tree:
        made = self._power()
        while True:
            mark = self._next()
            if mark in ("*", "/", ":"):
                self._at += 1
                sign = self._sign()
                factor = self._power()
                factor = [sign, factor] if sign != "+" else factor
                made = ["*" if mark == "*" else "/", made, factor]
            elif self._begins(mark):
                made = self._beside(made)
            else:
                return made

    def _beside(self, made: Tree) -> Tree:
        """What stands beside another without a mark is multiplied; a whole number beside a fraction is added to it."""
        mixed = isinstance(made, str) and made.isdigit() and self._next() == "\\frac"
        if isinstance(made, str) and made[:1].isdigit() and self._next()[:1].isdigit():
            raise NoExpression("two numbers side by side")
        other = self._power()
        plain = isinstance(other, list) and all(isinstance(p, str) and p.isdigit() for p in other[1:])
        return ["+" if mixed and plain else "*", made, other]

    def _begins(self, token: str) -> bool:
        if token == "|":
            return self._bars == 0
        return bool(token) and (token[0].isalnum() or token[0] in "\\(⦃." or token == "{" or token in "∞")

    def _power(self) -> Tree:
        base = self._postfix(self._atom())
        if self._next() in ("^", "**"):
            self._at += 1
            return ["^", base, self._exponent()]
        return base

    def _exponent(self) -> Tree:
        if self._next() == "{":
            return self._group("{", "}")
        sign = self._sign()
        made = self._power() if self._next() != "\\frac" else self._atom()
        return [sign, made] if sign != "+" else made

    def _postfix(self, made: Tree) -> Tree:
        while (mark := self._next()) in ("!", "%", "degree"):
            self._at += 1
            made = [{"!": "!", "%": "percent", "degree": "degree"}[mark], made]
        if self._next() == "_":  # a subscript is part of a name
            self._at += 1
            below = self._group("{", "}") if self._next() == "{" else self._word()
            if not isinstance(made, str) or not isinstance(below, str):
                raise NoExpression("a subscript that is no name")
            return f"{made}_{below}"
        return made

    def _word(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1] if self._at <= len(self._tokens) else ""

    def _group(self, begin: str, end: str) -> Tree:
        bars, self._bars = self._bars, 0
        self._take(begin)
        made = self._relation()
        self._take(end)
        self._bars = bars
        return made

    def _atom(self) -> Tree:
        token = self._next()
        if token[:1].isdigit() or (token[:1] == "." and len(token) > 1):
            self._at += 1
            return token.replace(",", "").rstrip(".")
        if token in ("(", "[", "⦃"):
            return self._bracket()
        if token == "{":
            return self._group("{", "}")
        if token == "|":
            self._at += 1
            self._bars += 1
            made = self._sum()
            self._take("|")
            self._bars -= 1
            return ["abs", made]
        if token == "∞":
            self._at += 1
            return "oo"
        return self._named(token)

    def _bracket(self) -> Tree:
        begin = self._word()
        bars, self._bars = self._bars, 0
        parts = [] if self._next() == "⦄" else [self._relation()]
        while self._next() == ",":
            self._at += 1
            parts.append(self._relation())
        end = self._word()
        self._bars = bars
        if begin == "⦃" and end == "⦄":
            return ["set", *parts]
        if len(parts) == 1 and begin + end in ("()", "[]"):
            return parts[0]
        if begin + end == "()" or (len(parts) == 2 and begin in "([" and end in (")", "]")):
            return ["tuple", begin + end, *parts]
        raise NoExpression("brackets that do not match")

    def _named(self, token: str) -> Tree:
        name = token.lstrip("\\")
        name = _ALIASES.get(name, name)
        if not name.isalpha():
            raise NoExpression(f"not understood: {token[:20]!r}")
        self._at += 1
        if token == "\\frac":
            return ["/", self._argument(), self._argument()]
        if name in ("binomial", "sqrt") and token.startswith("\\"):
            return self._latex(name)
        if name in FUNCTIONS or name == "log10":
            return self._function(name)
        if token.startswith("\\") and name not in (*_GREEK, "pi", "e", "i"):
            raise NoExpression(f"not understood: {token[:20]!r}")
        return name

    def _latex(self, name: str) -> Tree:
        if name == "binomial":
            return [name, self._argument(), self._argument()]
        if self._next() == "[":
            self._at += 1
            degree = self._sum()
            self._take("]")
            return ["root", self._argument(), degree]
        return ["sqrt", self._argument()]

    def _argument(self) -> Tree:
        """What stands in braces; without them, one figure (\\frac12) or one atom."""
        token = self._next()
        if token == "{":
            return self._group("{", "}")
        if token.isdigit() and len(token) > 1:
            self._tokens[self._at : self._at + 1] = [token[0], token[1:]]
        return self._atom()

    def _function(self, name: str) -> Tree:
        power: Tree = ""
        if name == "log" and self._next() == "_":
            self._at += 1
            base = self._argument()
            return ["logbase", self._operand()[0], base]
        if self._next() == "^":
            self._at += 1
            power = self._exponent()
        made: Tree = [name, *self._operand()]
        if power == ["neg", "1"]:
            return ["arc" + name, *made[1:]] if name in ("sin", "cos", "tan") else ["^", made, power]
        return ["^", made, power] if power else made

    def _operand(self) -> list[Tree]:
        """Arguments in brackets, or what follows up to a sum: ``sin 2x``."""
        if self._next() == "(":
            made = self._bracket()
            is_list = isinstance(made, list) and made and made[0] == "tuple"
            return list(made[2:]) if is_list and isinstance(made, list) else [made]
        sign = self._sign()
        made = self._power()
        while self._begins(self._next()) and _ALIASES.get(self._next().lstrip("\\"), self._next().lstrip("\\")) not in (
            *FUNCTIONS, "log10",
        ):  # fmt: skip
            made = self._beside(made)
        return [[sign, made] if sign != "+" else made]

"""A certificate of the software on a terminal, as a page, and as the tables of the documentation."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from assay.reports.html import when
from assay.reports.page import page
from assay.reports.phrases import Phrases
from assay.reports.rounding import significant
from assay.reports.text import cut, harmless, pad, wrap
from assay.reports.text import width as columns
from assay.vocabulary.validation import Case, CoverageLine, Reproduced, Validation

_NARROWEST: Final = 40
_STYLES: Final = {"strong": "1", "good": "1;32", "bad": "1;31", "open": "1;33"}
_ORDER: Final = ("fail", "known", "conservative", "step", "unclaimed", "covered")


@dataclass(frozen=True)
class Summary:
    """The lines of one method and design, one for each true value, as a row.

    Attributes:
        method: in words.
        design: sizes.
        estimand: in words; empty where there is one only.
        truths: the true values, as text.
        lowest: smallest coverage among them.
        highest: largest coverage.
        accepted: largest share of wrong acceptances; empty if there were no decisions.
        n: number of independent items.
        simulations: of each line, as text; a word where the sums are exact.
        outcomes: what became of the lines, in words, worst first.
        worst: code of the worst outcome.
    """

    method: str
    design: str
    estimand: str
    truths: str
    lowest: str
    highest: str
    accepted: str
    n: int
    simulations: str
    outcomes: str
    worst: str

    @property
    def cells(self) -> tuple[str, ...]:
        """The row as text."""
        return (self.method, self.design, self.estimand, self.truths, f"{self.lowest} … {self.highest}"
                if self.lowest != self.highest else self.lowest, self.accepted, self.outcomes)  # fmt: skip


class ValidationView:
    """A certificate in one language.

    Args:
        made: what to show; its texts are hostile until made harmless.
        language: ``en`` or ``zh``.
    """

    def __init__(self, made: Validation, language: str) -> None:
        self.made = made
        self.phrases = Phrases(language)

    def say(self, code: str, **values: Any) -> str:
        """Words of this page."""
        return self.phrases.words("validation", code, **values)

    @property
    def verdict(self) -> str:
        """The whole in a sentence."""
        code = "failed" if not self.made.passed else "passed" if self.made.complete else "passed.partly"
        return self.say(f"verdict.{code}")

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What was validated, where, and how."""
        made = self.made
        versions = ", ".join(f"{harmless(k)} {harmless(v)}" for k, v in made.software.items())
        name = harmless(made.laboratory.name) or self.say("unnamed", key=harmless(made.laboratory.key_id[:8]))
        return [
            (self.say("by"), name), (self.say("issued"), when(made.issued)), (self.say("software"), versions),
            (self.say("code"), harmless(made.code)),
            (self.say("how"), self.say("how.text", simulations=made.simulations, seed=made.seed,
                                       seconds=significant(made.seconds, 3), processors=made.processors)),
        ]  # fmt: skip

    @property
    def numbers(self) -> str:
        """How many published numbers were reproduced, in a sentence."""
        rows = [row for case in self.made.cases for row in case.rows]
        good = sum(case.passed for case in self.made.cases)
        return self.say("numbers", cases=good, of_cases=len(self.made.cases), rows=sum(row.passed for row in rows),
                        of_rows=len(rows))  # fmt: skip

    def case(self, case: Case) -> tuple[str, str, str, str]:
        """A publication: name, source, digits, verdict."""
        source = harmless(case.source) + (f" {self.say('recalled')}" if case.recalled else "")
        verdict = self.say("status.reproduced" if case.passed else "status.fail")
        return harmless(case.name), source, self.digits(case), verdict

    def digits(self, case: Case) -> str:
        """In how many digits the numbers of a publication agree."""
        found = [row.digits for row in case.rows]
        if not found:
            return "–"
        low, high = min(found), max(found)
        return str(low) if low == high else f"{low} … {high}"

    def number(self, row: Reproduced) -> tuple[str, str, str, str, str]:
        """A published number: quantity, published, computed, digits, tolerance with its reason."""
        return (harmless(row.quantity), repr(row.published), f"{row.computed:.12g}", str(row.digits),
                f"{significant(row.tolerance)} ({self.say(f'why.{row.why}')})")  # fmt: skip

    @property
    def summaries(self) -> list[Summary]:
        """The coverage lines by method and design, in the order of the certificate."""
        rows: dict[tuple[str, str, str], list[CoverageLine]] = {}
        for line in self.made.coverage:
            rows.setdefault((line.method, line.design, line.estimand), []).append(line)
        return [self._summary(group) for group in rows.values()]

    def _summary(self, group: list[CoverageLine]) -> Summary:
        first = group[0]
        covered = [line.covered for line in group]
        accepted = [line.accepted for line in group if line.accepted is not None]
        truths = [f"{truth:.4g}" for truth in sorted({line.truth for line in group if line.truth is not None})]
        outcomes = sorted({line.outcome for line in group}, key=_ORDER.index)
        notes = dict.fromkeys(line.note for line in group if line.note and line.outcome in ("known", "conservative"))
        words = self.say("comma").join(self.say(f"outcome.{one}") for one in outcomes)
        return Summary(
            method=self.say(f"method.{first.method}"), design=harmless(first.design),
            estimand=self.say(f"of.{first.estimand}") if first.estimand in ("population", "fixed") else "",
            truths=f"{truths[0]} … {truths[-1]}" if len(truths) > 1 else "".join(truths),
            lowest=f"{min(covered):.4f}", highest=f"{max(covered):.4f}",
            accepted=f"{max(accepted):.4f}" if accepted else "", n=first.n,
            simulations=self.say("exact") if first.simulations is None else str(first.simulations),
            outcomes=words + (f" ({', '.join(map(harmless, notes))})" if notes else ""), worst=outcomes[0],
        )  # fmt: skip

    @property
    def outcomes(self) -> list[str]:
        """How many lines ended in what, in sentences."""
        counts = {one: sum(line.outcome == one for line in self.made.coverage) for one in _ORDER}
        return [self.say(f"explained.{one}", n=n) for one, n in counts.items() if n]


def terminal(made: Validation, language: str, width: int = 100, colour: bool = False) -> str:
    """A certificate for a terminal.

    Args:
        made: what to show.
        language: ``en`` or ``zh``.
        width: columns; taken as 40 if fewer.
        colour: whether to use ANSI colours.
    """
    seen, wide, lines = ValidationView(made, language), max(width, _NARROWEST), list[str]()

    def put(text: str, indent: int = 2, style: str = "") -> None:
        for line in wrap(harmless(text), wide - indent):
            lines.append(" " * indent + (f"\x1b[{_STYLES[style]}m{line}\x1b[0m" if colour and style else line))

    put(seen.say("kind"), 0, "strong")
    for name, text in seen.facts:
        put(f"{name}: {text}")
    if made.cases:
        put(seen.say("published"), 0, "strong")
        cells = [(name, digits, status, source) for name, source, digits, status in map(seen.case, made.cases)]
        lines += _table([(seen.say("case"), seen.say("digits"), "", seen.say("source")), *cells], wide)
        for case in made.cases:
            for row in case.rows:
                if not row.passed:
                    put("✗ " + case.name + ": " + " · ".join(seen.number(row)), 2, "bad")
        put(seen.numbers)
    if made.coverage:
        put(seen.say("coverage"), 0, "strong")
        summaries = seen.summaries
        lines += _table([_head(seen), *(row.cells for row in summaries)], wide)
        for text in seen.outcomes:
            put("· " + text)
    put(seen.verdict, 0, "good" if made.passed else "bad")
    return "".join(line + "\n" for line in lines)


def _head(seen: ValidationView) -> tuple[str, ...]:
    return tuple(seen.say(code) for code in ("method", "design", "of", "truth", "covered", "accepted", "outcome"))


def _table(rows: list[tuple[str, ...]], wide: int) -> list[str]:
    """Rows in columns; empty ones are left out; if the whole is too wide, texts give way before numbers."""
    kept = [i for i in range(len(rows[0])) if any(row[i] for row in rows[1:])]
    rows = [tuple(row[i] for i in kept) for row in rows]
    sizes = [max(columns(row[i]) for row in rows) for i in range(len(kept))]
    texts = [i for i in range(len(kept)) if not all(any(c.isdigit() for c in row[i]) or not row[i] for row in rows[1:])]
    for giving in (texts, range(len(kept))):
        while sum(sizes) + 2 * len(sizes) > wide and giving and max(sizes[i] for i in giving) > 6:
            sizes[max(giving, key=lambda i: sizes[i])] -= 1
    return [
        ("  " + "  ".join(pad(cut(cell, size), size) for cell, size in zip(row, sizes, strict=True))).rstrip()
        for row in rows
    ]


def html(made: Validation, language: str, sha256: str | None = None) -> str:
    """The page of a certificate: one HTML document without scripts, which needs nothing else.

    Args:
        made: what to show.
        language: ``en`` or ``zh``.
        sha256: digest of the signed envelope, hexadecimal; None if there is none.
    """
    seen = ValidationView(made, language)
    return page("validation.html", seen=seen, made=made, t=seen.say, language=seen.phrases.language, sha256=sha256)


def markdown(made: Validation, language: str) -> str:
    """The tables of a certificate in Markdown, as the documentation shows them."""
    seen = ValidationView(made, language)
    lines = [f"# {seen.say('kind')}", "", *(f"- {name}: {text}" for name, text in seen.facts)]
    if made.cases:
        head = (seen.say("case"), seen.say("source"), seen.say("digits"), seen.say("verdict"))
        lines += ["", *_markdown([head, *map(seen.case, made.cases)]), "", seen.numbers]
    if made.coverage:
        lines += ["", *_markdown([_head(seen), *(row.cells for row in seen.summaries)]), ""]
        lines += [f"- {text}" for text in seen.outcomes]
    return "\n".join([*lines, "", seen.verdict, ""])


def _markdown(rows: Iterable[tuple[str, ...]]) -> list[str]:
    head, *body = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return ["| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *body)]

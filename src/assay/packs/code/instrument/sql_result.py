"""Whether the SQL in the answer gives the right rows."""

import re
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from assay.packs.code._program import program_in
from assay.packs.code._query import rows_of
from assay.packs.code._sandbox import Bounds, SandboxFailed, require
from assay.packs.general.instrument._table import same_tables
from assay.packs.general.instrument._text import CUT, RIGHT, failed, is_cut, lost, said
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response
from assay.vocabulary.record import Json

_LONGEST: Final = 100_000
_ORDERED: Final = re.compile(r"\border\s+by\b", re.IGNORECASE)


@dataclass(frozen=True)
class SqlResult:
    """1 if the query in the answer gives the same rows as the reference query, else 0.

    The query is run by SQLite on a database in memory that it can only read, in a sandbox (bubblewrap); without
    one, the measurement is refused. The target is ``{setup, query}`` or ``{setup, rows}``: ``setup`` holds the
    statements that make and fill the tables, ``query`` gives the right rows, or ``rows`` lists them. Names of
    columns do not count, their order does. The query is the last fenced block of SQL, or the whole answer.

    A query that fails is wrong: 0. Notes of 0: ``query_failed``, ``not_a_query`` (it changes something, or gives no
    rows), ``timeout``, ``memory_limit``, ``output_limit``, ``other_rows``. No number: ``setup_failed`` (the item's
    own statements fail), ``sandbox``, ``no_query``, ``too_long``, ``cut_off``, ``empty``, ``only_reasoning``,
    ``not_text``, ``refusal``.

    Attributes:
        order: whether the order of rows counts: ``query``: if the reference query's outermost part orders them;
            ``always``; ``never``.
        tolerance_relative: largest difference of two numbers that are the same, as a fraction of the larger one.
        cpu_s: seconds of processor time that the query may take.
    """

    order: Literal["query", "always", "never"] = "query"
    tolerance_relative: float = 1e-9
    cpu_s: int = 10

    version: ClassVar[int] = 1
    binary: ClassVar[bool] = True
    needs_reference: ClassVar[bool] = True
    waits: ClassVar[bool] = True

    def check(self, item: Item) -> str:
        """Why this item can never be read, or an empty string.

        Raises:
            BadInput: a setting is out of its range; there is no sandbox here.
        """
        if not 1 <= self.cpu_s <= 3_600:
            raise BadInput("setting.value", where="[procedure] instrument", key="cpu_s", got=self.cpu_s,
                           expected="a whole number from 1 to 3600")  # fmt: skip
        if not 0 <= self.tolerance_relative < 1:
            raise BadInput("setting.value", where="[procedure] instrument", key="tolerance_relative",
                           got=self.tolerance_relative, expected="0 or more, and below 1")  # fmt: skip
        require("python3")
        target = _target(item.reference)
        return target if isinstance(target, str) else ""

    async def read(self, item: Item, response: Response) -> Reading:
        """Run the query and compare its rows."""
        text = said(response)
        if not isinstance(text, str):
            return text
        target = _target(item.reference)
        if isinstance(target, str):
            return failed("setup_failed")
        if len(text) > _LONGEST:
            return failed("too_long")
        found = program_in(text, "sql", "")
        if found is None:
            return lost(text, response, "no_query")
        if found[1] and is_cut(response):
            return failed(CUT)
        setup, query, rows = target
        try:
            made = await rows_of(found[0].strip(), setup, query, Bounds(cpu_s=self.cpu_s, output_kb=16_384))
        except SandboxFailed:
            return failed("sandbox")
        if made.fault:
            wrong = made.fault != "setup_failed"
            return Reading(value=0.0, note=made.fault) if wrong else failed("setup_failed")
        in_order = self.order == "always" or (self.order == "query" and _orders(query))
        wanted = made.wanted if query is not None else rows
        if same_tables(made.ours, wanted, in_order, self.tolerance_relative):
            return RIGHT
        return Reading(value=0.0, note="other_rows")


def _target(reference: Json) -> tuple[str, str | None, list[list[Json]]] | str:
    """Setup, reference query and reference rows, or what is wrong with the target."""
    if not isinstance(reference, dict) or not isinstance(reference.get("setup"), str):
        return "the target is no table with 'setup' and 'query' or 'rows'"
    query, rows = reference.get("query"), reference.get("rows")
    if isinstance(query, str) and query.strip() and rows is None:
        return str(reference["setup"]), query, []
    if query is None and isinstance(rows, list) and all(isinstance(row, list) for row in rows):
        return str(reference["setup"]), None, [list(row) for row in rows if isinstance(row, list)]
    return "the target needs 'query' (text) or 'rows' (a list of lists), and not both"


def _orders(query: str | None) -> bool:
    """Whether the outermost part of a query orders its rows."""
    if query is None:
        return False
    depth, outer = 0, []
    for character in query:
        depth += (character == "(") - (character == ")")
        outer.append(character if depth == 0 else " ")
    return _ORDERED.search("".join(outer)) is not None

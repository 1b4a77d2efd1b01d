"""SQL in the sandbox: an embedded database that can only be read, and its rows as JSON."""

import json
from typing import Any, Final, Literal, NamedTuple

from assay.packs.code._sandbox import Bounds, SandboxFailed, found, run
from assay.vocabulary.record import Json

Fault = Literal["", "query_failed", "not_a_query", "timeout", "memory_limit", "output_limit", "setup_failed"]

_DRIVER: Final = """
import json, sqlite3, sys
asked = json.load(sys.stdin)
database = sqlite3.connect(":memory:")
def plain(value):
    return {"blob": value.hex()} if isinstance(value, bytes) else value
def answer(sql):
    cursor = database.execute(sql)
    if cursor.description is None:
        return {"fault": "not_a_query"}
    rows = cursor.fetchmany(asked["most"] + 1)
    if len(rows) > asked["most"]:
        return {"fault": "output_limit"}
    return {"rows": [[plain(value) for value in row] for row in rows]}
def tried(sql):
    try:
        return answer(sql)
    except MemoryError:
        return {"fault": "memory_limit"}
    except (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError) as error:
        return {"fault": "query_failed", "words": str(error)[:300]}
try:
    database.executescript(asked["setup"])
    wanted = tried(asked["wanted"]) if asked["wanted"] is not None else {"rows": []}
except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
    wanted = {"fault": "query_failed", "words": str(error)[:300]}
allowed = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
def judge(action, first, second, *rest):
    refused = action not in allowed or (action == sqlite3.SQLITE_FUNCTION and second == "load_extension")
    return sqlite3.SQLITE_DENY if refused else sqlite3.SQLITE_OK
database.execute("PRAGMA query_only = ON")
database.set_authorizer(judge)
print(json.dumps(wanted), flush=True)
print(json.dumps(tried(asked["query"]) if "fault" not in wanted else {}), flush=True)
"""
_MOST_ROWS: Final = 100_000


class Rows(NamedTuple):
    """What a query gave, and what the reference query gave.

    Attributes:
        fault: why there are no rows; ``setup_failed`` is the fault of the item, every other that of the query.
        ours: rows of the query.
        wanted: rows of the reference query; empty without one.
        words: what the database said.
    """

    fault: Fault
    ours: list[list[Json]]
    wanted: list[list[Json]]
    words: str = ""


async def rows_of(query: str, setup: str, wanted: str | None, bounds: Bounds) -> Rows:
    """Build a database in memory and ask it both queries; the second may only read.

    Args:
        query: SQL by the subject.
        setup: statements that make the tables and fill them.
        wanted: SQL that gives the right rows; None if they are known.
        bounds: what the database may take.
    Raises:
        SandboxFailed: nothing is known about the query.
    """
    place = found("python3")
    if place is None:
        raise SandboxFailed("python3 is not installed")
    asked = {"query": query, "setup": setup, "wanted": wanted, "most": _MOST_ROWS}
    stdin = json.dumps(asked).encode()
    made = await run([place, "-I", "-S", "-B", "-c", _DRIVER], {}, stdin, bounds)
    lines = made.output.split(b"\n")
    first: dict[str, Any]
    try:
        first = json.loads(lines[0]) if len(lines) > 1 else {"fault": made.ending}
        if "fault" in first:
            return Rows("setup_failed", [], [], first.get("words", ""))
        if made.ending != "ended":
            return Rows(made.ending, [], [])
        second: dict[str, Any] = json.loads(lines[1])
    except ValueError as error:
        raise SandboxFailed(f"the database ended with {made.code}") from error
    if "fault" in second:
        return Rows(second["fault"], [], [], second.get("words", ""))
    return Rows("", second["rows"], first["rows"])

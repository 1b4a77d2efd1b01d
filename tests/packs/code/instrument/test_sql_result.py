"""code.sql_result: queries with the right rows, asked of a database that can only be read."""

import asyncio
import time
from typing import Any

import pytest

from assay.catalogue.find import locate
from assay.packs.code import _sandbox
from assay.packs.code.instrument.sql_result import SqlResult
from assay.testing.check import _HOSTILE, check_part
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response

pytestmark = pytest.mark.skipif(bool(_sandbox.missing()), reason=f"no sandbox: {_sandbox.missing()}")

SETUP = "create table t(a int, b text); insert into t values (1, 'x'), (2, 'y'), (3, null), (3, null);"
QUERY = {"setup": SETUP, "query": "select a, b from t"}
COUNT = "with recursive r(n) as (select 1 union all select n + 1 from r) select"


def read(text: Any, reference: Any = QUERY, finish: str = "stop", **settings: Any) -> Reading:
    item = Item(id="1", stimulus="?", reference=reference)
    made = SqlResult(**settings)
    assert made.check(item) == ""
    return asyncio.run(made.read(item, Response(status="ok", output=text, finish=finish)))


def test_meets_the_contract() -> None:
    assert check_part(locate("instrument", "code.sql_result", "test")) == []


@pytest.mark.parametrize(
    "text",
        ["```sql\nselect a as other, b from t order by a desc;\n```", "SELECT * FROM t",
            "查询：\n```\nselect a+0.0, b from t\n```"]
)
def test_the_same_rows(text: str) -> None:
    assert read(text) == Reading(value=1.0)


@pytest.mark.parametrize("text",
    ["select distinct a, b from t", "select b, a from t", "select a from t", "select a, 'x' from t"])
def test_other_rows(text: str) -> None:
    assert read(text) == Reading(value=0.0, note="other_rows")


def test_order_counts_where_the_reference_orders() -> None:
    ordered = {"setup": SETUP, "query": "select a from t order by a"}
    inner = {"setup": SETUP, "query": "select a from (select a from t order by a)"}
    down = "select a from t order by a desc"
    assert (read(down, ordered).value, read(down, inner).value) == (0.0, 1.0)
    assert (read(down, ordered, order="never").value, read(down, inner, order="always").value) == (1.0, 0.0)


def test_rows_may_be_given() -> None:
    assert read("select a from t where a < 3", {"setup": SETUP, "rows": [[2], [1.0]]}).value == 1.0
    assert read("select a * 1.001 from t where a = 1", {"setup": SETUP, "rows": [[1]]}).value == 0.0
    near = {"setup": SETUP, "rows": [[1]]}
    assert read("select a * 1.001 from t where a = 1", near, tolerance_relative=0.01).value == 1.0


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("```sql\ndelete from t\n```", "query_failed"),
        ("```sql\nattach '/tmp/x' as y\n```", "query_failed"),
        ("```sql\nvacuum into '/tmp/x'\n```", "query_failed"),
        ("select load_extension('/tmp/x')", "query_failed"),
        ("select readfile('/etc/passwd')", "query_failed"),
        ("select * from pragma_database_list", "query_failed"),
        ("select 1; select 2", "query_failed"),
        ("select no such", "query_failed"),
        (f"{COUNT} count(*) from r", "timeout"),
        (f"{COUNT} n from r", "output_limit"),
        ("select zeroblob(900000000)", "memory_limit"),
        ("select randomblob(20000000)", "output_limit"),
    ],
)
def test_what_a_query_may_not_do_is_wrong(text: str, note: str) -> None:
    assert read(text, cpu_s=1) == Reading(value=0.0, note=note)


@pytest.mark.parametrize(
    "reference",
    [{"setup": "create tabl", "rows": []}, {"setup": "", "query": "select no"},
        {"setup": "", "query": f"{COUNT} count(*) from r"}],
)
def test_a_fault_of_the_item_is_no_wrong_answer(reference: Any) -> None:
    assert read("select 1", reference, cpu_s=1) == Reading(status="instrument_failed", note="setup_failed")


def test_what_gives_no_number() -> None:
    assert read("I cannot say.").note == "no_query"
    assert read("```sql\nselect a", finish="length").note == "cut_off"
    assert read("x" * 200_000).note == "too_long"


@pytest.mark.parametrize("reference",
    [None, "x", {}, {"setup": "", "query": "x", "rows": []}, {"setup": ""}, {"setup": "", "rows": [1]}])
def test_a_target_that_is_none_is_refused(reference: Any) -> None:
    assert SqlResult().check(Item(id="1", stimulus="?", reference=reference))


@pytest.mark.parametrize("settings", [{"cpu_s": 0}, {"tolerance_relative": 1.0}])
def test_settings_are_checked(settings: Any) -> None:
    with pytest.raises(BadInput):
        SqlResult(**settings).check(Item(id="1", stimulus="?", reference=QUERY))


def test_hostile_outputs_give_readings() -> None:
    begun = time.monotonic()
    for output in (*_HOSTILE, "```sql\n\ud800\n```", "select " + "(" * 50_000, "select '\x00'"):
        assert read(output, cpu_s=1).value in (None, 0.0)
    assert time.monotonic() - begun < 30

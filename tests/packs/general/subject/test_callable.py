"""A Python function as the subject."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from assay.catalogue.find import locate
from assay.packs.general.subject.callable import Callable
from assay.testing.check import check_part
from assay.vocabulary.errors import BadInput, Permanent, Transient
from assay.vocabulary.procedure import Limits

CODE = """
import asyncio
import math
from assay.vocabulary.errors import Transient

def upper(text): return text.upper()
def seeded(text, seed): return f"{text} {seed}"
async def later(text, *, seed=None):
    await asyncio.sleep(0)
    return [text, seed]
def promised(text): return later(text)
def broken(text): raise ValueError("no " + "x" * 1000)
def nothing(text): pass
def not_a_number(text): return math.nan
def a_set(text): return {text}
def surrogate(text): return "\\ud800"
def circle(text):
    made = []
    made.append(made)
    return made
def stop(text): raise StopIteration
def leave(text): raise SystemExit(3)
def busy(text): raise Transient("later", retry_after_s=2.0)
def scalar(text):
    import numpy
    return numpy.int64(3)
def pair(text): return (1, {"a": True})
class Model:
    def __call__(self, text, seed): return seed + 0.5
class Later:
    async def __call__(self, text): return True
model = Model()
waiting = Later()
number = 3
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    name = f"subject_{abs(hash(request.node.name))}"
    (tmp_path / f"{name}.py").write_text(CODE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", ["/nowhere"] + __import__("sys").path)
    return name


def ask(module: str, function: str, stimulus: Any = "hello", seed: int = 5) -> Any:
    async def once() -> Any:
        subject = Callable(function=f"{module}:{function}")
        await subject.open(Limits())
        try:
            return await subject.respond(stimulus, seed)
        finally:
            await subject.close()

    return asyncio.run(once())


def test_meets_the_contract() -> None:
    assert check_part(locate("subject", "general.callable", "test")) == []


@pytest.mark.parametrize(
    ("function", "output"),
    [
        ("upper", "HELLO"), ("seeded", "hello 5"), ("later", ["hello", 5]), ("promised", ["hello", None]),
        ("scalar", 3),
        ("model", 5.5), ("waiting", True), ("pair", [1, {"a": True}]),
    ],
)  # fmt: skip
def test_answers(module: str, function: str, output: Any) -> None:
    response = ask(module, function)
    assert (response.status, response.output) == ("ok", output)
    assert type(response.output) is type(output)
    assert response.latency_s >= 0 and response.at_s > 0


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        ("broken", "ValueError: no xx"), ("nothing", "returned None"), ("not_a_number", "JSON cannot hold (float)"),
        ("a_set", "JSON cannot hold (set)"), ("surrogate", "JSON cannot hold (str)"),
        ("circle", "JSON cannot hold (list)"),
        ("stop", "StopIteration"), ("leave", "SystemExit: 3"),
    ],
)  # fmt: skip
def test_fails_this_trial_only(module: str, function: str, reason: str) -> None:
    with pytest.raises(Permanent) as caught:
        ask(module, function)
    assert reason in caught.value.reason and len(caught.value.reason) <= 300


def test_a_signal_passes_as_it_is(module: str) -> None:
    with pytest.raises(Transient) as caught:
        ask(module, "busy")
    assert caught.value.retry_after_s == 2.0


@pytest.mark.parametrize("function", ["absent:f", "os", "os:", ":f", "os:absent", "os:sep", "broken_syntax:f"])
def test_what_cannot_be_imported_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    (tmp_path / "broken_syntax.py").write_text("def f(:")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", list(__import__("sys").path))
    with pytest.raises(BadInput) as caught:
        asyncio.run(Callable(function=function).open(Limits()))
    assert caught.value.code == "callable.unknown" and caught.value.message("zh")


def test_changed_code_is_another_subject(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", list(__import__("sys").path))
    digests = []
    for i in range(2):
        (tmp_path / f"changing_{i}.py").write_text(f"def f(x): return {i}\n")
        identity = Callable(function=f"changing_{i}:f", name="mine", version="1").identity()
        assert (identity["name"], identity["version"]) == ("mine", "1")
        digests.append(identity["source"])
    assert digests[0] != digests[1] and all(len(digest) == 64 for digest in digests)
    assert Callable(function="math:sqrt").identity()["source"] is None


def test_functions_run_side_by_side(module: str, tmp_path: Path) -> None:
    (tmp_path / "meeting.py").write_text(
        "import threading\nbarrier = threading.Barrier(2, timeout=10)\ndef meet(text): return barrier.wait() >= 0\n"
    )

    async def both() -> Any:
        subject = Callable(function="meeting:meet")
        return await asyncio.gather(subject.respond("a", 1), subject.respond("b", 2))

    assert [response.output for response in asyncio.run(both())] == [True, True]

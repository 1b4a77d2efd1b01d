"""Tasks of Inspect AI with a known truth: the model says what stands after SAY, and does what stands after DO."""

import json
import math
from typing import Any

from inspect_ai import Task, task
from inspect_ai.agent import react
from inspect_ai.dataset import MemoryDataset, Sample, json_dataset
from inspect_ai.model import GenerateConfig, ModelOutput
from inspect_ai.scorer import Score, Target, accuracy, includes, match, mean, model_graded_qa, pattern, scorer
from inspect_ai.solver import Generate, TaskState, generate, solver
from inspect_ai.tool import Tool, tool
from inspect_ai.util import sandbox


def yes_no(n: int) -> MemoryDataset:
    """Every fourth answer is wrong; two samples are about the same."""
    return MemoryDataset(
        [
            Sample(id=f"q{i}", input=f"({i}) SAY {'yes' if i % 4 else 'no'}", target="yes", metadata={"about": i // 2})
            for i in range(n)
        ],
        name="yes-no",
    )


@task
def plain(n: int = 20, epochs: int = 2) -> Task:
    """0.75 by every repeat."""
    return Task(dataset=yes_no(n), solver=generate(), scorer=includes(), epochs=epochs, version=3)


@task
def sampling() -> Task:
    """Asks for its own sampling."""
    return Task(dataset=yes_no(2), scorer=includes(), config=GenerateConfig(temperature=0.7, max_tokens=9))


@task
def reference(path: str) -> Task:
    """The items of the reference endpoint, as they were written by the test."""
    return Task(dataset=json_dataset(path), scorer=pattern(r"([A-H])"))


@scorer(metrics={"length": [mean()], "polite": [accuracy()]})
def several() -> Any:
    async def score(state: TaskState, target: Target) -> Score:
        return Score(value={"length": len(state.output.completion), "polite": "I"})

    return score


@task
def many_scores() -> Task:
    """Three scores: 0.75; the mean length (2 × 0.25 + 3 × 0.75 = 2.75), and 0."""
    return Task(dataset=yes_no(8), scorer=[match(), several()])


@scorer(metrics={"*": [accuracy()]})
def by_pattern() -> Any:
    async def score(state: TaskState, target: Target) -> Score:
        return Score(value={"polite": "C", "short": "I"})

    return score


@task
def named_later() -> Task:
    """Scores whose names stand in the answers alone: 1, and 0."""
    return Task(dataset=yes_no(4), scorer=by_pattern())


@scorer(metrics=[accuracy()])
def breaks() -> Any:
    async def score(state: TaskState, target: Target) -> Score:
        if state.sample_id == "q1":
            raise ValueError("this scorer cannot")
        return Score(value=math.nan if state.sample_id == "q2" else "C")

    return score


@solver
def stumbles() -> Any:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        if state.sample_id == "q3":
            raise RuntimeError("this solver cannot")
        state = await generate(state)
        return await generate(state) if state.sample_id == "q4" else state

    return solve


@task
def losing() -> Task:
    """q1 and q2 are not scored, q3 breaks before it is asked, q4 reaches a limit, q5 is refused."""
    data = yes_no(10)
    data[5].input = "REFUSE"
    return Task(dataset=data, solver=stumbles(), scorer=breaks(), message_limit=3)


@task
def raising() -> Task:
    """No sample gets as far as the model."""

    @solver
    def never() -> Any:
        async def solve(state: TaskState, generate: Generate) -> TaskState:
            raise RuntimeError("this task is broken")

        return solve

    return Task(dataset=yes_no(4), solver=never(), scorer=includes())


@task
def answers_itself() -> Task:
    """The output is the solver's own, as that of a cache is."""

    @solver
    def own() -> Any:
        async def solve(state: TaskState, generate: Generate) -> TaskState:
            state.output = ModelOutput.from_content("cache", "yes")
            return state

        return solve

    return Task(dataset=yes_no(4), solver=own(), scorer=includes())


@task
def missing_data() -> Task:
    """Its data are not there."""
    return Task(dataset=json_dataset("/no/such/file.jsonl"), scorer=includes())


@task
def unscored() -> Task:
    """It has no scorer."""
    return Task(dataset=yes_no(2))


@task
def graded() -> Task:
    """The grader is the subject itself, since no role says otherwise."""
    return Task(dataset=yes_no(4), scorer=model_graded_qa())


@tool
def in_sandbox() -> Tool:
    async def execute(word: str) -> str:
        """Write a word and read it again.

        Args:
            word: the word.
        """
        await sandbox().write_file("word.txt", word)
        return (await sandbox().exec(["cat", "word.txt"])).stdout

    return execute


@task
def agent() -> Task:
    """An agent with a tool in a sandbox: it submits what the tool has read."""
    data = [Sample(id=f"a{i}", input=f"DO {json.dumps({'word': f'w{i}'})}", target=f"w{i}") for i in range(4)]
    return Task(dataset=MemoryDataset(data), solver=react(tools=[in_sandbox()]), scorer=includes(), sandbox="local")

"""The process in which lm-evaluation-harness runs: it makes the prompts of its tasks, and scores answers it is given.

It is started by path, imports nothing of ours, and asks no model. Frames on its standard input and output are eight
bytes of length, big-endian, and so much JSON.
"""

import json
import os
import sys
from typing import Any, BinaryIO

SEED = 1234  # lm-eval's own default: which examples stand before a question


def main() -> None:
    """Answer requests until the input ends. What libraries print goes to the standard error."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    made: list[Harness] = []
    while (asked := receive(sys.stdin.buffer)) is not None:
        try:
            answer = answered(asked, made)
        except Exception as error:  # whatever a task's code does
            answer = {"error": f"{type(error).__name__}: {' '.join(str(error).split())}"[:1000]}
        send(out, answer)


def answered(asked: dict[str, Any], made: list["Harness"]) -> dict[str, Any]:
    """The answer to one request: ``load`` comes first, then ``plan`` or ``score`` as often as wanted."""
    if asked["do"] == "load":
        made[:] = [Harness(asked)]
        return {"version": made[0].version}
    return made[0].plan() if asked["do"] == "plan" else {"rows": made[0].score(asked["answers"])}


def receive(stream: BinaryIO) -> dict[str, Any] | None:
    """The next frame; None at the end."""
    head = stream.read(8)
    if len(head) < 8:
        return None
    found: dict[str, Any] = json.loads(stream.read(int.from_bytes(head, "big")))
    return found


def send(stream: BinaryIO, what: dict[str, Any]) -> None:
    """Write a frame."""
    body = json.dumps(what, default=str).encode()
    stream.write(len(body).to_bytes(8, "big") + body)
    stream.flush()


def replay(answers: dict[str, list[list[str]]]) -> Any:
    """A model of lm-eval that has its answers already: by task, of each document in turn, all replies."""
    from lm_eval.api.model import LM

    class Replay(LM):  # type: ignore[misc]
        tokenizer_name = "assay"

        def generate_until(self, requests: list[Any]) -> list[str]:
            turn: dict[tuple[str, int], int] = {}
            said = []
            for request in requests:
                place = (request.task_name, request.doc_id)
                nth = turn.get(place, 0)
                turn[place] = nth + 1
                said.append(answers[request.task_name][request.doc_id][nth])
            return said

        def loglikelihood(self, requests: list[Any]) -> Any:
            raise NotImplementedError("log-probabilities of prompts cannot be had from the subject")

        loglikelihood_rolling = loglikelihood

        def apply_chat_template(self, chat_history: list[dict[str, str]], add_generation_prompt: bool = True) -> str:
            return json.dumps(chat_history, ensure_ascii=False)

    return Replay()


class Harness:
    """Tasks that are loaded, with the way in which their prompts are made."""

    def __init__(self, asked: dict[str, Any]) -> None:
        import lm_eval
        from lm_eval.tasks import TaskManager

        self.version = getattr(lm_eval, "__version__", "")
        self.how = {
            "apply_chat_template": asked["chat"], "system_instruction": asked["system"] or None,
            "fewshot_as_multiturn": asked["chat"], "bootstrap_iters": 0, "log_samples": True,
        }  # fmt: skip
        manager = TaskManager(include_path=asked["include_path"] or None)
        self.loaded = manager.load([asked["task"]])
        for task in self.loaded["tasks"].values():
            if asked["num_fewshot"] is not None and task.get_config("num_fewshot") != 0:
                task.set_config(key="num_fewshot", value=asked["num_fewshot"])
            elif task.get_config("num_fewshot") is None:
                task.set_config(key="num_fewshot", value=0)
            task.set_fewshot_seed(seed=SEED)

    def plan(self) -> dict[str, Any]:
        """Every document of every task with its prompt, and what the tasks are."""
        made = {}
        for name, task in self.loaded["tasks"].items():
            kind = str(task.OUTPUT_TYPE)
            made[name] = {
                "output_type": kind, "version": str(task.VERSION), "rows": [],
                "unsafe": bool(getattr(task, "UNSAFE_CODE", False)),
                "scores": [f"{metric},{one.name}" for one in task._filters for metric in task.aggregation()],
            }  # fmt: skip
            if kind != "generate_until":
                continue
            chat = self.how["apply_chat_template"]
            task.build_all_requests(
                rank=0, world_size=1, system_instruction=self.how["system_instruction"], apply_chat_template=chat,
                fewshot_as_multiturn=chat, chat_template=replay({}).apply_chat_template if chat else None,
                tokenizer_name="assay" if chat else "",
            )  # fmt: skip
            made[name]["rows"] = [
                {"doc_id": one.doc_id, "target": task.doc_to_target(one.doc), "repeats": one.repeats,
                 "arguments": {"gen_args_0": {"arg_0": one.args[0], "arg_1": one.args[1]}}}
                for one in task.instances
            ]  # fmt: skip
        return {"tasks": made}

    def score(self, answers: dict[str, dict[str, list[str]]]) -> dict[str, Any]:
        """The rows of lm-eval's log for answers by task and document, each with all replies."""
        from lm_eval import evaluate

        order = {name: sorted(map(int, docs)) for name, docs in answers.items()}
        replies = {name: [answers[name][str(doc)] for doc in docs] for name, docs in order.items()}
        tasks = {name: task for name, task in self.loaded["tasks"].items() if name in order}
        for task in tasks.values():
            task._instances = None
        found = evaluate(
            lm=replay(replies), task_dict={"tasks": tasks, "groups": {}, "group_map": {}}, samples=order, **self.how
        )
        keep = ("doc_id", "target", "resps", "filter", "metrics")
        return {
            name: [{key: row[key] for key in (*keep, *row["metrics"])} for row in rows]
            for name, rows in found["samples"].items()
        }


if __name__ == "__main__":
    main()

"""A piece of a model card: the ``model-index`` that the Hugging Face Hub reads, and a table that people read.

Source: huggingface/hub-docs, ``modelcard.md`` (the form of ``model-index``); YAML is written as JSON, a part of it.
"""

import json
import re
from typing import Final

from assay.reports.export.github import results_table
from assay.reports.exported import Source, decided, facts, name_of_subject, one_line, signature_line
from assay.reports.markdown import markdown
from assay.reports.phrases import leading, measurand_of
from assay.vocabulary.record import Json

_NOT_A_SLUG: Final = re.compile(r"[^0-9a-z]+")


class ModelCard:
    """Front matter and section for a README of the Hub."""

    title = "Model-card snippet in Markdown (Hugging Face model-index and a table)"
    ending = "md"
    appends_to = ""

    def made(self, source: Source) -> bytes:
        """UTF-8 Markdown; results without a value stand in the table only, since the index knows no missing one."""
        report, say = source.report, source.phrases
        index = [{"name": one_line(name_of_subject(report)), "results": _results(source)}]
        front = f"---\nmodel-index: {json.dumps(index, ensure_ascii=False, indent=2)}\n---\n"
        warnings = "".join(f"**{markdown(say.note(note))}**\n\n" for note in leading(report))
        head = f"## {markdown(report.title)}\n\n{warnings}"
        items = say.words("export", "of", subject=name_of_subject(report), material=report.material.name,
                          items=report.material.n_items)  # fmt: skip
        text = f"{front}\n{head}{results_table(source)}\n{markdown(items)}\n\n{markdown(signature_line(source))}\n"
        return text.encode()


FORMAT = ModelCard()


def _results(source: Source) -> list[Json]:
    report = source.report
    dataset = {"type": _slug(report.material.name), "name": one_line(report.material.name)}
    if report.material.version:
        dataset["revision"] = one_line(report.material.version)
    task = {"type": _slug(report.procedure.name), "name": one_line(report.procedure.name)}
    made: list[Json] = []
    for result in report.results:
        if result.value is None:
            continue
        label = source.phrases.chosen(measurand_of(report, result.measurand).label, result.measurand)
        arguments = facts(source, result)
        arguments.update({f"decision_{place}": decided(one) for place, one in enumerate(source.decisions(result), 1)})
        metric = {"type": _slug(result.measurand.rpartition(".")[2]), "value": result.value, "name": one_line(label),
                  "args": {key: one_line(x) if isinstance(x, str) else x for key, x in arguments.items()}}  # fmt: skip
        made.append({"task": task, "dataset": dataset, "metrics": [metric]})
    return made


def _slug(text: str) -> str:
    return _NOT_A_SLUG.sub("-", text.lower()).strip("-") or "unnamed"

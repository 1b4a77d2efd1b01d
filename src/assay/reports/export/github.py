"""A summary for a pull request or a job page, in GitHub's Markdown."""

from assay.reports.exported import Source, lost, name_of_subject, signature_line, unit_of
from assay.reports.markdown import markdown, table
from assay.reports.phrases import leading, measurand_of
from assay.reports.rounding import exact, rounded, significant
from assay.vocabulary.record import Json
from assay.vocabulary.result import Decision, Result

_MARKS = {"conforms": "✅", "does_not_conform": "❌", "inconclusive": "⚠️"}


class Github:
    """The results of a report on one screen; added to ``$GITHUB_STEP_SUMMARY`` where that is set."""

    title = "Markdown summary, for the page of a CI job"
    ending = "md"
    appends_to = "GITHUB_STEP_SUMMARY"

    def made(self, source: Source) -> bytes:
        """UTF-8 Markdown that ends in a line feed."""
        report, say = source.report, source.phrases
        parts = [f"## {markdown(report.title)}\n"]
        parts += [f"**{markdown(say.note(note))}**\n" for note in leading(report)]
        parts.append(results_table(source))
        lines = [_sentence(source, decision) for decision in report.decisions]
        remarks = [note for note in report.notes if note not in leading(report)]
        remarks += [note for result in report.results for note in result.notes]
        lines += [f"- {markdown(say.note(note))}\n" for note in remarks]
        parts.append("".join(lines))
        parts += [_budget(source, result) for result in report.results if result.budget]
        subject = say.words("export", "of", subject=name_of_subject(report), material=report.material.name,
                            items=report.material.n_items)  # fmt: skip
        parts.append(f"{markdown(subject)}\n\n{markdown(signature_line(source))}\n")
        return "\n".join(part for part in parts if part).encode()


FORMAT = Github()


def results_table(source: Source) -> str:
    """One row for each result: value, interval with its level, method, readings, losses, decision."""
    say = source.phrases
    head = [say.words("labels", f"column.{name}") for name in ("measurand", "value", "interval")]
    head += [say.words("export", f"column.{name}") for name in ("method", "n", "lost")]
    head.append(say.words("labels", "column.decision"))
    return table(list(map(markdown, head)), [_row(source, result) for result in source.report.results])


def _row(source: Source, result: Result) -> list[str]:
    say, measurand = source.phrases, measurand_of(source.report, result.measurand)
    unit = unit_of(source.report, result.measurand)
    shown = rounded(result, measurand)
    value = say.words("export", "no_value") if shown.value is None else shown.value + unit
    interval = "–" if shown.low is None else f"[{shown.low}, {shown.high}]{unit} ({exact(result.level)})"
    outcomes = [f"{_MARKS[one.outcome]} {say.term('outcome', one.outcome)} ({say.sign(one)}{unit})"
                for one in source.decisions(result)]  # fmt: skip
    cells: list[Json] = [say.chosen(measurand.label, measurand.name), value, interval,
                         say.term("method", result.method), result.counts.get("ok", 0), lost(result)]  # fmt: skip
    return [*(markdown(str(cell)) for cell in cells), "<br>".join(map(markdown, outcomes)) or "–"]


def _sentence(source: Source, decision: Decision) -> str:
    say = source.phrases
    told = f"{_MARKS[decision.outcome]} {decision.measurand}: {say.term('outcome', decision.outcome)}. "
    told += say.rule(decision, unit_of(source.report, decision.measurand))
    notes = " ".join(say.note(note) for note in decision.notes)
    return f"- {markdown(f'{told} {notes}')}\n"


def _budget(source: Source, result: Result) -> str:
    say = source.phrases
    head = [say.words("terminal", "source"), "u", say.words("terminal", "share")]
    rows = [[markdown(say.term("component", part.label)), markdown(significant(part.u)), f"{part.share:.2f}"]
            for part in result.budget]  # fmt: skip
    title = markdown(f"{say.words('terminal', 'budget')}: {result.measurand}")
    return f"<details><summary>{title}</summary>\n\n{table(list(map(markdown, head)), rows)}\n</details>\n"

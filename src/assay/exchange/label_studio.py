"""Label Studio: tasks and their labelling interface out, annotations (JSON and JSON-MIN exports) in.

A task shows what a rater of ours would see: no run, no system, the candidates in an order that was drawn. Its ``data``
holds ``case``, a key that means something only together with the session, and ``shown``, the order.

Source: labelstud.io, "Label Studio task format", tags Choices, Pairwise, Rating, Ranker; the form of JSON-MIN:
label-studio-converter, ``prettify_result`` (recalled: "annotator" is the number of a user).
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import quoteattr

import msgspec

from assay.exchange.ratings import Given, read_text
from assay.vocabulary.errors import BadInput
from assay.vocabulary.rating import Case, RatingPlan
from assay.vocabulary.record import Json
from assay.vocabulary.rubric import Option, Rubric, text_in

_EVERYBODY: Final = "label-studio"
_VERDICT: Final = "verdict"
_NOTE: Final = "note"
_LETTERS: Final = "ABCDEFGHI"


def tasks(plan: RatingPlan) -> list[dict[str, Json]]:
    """The cases of a session as Label Studio tasks, in a random order."""
    made = []
    for case in plan.order(_EVERYBODY):
        shown = plan.shown(_EVERYBODY, case)
        texts = [case.candidates[place].text for place in shown]
        data: dict[str, Json] = {"case": plan.blind(_EVERYBODY, case), "session": plan.name, "shown": list(shown)}
        data["prompt"] = case.prompt
        if plan.rubric.with_reference:
            data["reference"] = case.reference
        if plan.rubric.kind == "ranking":
            data["answers"] = [{"id": letter, "title": letter, "body": text} for letter, text in _lettered(texts)]
        elif plan.rubric.kind == "choice":
            data |= {f"answer_{letter.lower()}": text for letter, text in _lettered(texts)}
        else:
            data["answer"] = texts[0]
        made.append({"data": data})
    return made


def _lettered(texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    return zip(_LETTERS, texts, strict=False)


def config(rubric: Rubric, language: str, words: dict[str, str]) -> str:
    """The labelling interface for these tasks, as XML.

    Args:
        rubric: what is decided.
        language: of its texts.
        words: headings: ``prompt``, ``reference``, ``answer``, ``note``.
    """
    lines = ["<View>", _header(text_in(rubric.title, language))]
    lines += [_header(line, 5) for line in text_in(rubric.instructions, language).splitlines() if line.strip()]
    lines += [_header(words["prompt"], 4), _text("prompt", "prompt")]
    if rubric.with_reference:
        lines += [_header(words["reference"], 4), _text("reference", "reference")]
    if rubric.kind == "ranking":
        lines += [f'  <List name="answers" value="$answers" title={quoteattr(words["answer"])}/>']
        lines += [f'  <Ranker name="{_VERDICT}" toName="answers"/>']
        lines += [_header(text_in(option.anchor, language), 5) for option in rubric.option]
        about = "answers"
    else:
        names = ["answer_a", "answer_b"] if rubric.kind == "choice" else ["answer"]
        for name, letter in zip(names, "AB" if rubric.kind == "choice" else "-", strict=False):
            heading = words["answer"] if rubric.kind != "choice" else f"{words['answer']} {letter}"
            lines += [_header(heading, 4), _text(name, name)]
        about = names[0]
        lines += _choices(rubric, language, about, words["answer"])
    lines += [f'  <TextArea name="{_NOTE}" toName="{about}" rows="2" placeholder={quoteattr(words["note"])}/>']
    return "\n".join([*lines, "</View>", ""])


def _header(text: str, size: int = 3) -> str:
    return f'  <Header value={quoteattr(text)} size="{size}"/>'


def _text(name: str, field: str) -> str:
    return f'  <Text name="{name}" value="${field}"/>'


def _choices(rubric: Rubric, language: str, about: str, answer: str) -> list[str]:
    lines = [f'  <Choices name="{_VERDICT}" toName="{about}" choice="single" required="true">']
    if rubric.kind == "choice":
        options = [(f"{answer} {letter}", letter, _better(rubric)) for letter in "AB"]
        options += [(_label(one, language), "tie", one) for one in rubric.option if one.value == "tie"]
    else:
        options = [(_label(one, language), str(one.value), one) for one in rubric.option]
    for number, (label, alias, option) in enumerate(options, 1):
        hotkey = f' hotkey="{number}"' if number < 10 else ""
        hint = quoteattr(text_in(option.anchor, language))
        lines.append(f"    <Choice value={quoteattr(label)} alias={quoteattr(alias)} hint={hint}{hotkey}/>")
    return [*lines, "  </Choices>"]


def _better(rubric: Rubric) -> Option:
    return next(option for option in rubric.option if option.value == "better")


def _label(option: Option, language: str) -> str:
    label = text_in(option.label, language)
    return f"{option.value} {label}".strip() if isinstance(option.value, int | float) else label or option.value


def given(path: Path, plan: RatingPlan) -> list[Given]:
    """The annotations of an export; those that were cancelled, and tasks without any, are left out.

    Args:
        path: a JSON or JSON-MIN export of tasks made by ``tasks``.
        plan: the session that they were made from.
    Raises:
        BadInput: no such export, a task of another session, or an annotation without a verdict.
    """
    try:
        exported = msgspec.json.decode(read_text(path))
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadInput("rating.not_label_studio", path=str(path), reason=error) from error
    if not isinstance(exported, list) or not all(isinstance(task, dict) for task in exported):
        raise BadInput("rating.not_label_studio", path=str(path), reason="not a list of tasks")
    cases = {plan.blind(_EVERYBODY, case): case for case in plan.cases}
    found: list[Given] = []
    for number, task in enumerate(exported, 1):
        place = f"{path.name}: task {task.get('id', number)}"
        data = task["data"] if isinstance(task.get("data"), dict) else task
        case = cases.get(str(data.get("case")))
        if case is None:
            raise BadInput("rating.unknown_task", place=place, id=str(data.get("case", "")), session=plan.name)
        shown = _order(data.get("shown"), case, place)
        annotated = _annotations(task, place) if "data" in task else [(task, _minimal(task))]
        found += [_one(plan, case, shown, one, place) for one in annotated]
    if not found:
        raise BadInput("rating.no_ratings", path=str(path))
    return found


def _order(shown: Json, case: Case, place: str) -> tuple[int, ...]:
    if isinstance(shown, str):  # some exports turn lists into text
        try:
            shown = msgspec.json.decode(shown)
        except msgspec.DecodeError:
            shown = None
    if not isinstance(shown, list) or sorted(map(str, shown)) != sorted(map(str, range(len(case.candidates)))):
        raise BadInput("rating.not_label_studio", path=place, reason="the order in which the answers stood is missing")
    return tuple(map(int, shown))


def _annotations(task: dict[str, Any], place: str) -> Iterator[tuple[dict[str, Any], dict[str, Json]]]:
    """Each annotation of a task with what it says, by the name of the control."""
    annotations = task.get("annotations", task.get("completions", []))
    if not isinstance(annotations, list):
        raise BadInput("rating.not_label_studio", path=place, reason="'annotations' is no list")
    for one in annotations:
        if not isinstance(one, dict) or not isinstance(one.get("result"), list):
            raise BadInput("rating.not_label_studio", path=place, reason="an annotation has no list of results")
        if not one.get("was_cancelled"):
            said = {str(part.get("from_name")): part.get("value") for part in one["result"] if isinstance(part, dict)}
            yield one, {name: _plain(value) for name, value in said.items()}


def _minimal(task: dict[str, Any]) -> dict[str, Json]:
    """What a row of JSON-MIN says, by the name of the control."""
    return {name: _plain(task.get(name)) for name in (_VERDICT, _NOTE)}


def _plain(value: Json) -> Json:
    """What stands in a result: the text of one choice, the number of a rating, the side of a pair, an order."""
    while isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict | str):
        value = value[0]
    if not isinstance(value, dict):
        return value
    for key in ("choices", "text", "rating", "selected", "ranker"):
        if key in value:
            return _plain(value[key])
    return _plain(next(iter(value.values()))) if len(value) == 1 else None


def _one(
    plan: RatingPlan, case: Case, shown: tuple[int, ...], one: tuple[dict[str, Any], dict[str, Json]], place: str
) -> Given:
    annotation, said = one
    who = annotation.get("completed_by", annotation.get("annotator"))
    if isinstance(who, dict):
        who = who.get("email") or who.get("id")
    value = said.get(_VERDICT)
    if plan.rubric.kind == "choice":
        side = {"A": 0, "B": 1, "left": 0, "right": 1}.get(str(value))
        value = value if side is None else plan.rubric.values[shown[side]]
    elif plan.rubric.kind == "ranking":
        value = _ranking(value, case, shown)
    else:  # a project whose choices have no alias exports their labels
        labels = {_label(option, language): option.value for option in plan.rubric.option
                  for language in plan.rubric.languages}  # fmt: skip
        value = labels.get(str(value), value)
    note = said.get(_NOTE) or ""
    note = "\n".join(map(str, note)) if isinstance(note, list) else note
    row = {"case": case.id, "rater": who, "value": value, "note": note,
           "at": annotation.get("updated_at") or annotation.get("created_at")}  # fmt: skip
    return Given(place, row, shown)


def _ranking(value: Json, case: Case, shown: tuple[int, ...]) -> Json:
    letters = {letter: case.candidates[place].id for letter, place in zip(_LETTERS, shown, strict=False)}
    return [letters.get(str(one), str(one)) for one in value] if isinstance(value, list) else value

"""From a rubric and a case to what a judge is asked, and from its answer to a verdict: one place for every use.

The instrument that judges a subject's response and the bench that calibrates a judge on cases of known verdict both put
the question that is made here, so that what was calibrated is what is used.
"""

import json
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from assay.packs.general.instrument._text import said
from assay.vocabulary.canonical import digest
from assay.vocabulary.errors import BadInput
from assay.vocabulary.observation import Reading, Response
from assay.vocabulary.record import Json
from assay.vocabulary.rubric import Rubric, text_in
from assay.vocabulary.words import LANGUAGES

VERSION: Final = 1
"""Raised when the words around a case, the fence or the parser change."""

LETTERS: Final = "ABCDEFGHI"
_SHOWN: Final = 200  # characters of an answer that could not be read, kept beside the reason
_LONGEST: Final = 20_000  # characters of an answer that is read at all


class Put(NamedTuple):
    """A case as a judge sees it.

    Attributes:
        prompt: what was asked of whoever answered; empty if it is not known.
        reference: the reference answer; shown only where the rubric wants it.
        candidates: the responses, in the order in which they are shown.
    """

    prompt: str
    reference: str
    candidates: tuple[str, ...]


def question(rubric: Rubric, language: str, put: Put) -> str:
    """What a judge is asked: rubric, then the case fenced, then the form of the answer.

    The fence carries digits of the digest of what it holds, so that nothing inside can close it.
    """
    words = _words()[language]
    key = digest(list(put))[:12]
    lines = [words["role"], "", text_in(rubric.title, language), text_in(rubric.instructions, language).strip(), ""]
    lines += [*_options(rubric, language, words), "", words["fence"].format(key=key), ""]
    lines += _fenced(words["task"], put.prompt, key) if put.prompt else []
    lines += _fenced(words["reference"], put.reference, key) if rubric.with_reference else []
    for letter, text in zip(LETTERS, put.candidates, strict=False):
        name = words["candidate"] if len(put.candidates) == 1 else f"{words['candidate']} {letter}"
        lines += _fenced(name, text, key)
    return "\n".join([*lines, *_form(rubric, words, len(put.candidates))])


def _options(rubric: Rubric, language: str, words: dict[str, str]) -> list[str]:
    if rubric.kind in ("choice", "ranking"):
        named = [(words["tie" if option.value == "tie" else "better"], option) for option in rubric.option]
        return [f"{name} {text_in(option.anchor, language)}" for name, option in named]
    head = words["grades" if rubric.kind == "score" else "verdicts"]
    shown = []
    for option in rubric.option:
        label = text_in(option.label, language) if option.label else ""
        value = json.dumps(option.value, ensure_ascii=False)
        shown.append(f"- {value}{f' ({label})' if label else ''}: {text_in(option.anchor, language)}")
    return [head, *shown]


def _fenced(name: str, text: str, key: str) -> list[str]:
    return [f"<<<{name} {key}>>>", text, f"<<<end {key}>>>", ""]


def _form(rubric: Rubric, words: dict[str, str], n: int) -> list[str]:
    letters = list(LETTERS[:n])
    if rubric.kind == "ranking":
        code, values = "ranked", letters
    else:
        code, values = "one_of", verdicts(rubric, n)
    shown = ", ".join(json.dumps(value, ensure_ascii=False) for value in values)
    return [words["reply"].format(form='{"note": "…", "verdict": V}'), words[code].format(values=shown)]


def verdicts(rubric: Rubric, n: int) -> list[Json]:
    """What a judge may say of ``n`` candidates, but for rankings, where it lists all the letters."""
    if rubric.kind == "choice":
        return [*LETTERS[:n], *(["tie"] if rubric.ties else [])]
    return list(rubric.values)


def schema(rubric: Rubric) -> dict[str, Json]:
    """The JSON schema of a verdict on one candidate: what ``verdict`` takes, a brief reason first."""
    return {
        "type": "object",
        "properties": {"note": {"type": "string"}, "verdict": {"enum": verdicts(rubric, 1)}},
        "required": ["note", "verdict"],
        "additionalProperties": False,
    }


@cache
def _words() -> dict[str, dict[str, str]]:
    with Path(__file__).with_name("question.toml").open("rb") as file:
        return tomllib.load(file)


def check_language(rubric: Rubric, language: str, where: str) -> None:
    """Refuse a language in which the rubric has no texts. Raises ``BadInput`` naming those that it has."""
    if language not in LANGUAGES or language not in rubric.languages:
        expected = " or ".join(f'"{name}"' for name in rubric.languages)
        raise BadInput("setting.value", where=where, key="language", got=repr(language), expected=expected)


def verdict(rubric: Rubric, n: int, answer: Response) -> Json | Reading:
    """The verdict in a judge's answer, or the reading that says why there is none.

    The answer is one JSON object with the key ``verdict``, a value that the rubric allows, and perhaps ``note``. Around
    it there may be a code fence, and before it reasoning in tags. Anything else is no verdict: it is not guessed at.

    Args:
        rubric: whose verdicts are allowed.
        n: number of candidates that were shown.
        answer: what the judge said.
    Returns:
        A grade, a class, a letter, ``tie``, or a list of letters; or a reading with the status ``instrument_failed``.
    """
    if answer.status != "ok":
        code = "judge_refused" if answer.status == "refused" else "judge_failed"
        return _none(code, answer.note or answer.status)
    text = said(answer)
    if isinstance(text, Reading):
        return _none("judge_silent", text.note)
    found = _object(_bare(text)) if len(text) <= _LONGEST else None
    if found is None or not {"verdict"} <= set(found) <= {"verdict", "note"}:
        return _none("judge_unparseable", text)
    given = found["verdict"]
    if rubric.kind == "ranking":
        good = isinstance(given, list) and all(isinstance(x, str) for x in given) and sorted(given) == [*LETTERS[:n]]
        return given if good else _none("judge_outside", text)
    for value in verdicts(rubric, n):
        if isinstance(value, str) == isinstance(given, str) and type(given) in (str, int, float) and value == given:
            return value
    return _none("judge_outside", text)


def _none(code: str, text: str) -> Reading:
    shown = " ".join(text[:_SHOWN].encode("utf-8", "replace").decode().split())
    return Reading(status="instrument_failed", note=f"{code}: {shown}" if shown else code)


def _bare(text: str) -> str:
    """The text without a code fence around all of it."""
    text = text.strip()
    if text.startswith("```") and text.endswith("```") and len(text) > 6:
        head, _, rest = text[3:-3].partition("\n")
        return rest if head.strip().lower() in ("", "json") else text
    return text


def _object(text: str) -> dict[str, Any] | None:
    """The JSON object that a text is; None if it is none, or names a key twice."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) < len(pairs):
            raise ValueError("a key is there twice")
        return dict(pairs)

    try:
        found = json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None

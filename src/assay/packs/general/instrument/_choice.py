"""The letter that a text chooses, in English and Chinese."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from assay.packs.general.instrument._text import WORD, bounded, even, folded, folded_reference, places

LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

NO_OPTION: Final = "no_option"
SEVERAL: Final = "several_options"
NO_SUCH: Final = "no_such_option"

_MARKS: Final = r"\s*_\"'`(\[{$#>"
_END: Final = rf"(?!{WORD}|[.'+#-]{WORD}|/(?!(?-i:[A-Z])(?!{WORD})){WORD}|[+#])"

# Words after a capital A (or I) that show it to be a letter: no noun phrase begins so.
_AFTER_A: Final = (
    r"(?:is|was|has|because|since|as|and|or|but|if|for|with|would|could|should|will|can|cannot|does|seems|appears|"
    r"refers|describes|states|says|due|given|which|that|not|isn't|nor|than|may|might|must|looks|fits|matches|makes|"
    r"contains|represents|shows|gives|means|then|also|over|from|by|in|on|at|to|are|were|wrong|incorrect|correct|"
    r"right|only|instead|rather|so|the|here|satisfies|works|fails|mentions|suggests|provides|best)"
)
_AFTER_I: Final = r"(?:is|because|since|as|and|or|which|are|only|instead|rather)"
_ARTICLE: Final = re.compile(rf"A\s+(?!{_AFTER_A}\b)[A-Za-z]|I(?:[,;]|\s+(?!{_AFTER_I}\b)[A-Za-z])")

_WHOLE: Final = re.compile(rf"[{_MARKS}]*([A-Za-z])[\s*_\"'`)\]}}.:,;!?$。、]*")
_LED: Final = re.compile(r"[\s*_\"'`(\[]*([A-Za-z])[*_]{0,2}(?:[).:、\]]|\s-)[*_]{0,2}\s*(\S.*)", re.S)

_JOIN: Final = (
    r"\s*(?:,|/|&|\+|、|\bor\b|\band\b|或者?|和|与|及)\s*(?:,|\bor\b|\band\b)?"
    r"[\s*_\"'`(\[]*(?:option\s+|选项)?"
)
_LIST: Final = (
    rf"(?P<letters>(?-i:[A-Z])(?:[A-Z]{{0,7}}{_END}|(?={WORD}))|(?-i:[a-z])(?=[)\]}}*_\"'`.。,;!$]*\s*(?:$|\n)|[).:]\s))"
    rf"(?P<more>(?:[)\]}}*_\"'`]*{_JOIN}(?-i:[A-Z]){_END}(?!\s+(?!and\b|or\b)[a-z])){{0,25}})"
)
_GLUE: Final = (
    rf"[{_MARKS}:=>\-]*(?:(?:is|be|would be|should be|must be|has to be|most likely|probably|likely|clearly|definitely|"
    rf"indeed|therefore|thus|option|choice|letter|answer|the correct one is|the|选项|是|为)(?![a-z])"
    rf"[{_MARKS}:=>\-]*){{0,4}}"
)
_STATED: Final = re.compile(
    rf"(?:(?:answer|(?:correct|right|best|final)\s+(?:option|choice|letter|one))s?\b[*_\"'`]*"
    rf"(?:\s+(?:to|for|here|of|choice|option)\b[^.\n:]{{0,60}}?)?"
    rf"(?:\s*[:=]|\s*-+>?|\s+(?:is|would be|should be|must be|has to be|was)\b|\s*\n|\s*\*\*|\s+(?=\())"
    rf"|\b(?:choose|chose|select|pick|go(?:ing)? with|opt for|vote for|my choice is)\b"
    rf"|(?:答案|(?:正确|最佳|合适|合理)的?(?:选项|一项|选择))[*_\"'`]*(?:应该|应当|应|就|显然|可能)?[*_\"'`]*(?:选择?|是|为|[:=])"
    rf"|(?<![不别未非没])(?<![不别][应能该会可])(?<!不应该)选(?!项)(?:择|定)?)"
    rf"{_GLUE}{_LIST}",
    re.I,
)
_PRAISED: Final = re.compile(
    rf"(?<!{WORD})(?P<letters>[A-Z])[)\]*_\"'`.]*(?:(?i:\s+(?:is|would\s+be|must\s+be)\s+(?:clearly\s+|definitely\s+)?"
    rf"(?:the\s+)?(?:only\s+)?(?:correct|right|best)"
    rf"(?=\s*(?:(?:answer|option|choice|one|because|since|as|here|and|but|while)\b|[.,;!)*\n]|$)))"
    rf"|\s*(?:选项|项)?(?:是|为)?最?(?:正确|对的|合适|恰当)(?!的?吗|地))(?P<more>)"
)
_JSON: Final = re.compile(
    r"[\"'](?:answer|final_answer|choice|option|选项|答案)[\"']\s*:\s*(?:\[\s*)?[\"']?\s*\(?"
    r"(?P<letters>[A-Za-z])(?=[)\"'\].:,}\s])[).]?(?P<more>(?:[\"']?\s*,\s*[\"'][A-Z](?=[\"'\s])){0,25})",
    re.I,
)
_BOXED: Final = re.compile(
    r"(?:\\boxed\s*\{|<answer>)[\s$({\[*]*(?:\\(?:text|textbf|mathrm|mathbf)\s*\{)?[\s({\[*]*(?:option\s+)?"
    rf"(?P<letters>[A-Za-z])(?=[\s)}}\].,:*$<])[)\]*]*(?P<more>(?:{_JOIN}[A-Z](?=[\s)}}\].,*$<])[)\]*]*){{0,25}})",
    re.I,
)
# Where a statement may begin; found in lower case, which is faster by far than a pattern that ignores case.
_CUES: Final = ("answer", "option", "choice", "letter", "one", "choose", "chose", "select", "pick", "go", "for",
               "选", "答")  # fmt: skip
_CUE: Final = re.compile(
    r"answer|(?:correct|right|best|final)\s|choose|chose|select|pick|go(?:ing)? with|opt for|vote for|my choice|"
    r"答案|正确|最佳|合适|合理|选"
)
_PRAISE: Final = ("correct", "right", "best", "正确", "对的", "合适", "恰当")
_ANSWER_LINE: Final = 12  # characters of a line that may be a letter and its marks

_NOT_BEFORE: Final = re.compile(
    r"(?:\b(?:not|never|neither|nor|except|excluding|eliminat\w{1,4}|exclud\w{1,4}|discard\w{0,3}|reject\w{0,3}|"
    r"rule[sd]?\s+out|ruling\s+out|rather\s+than|instead\s+of|other\s+than|unlike)\b|n't|cannot|"
    r"不是|不选择?|不应该?选?|不能选|不该选|别选|排除|并非|而非|而不是|不为|除了)"
    r"\s*(?:(?:option|choice|answer|letter|be|the|is|choose|选项|是)s?\s*)*[*_\"'`(\[]*"
    r"(?:[A-Z][)\]*_\"'`]*\s*(?:or|and|nor|、|/|和|或|与|及)\s*[*_\"'`(\[]*){0,8}$",
    re.I,
)
_NOT_STATED: Final = re.compile(
    r"(?:\bnot|n't|\bnever|\bcannot)\s+(?:(?:think|believe|say|mean|that|the|be|to|is|correct|choose|pick|select)\s+)*$|"
    r"(?:不认为|不觉得|并不|如果|假如|若|if\s+(?:the\s+)?(?:correct\s+)?)$",
    re.I,
)
_NOT_AFTER: Final = re.compile(
    r"[)\]*_\"'`.:]*(?:\s*(?:,|and|or|、|和|与|及)\s*[*_\"'`(\[]*[A-Z][)\]*_\"'`]*){0,8}\s*"
    r"(?:(?:\w{1,9}\s+){0,2}?(?:not|never|wrong|incorrect|false|invalid|eliminated|excluded|untrue|unlikely|"
    r"(?:ruled\s+)?out)\b|(?:\w{1,9}\s+)?\w{2,5}n't\b|cannot\b|"
    r"(?:选项|项)?[^\s,，。;；A-Z]{0,6}?(?:错误|错|不对|不正确|不是|不符|不成立|不合|排除|有误))",
    re.I,
)
_NO_OPTION_BEFORE: Final = re.compile(
    r"(?:[\d°]\s?|\w\(|[&@]|\w[-/]|\b(?:vitamin|hepatitis|influenza|type|grade|plan|phase|factor|protein|point|figure|"
    r"fig\.|table|appendix|group|class|section|person|schedule|blood|step|part|case)\s)$",
    re.I,
)
_INITIAL_BEFORE: Final = re.compile(r"\b(?!Option|Answer|Choice|Letter|Therefore|Thus|So|Hence)[A-Z][a-z.]+\s$")
_INITIAL_AFTER: Final = re.compile(r"[.]\s[A-Z][a-z]")
_ALONE: Final = re.compile(rf"(?<!{WORD})(?<![.']){'[A-Z]'}{_END}(?!\s*=)")


def chosen(text: str, choices: tuple[str, ...], cut: bool) -> tuple[str, str]:
    """The letter that a text chooses, or an empty string and a note saying why there is none.

    Args:
        text: the answer, reasoning set aside.
        choices: the options in order; at most 26.
        cut: the text breaks off, so that only an explicit statement counts.
    """
    text = even(bounded(text))
    known = LETTERS[: len(choices)]
    if len(text) <= _ANSWER_LINE and (whole := _WHOLE.fullmatch(text)):
        return _settled([whole[1].upper()], known)
    for find in (_in_json, _in_box, _in_words):
        letters = find(text, known)
        if letters:
            return _settled(letters, known)
    if cut:
        return "", NO_OPTION
    for look in (_on_a_line, _led_by_letter, _alone, _by_text):
        letters = look(text, choices)
        if letters:
            return _settled(letters, known)
    return "", NO_OPTION


def _settled(letters: list[str], known: str) -> tuple[str, str]:
    distinct = sorted(set(letters))
    if len(distinct) > 1:
        return "", SEVERAL
    return (distinct[0], "") if distinct[0] in known else ("", NO_SUCH)


def _in_json(text: str, known: str) -> list[str]:
    return _last(_JSON.finditer(text), text, known) if '":' in text or "':" in text or '" :' in text else []


def _in_box(text: str, known: str) -> list[str]:
    return _last(_BOXED.finditer(text), text, known) if "boxed" in text or "<answer>" in text else []


def _in_words(text: str, known: str) -> list[str]:
    lower = text.lower()
    if len(lower) != len(text):  # a few letters become two
        lower = text
    if any(cue in lower for cue in _CUES):
        stated = [found for cue in _CUE.finditer(lower) if (found := _STATED.match(text, cue.start()))]
        if letters := _last(stated, text, known):
            return letters
    if not any(word in lower for word in _PRAISE):
        return []
    return sorted({letter for found in _PRAISED.finditer(text) for letter in _named(found, text, known)})


def _last(statements: Iterable[re.Match[str]], text: str, known: str) -> list[str]:
    """The letters of the last statement that is not negated."""
    letters: list[str] = []
    for found in statements:
        named = _named(found, text, known)
        if named and not _NOT_STATED.search(text, max(0, found.start() - 40), found.start()):
            letters = named
    return letters


def _named(found: re.Match[str], text: str, known: str) -> list[str]:
    first = found["letters"]
    if len(first) > 1:  # ABD: several letters written together, or a word in capitals
        together = len(set(first)) == len(first) and sorted(first) == list(first) and set(first) <= set(known)
        return list(first) if together else []
    if _ARTICLE.match(text, found.start("letters")) or text.startswith("N/A", found.start("letters")):
        return []
    if found.re is _PRAISED and _doubtful(text, found.start("letters"), found.end("letters")):
        return []
    listed = re.findall(r"(?<![A-Za-z])[A-Z](?![A-Za-z])", found["more"])
    if found.re is _PRAISED:
        listed = _listed_before(text, found.start("letters"))
    return [first.upper(), *listed]


def _listed_before(text: str, at: int) -> list[str]:
    """In "A or B is correct" the letters before the last one."""
    before = re.search(r"((?:(?<![A-Za-z])[A-Z]\s*(?:,|or|and|、|或|和)\s*){1,8})$", text[max(0, at - 60) : at])
    return re.findall(r"(?<![A-Za-z])[A-Z](?![A-Za-z])", before[1]) if before else []


def _on_a_line(text: str, choices: tuple[str, ...]) -> list[str]:
    """A letter that is all of the first line or all of the last."""
    first, _, rest = text.partition("\n")
    if not rest:
        return []
    last = text.rpartition("\n")[2]
    letters = [
        found[1].upper()
        for line in (first, last)
        if len(line) <= _ANSWER_LINE and (found := _WHOLE.fullmatch(line.strip()))
    ]
    return letters if set(letters) <= set(LETTERS[: len(choices)]) else []


def _led_by_letter(text: str, choices: tuple[str, ...]) -> list[str]:
    """A letter followed by the text of an option, as in "B) Paris"; both if they are not the same option."""
    led = _LED.fullmatch(text)
    if not led and len(text) > 2 and text[0] in LETTERS and text[1] == " ":
        led = re.fullmatch(r"([A-Z])\s+(\S.*)", text, re.S)
    if not led or len(led[2]) > 2_000:
        return []
    rest = folded(led[2]).strip(" .。*_\"'`")
    for place, option in enumerate(choices):
        if folded_reference(option).strip(" .。*_\"'`") == rest:
            letter = led[1].upper()
            return [letter, LETTERS[place]] if letter in LETTERS[: len(choices)] else []
    return []


def _alone(text: str, choices: tuple[str, ...]) -> list[str]:
    """Capital letters that stand alone, within the range, not negated."""
    known = LETTERS[: len(choices)]
    for option in _lettered(choices):
        text = text.replace(option, "_")
    live: set[str] = set()
    for found in _ALONE.finditer(text):
        letter = found[0]
        if letter not in live and letter in known and not _doubtful(text, found.start(), found.end()):
            live.add(letter)
            if len(live) > 1:
                break
    if not live:
        led = re.match(r"[*_\"'`(\[]*([a-z])[).\]][*_]*(?:\s|$)", text)  # b) because …
        if led and led[1].upper() in known:
            return [led[1].upper()]
    return sorted(live)


def _doubtful(text: str, begin: int, end: int) -> bool:
    """Whether a letter is negated, an article, or part of a name."""
    low = max(0, begin - 48)
    return bool(
        _ARTICLE.match(text, begin)
        or _NOT_AFTER.match(text, end, end + 60)
        or _NOT_BEFORE.search(text, low, begin)
        or _NO_OPTION_BEFORE.search(text, low, begin)
        or (_INITIAL_BEFORE.search(text, low, begin) and _INITIAL_AFTER.match(text, end))
    )


@lru_cache(maxsize=16_384)
def _lettered(choices: tuple[str, ...]) -> tuple[str, ...]:
    """Options in whose text a capital letter stands alone (vitamin C), longest first."""
    longer = [even(option) for option in choices if len(option) > 1]
    return tuple(sorted([option for option in longer if _ALONE.search(option)], key=len, reverse=True))


def _by_text(text: str, choices: tuple[str, ...]) -> list[str]:
    """The options whose text stands in the answer; one within a longer one does not count."""
    rest = folded(text)
    found: list[str] = []
    options = [(folded_reference(option), letter) for option, letter in zip(choices, LETTERS, strict=False)]
    for option, letter in sorted(options, key=lambda pair: -len(pair[0])):
        at = places(rest, option)
        live = [place for place in at if not _NOT_BEFORE.search(rest, max(0, place - 48), place)]
        if live:
            found.append(letter)
        if at:
            rest = rest.replace(option, "\n")
    return found



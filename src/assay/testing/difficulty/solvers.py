"""How a constructed respondent works the items of each generator, in both languages, from their text."""

import ast
import re
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final

from assay.testing.difficulty.minds import Mind, Work
from assay.vocabulary.material import Item

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAYS_ZH: Final = "一二三四五六日"
_MONTHS: Final = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
                  "November", "December")  # fmt: skip
_ORDINALS: Final = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
                    "eleventh", "twelfth")  # fmt: skip


_AFTER: Final = (
    (r"W came right after W\.", -1), (r"Straight after W there was W\.", 1), (r"W was immediately followed by W\.", 1),
    (r"W came right before W\.", 1), (r"W came before W, with exactly one", 2),
    (r"Exactly one thing happened after W and before W\.", 2),
)  # fmt: skip
_AFTER_ZH: Final = (
    ("W之后紧接着就是W。", 1), ("W紧跟在W后面。", -1), ("W一结束，接下来便是W。", 1), ("紧接在W之前的是W。", -1),
    ("W在前，W在后，中间恰好隔着一件事。", 2), ("W之后、W之前，恰好还有一件事。", 2),
)  # fmt: skip
"""How events are said to follow one another, W for each, and how far the second then lies behind the first."""


def answer(mind: Mind, item: Item, seed: int) -> str:
    """What a respondent answers; a guess among the options, or ``?``, where it cannot make sense of the text."""
    generator = next(tag.removeprefix("generator:") for tag in item.tags if tag.startswith("generator:"))
    work = mind.at(item.id, seed)
    try:
        found = str(SOLVERS[generator](str(item.stimulus), work)) if generator in SOLVERS else ""
    except (ValueError, AttributeError, LookupError, ArithmeticError, StopIteration, SyntaxError, TypeError):
        found = ""  # a text that it cannot read
    if not item.choices:
        return found or "?"
    places = [place for place, choice in enumerate(item.choices) if choice == found]
    return "ABCDEFGHIJ"[places[0] if places else work.rng.randrange(len(item.choices))]


def _value(node: Any, names: dict[str, float], work: Work) -> float:
    """The value of an expression, each operation worked out."""
    match node:
        case ast.Constant(value=int(value)):
            return float(value)
        case ast.Name(id=name):
            return names[name]
        case ast.UnaryOp(operand=operand):
            return -_value(operand, names, work)
        case ast.Compare(left=left, comparators=[right]):
            return float(_value(left, names, work) == _value(right, names, work))
    a, b = _value(node.left, names, work), _value(node.right, names, work)
    done: dict[type, Callable[[], float]] = {
        ast.Add: lambda: a + b, ast.Sub: lambda: a - b, ast.Mult: lambda: a * b, ast.Div: lambda: a / b,
        ast.FloorDiv: lambda: a // b, ast.Mod: lambda: a % b,
    }  # fmt: skip
    return work.number(done[type(node.op)](), held=2 + len(names))


def _whole(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else str(round(value, 6))


def _arithmetic(text: str, work: Work) -> str:
    found = max(re.findall(r"[\d()+\-−×÷ ]{3,}", text), key=len).strip().translate(str.maketrans("×÷−", "*/-"))
    return _whole(_value(ast.parse(found, mode="eval").body, {}, work))


def _sums(text: str, work: Work) -> str:
    a, sign, b = re.search(r"(\d+) ([+\-−]) (\d+)", text).groups()  # type: ignore[union-attr]
    return _whole(work.number(int(a) + int(b) if sign == "+" else int(a) - int(b)))


def _order(text: str, work: Work) -> str:
    a, b = (int(found) for found in re.findall(r"\d+", text)[:2])
    larger = "larger" in text or "更大" in text
    return str((max if larger != work.slips(2) else min)(a, b))


def _sorting(text: str, work: Work) -> str:
    row, done = re.search(r"\d( \d)+", text)[0].split(), []  # type: ignore[index]
    while row:
        place = sorted(range(len(row)), key=row.__getitem__)[work.index(0, len(row) - 1, len(row))]
        done.append(row.pop(place))
    return " ".join(done)


def _letters(text: str, work: Work) -> str:
    word = re.search(r"[\"“]([a-z]+)[\"”]", text)[1]  # type: ignore[index]
    row = list(word[::-1] if "backwards" in text or "倒" in text else word)
    for place in range(len(row)):
        if work.slips(2, len(row)):
            other = work.rng.randrange(len(row))
            row[place], row[other] = row[other], row[place]
    return "".join(row)


def _later(text: str, work: Work) -> str:
    days = int(re.search(r"(\d+)( days|天)", text)[1])  # type: ignore[index]
    english = "today is" in text
    today = (_DAYS.index(re.search(r"today is (\w+)", text)[1]) if english else  # type: ignore[index]
             _DAYS_ZH.index(re.search(r"今天是星期(.)", text)[1]))  # type: ignore[index]
    there = int(work.number(today + work.number(days % 7 if not work.slips(len(str(days))) else (days + 1) % 7))) % 7
    return _DAYS[there] if english else f"星期{_DAYS_ZH[there]}"


def _loop(text: str, work: Work) -> str:
    told: list[float] = []
    _run(ast.parse(text.split("```python\n")[1].split("```")[0]).body, {}, work, told)
    return _whole(told[0])


def _run(body: list[Any], names: dict[str, float], work: Work, told: list[float]) -> None:
    for node in body:
        match node:
            case ast.Assign(targets=[ast.Tuple(elts=left)], value=ast.Tuple(elts=right)):
                new = [_value(one, names, work) for one in right]
                if not work.slips(1, 2 + len(names)):
                    names |= {one.id: value for one, value in zip(left, new, strict=True)}  # type: ignore[attr-defined]
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                names[name] = _value(value, names, work)
            case ast.AugAssign(target=ast.Name(id=name) as at, op=op, value=value):
                names[name] = _value(ast.BinOp(at, op, value), names, work)
            case ast.For(target=ast.Name(id=name), iter=ast.Call(args=ends), body=inner):
                for turn in range(*(int(_value(end, names, work)) for end in ends)):
                    names[name] = float(turn)
                    _run(inner, names, work, told)
            case ast.If(test=test, body=yes, orelse=no):
                _run(yes if bool(_value(test, names, work)) != work.slips(1, len(names)) else no, names, work, told)
            case ast.Expr(value=ast.Call(args=[value])):
                told.append(_value(value, names, work))


def _prices(text: str, work: Work) -> str:
    number = r"(\d+) ?([^\d]+?)"
    english = re.search(rf"Together, {number} and {number} cost (\d+) \w+; (\d+) .+? and (\d+) .+? cost (\d+)", text)
    found = english or re.search(rf"买{number}和{number}共付(\d+)元；买(\d+).+?和(\d+).+?共付(\d+)元", text)
    a, one, b, other, first, c, d, second = found.groups()  # type: ignore[union-attr]
    asked = re.search(r"does one (.+?) cost|一([^，。？]+?)多少元", text)
    name = asked[1] or asked[2]  # type: ignore[index]
    mine = one[:3] == name[:3] if english else one == name
    n = work.number
    below = n(n(int(a) * int(d), 4) - n(int(b) * int(c), 4), 5)
    above = n(int(first) * int(d), 5) - n(int(b) * int(second), 5) if mine else (
        n(int(a) * int(second), 5) - n(int(first) * int(c), 5))  # fmt: skip
    return _whole(n(round(n(above, 5) / below), 5))


def _edits(text: str, work: Work) -> str:
    lines = text.splitlines()
    row = lines[1].split()
    for line in (line for line in lines if re.match(r"\d+\. ", line)):
        line = line.split(". ", 1)[1]
        said = re.search(r"number (\d+)|第(\d+)个", line)
        n = work.index(int(said[1] or said[2]) - 1, len(row) - 1, len(row)) if said else 0
        if work.slips(len(row) / 3, len(row)):
            a, b = work.rng.randrange(len(row)), work.rng.randrange(len(row))
            row[a], row[b] = row[b], row[a]
        new = re.search(r"[\"“](\S+?)[\"”]", line)
        if new:
            row.insert(n, new[1])
        elif "odd" in line or "奇数" in line:
            odd = bool(len(row) % 2) != work.slips(1, len(row))
            row = row[::-1] if odd else [row[-1], *row[1:-1], row[0]]
        elif "Reverse" in line or "倒过来" in line:
            row = row[::-1]
        elif "Swap" in line or "交换" in line:
            row = [row[-1], *row[1:-1], row[0]]
        elif "Remove" in line or "删去" in line:
            row.pop(n)
        elif "Repeat" in line or "重复" in line:
            row.insert(n, row[n])
        else:
            row.append(row.pop(n))
    return " ".join(row)


def _swaps(text: str, work: Work) -> str:
    english = text.isascii()
    holds = dict(re.findall(r"(\w+) the (\w+ \w+)(?=[,.]| and)", text.split(" Then")[0])) if english else dict(
        re.findall(r"[，。]([^，。]+?)拿着([^，。]+)", text.split("随后")[0]))  # fmt: skip
    story = (text.split("other: ")[1] if english else text.split("：", 1)[1]).split("\n")[0]
    for line in re.split(r"[.。]", story):
        pair = sorted((name for name in holds if re.search(rf"{name}", line)), key=line.index)
        if len(pair) != 2 or work.slips(1, len(holds)):
            continue
        holds[pair[0]], holds[pair[1]] = holds[pair[1]], holds[pair[0]]
    asked = re.search(r"Who has the (.+?) in the end", text) or re.search(r"最后，(.+?)在谁手里", text)
    wanted = asked[1]  # type: ignore[index]
    return next(str(name) for name, thing in holds.items() if thing == wanted)


def _walk(text: str, work: Work) -> str:
    english = " m" in text
    sides = ("north", "east", "south", "west") if english else "北东南西"
    first = re.search(r"walks (\d+) m to the (\w+)", text) or re.search(r"向(.)走(\d+)米", text)
    far, side = first.groups() if english else first.groups()[::-1]  # type: ignore[union-attr]
    heading = sides.index(side)
    east, north = int(far) * (0, 1, 0, -1)[heading], int(far) * (1, 0, -1, 0)[heading]
    for turn, far in re.findall(r"turns (\w+) and walks (\d+) m|(?:再)(左转|右转|掉头)走(\d+)米", text) and (
        re.findall(r"(?:turns |再)(left|right|round|左转|右转|掉头)(?: and walks |走)(\d+)", text)
    ):
        change = {"left": -1, "right": 1, "round": 2, "左转": -1, "右转": 1, "掉头": 2}[turn]
        heading = (heading + (change if not work.slips(1, 3) else -change)) % 4
        east = int(work.number(east + int(far) * (0, 1, 0, -1)[heading], 3))
        north = int(work.number(north + int(far) * (1, 0, -1, 0)[heading], 3))
    corner = {(True, True): 2, (True, False): 3, (False, False): 0, (False, True): 1}[(east > 0, north > 0)]
    if "direction" in text or "哪个方向" in text:
        return (("north-east", "south-east", "south-west", "north-west") if english else
                ("东北", "东南", "西南", "西北"))[corner]  # fmt: skip
    names = (("ahead and to the right", "behind and to the right", "behind and to the left", "ahead and to the left")
             if english else ("右前方", "右后方", "左后方", "左前方"))  # fmt: skip
    return names[(corner - heading) % 4 if not work.slips(2, 3) else corner]


def _rule(text: str, work: Work) -> str:
    shown = max(text.split("\n"), key=lambda line: line.count(",") + line.count("，") if "…" in line else -1)
    row = [float(found) for found in re.findall(r"-?\d+", shown)]
    wanted = int(re.search(r"(\d+)th number|第(\d+)个数", text.split("…")[-1]).group().strip("第个数th number"))  # type: ignore[union-attr]
    n = work.number
    if "multiply by" in text or "先乘" in text:
        a = n((row[2] - row[1]) / (row[1] - row[0]), 3)
        b = n(row[1] - a * row[0], 3)
        step: Callable[[], float] = lambda: n(n(row[-1] * a) + b)  # noqa: E731
    elif "two before it plus" in text or "前两个数之和" in text:
        b = n(row[2] - n(row[0] + row[1], 3), 3)
        step = lambda: n(n(row[-1] + row[-2], 3) + b, 3)  # noqa: E731
    elif "odd places" in text or "奇数位" in text:
        steps = [n(row[2] - row[0], 4), n(row[3] - row[1], 4)]
        step = lambda: n(row[-2] + steps[len(row) % 2], 4)  # noqa: E731
    elif "p times" in text or "p倍" in text:
        down = n(row[1] * row[1] - row[0] * row[2], 5)
        p = n((row[1] * row[2] - row[0] * row[3]) / down, 5)
        q = n((row[1] * row[3] - row[2] * row[2]) / down, 5)
        step = lambda: n(n(p * row[-1], 4) + n(q * row[-2], 4), 4)  # noqa: E731
    else:
        order = 3 if "within that" in text or "新数列" in text else 2
        step = lambda: _next_by_differences(row, order, work)  # noqa: E731
    while len(row) < wanted:
        row.append(step())
    return _whole(row[wanted - 1])


def _next_by_differences(row: list[float], order: int, work: Work) -> float:
    """The next number where the differences of this order are the same."""
    last, now = [row[-1]], row[-(order + 1) :]
    for _ in range(order):
        now = [work.number(b - a, len(now)) for a, b in pairwise(now)]
        last.append(now[-1])
    return work.number(sum(last), order + 1)


def _weekday(text: str, work: Work) -> str:
    if "星期" in text:
        days = [date(*map(int, found)) for found in re.findall(r"(\d+)年(\d+)月(\d+)日", text)]
        known = _DAYS_ZH.index(re.search(r"星期(.)，", text)[1])  # type: ignore[index]
    else:
        days = [date(int(y), _MONTHS.index(m) + 1, int(d)) for d, m, y in re.findall(r"(\d+) ([A-Z]\w+) (\d{4})", text)]
        known = _DAYS.index(re.search(r"is a (\w+)", text)[1])  # type: ignore[index]
    apart = days[1] - days[0]
    shift = apart.days
    for _ in range(1 + abs(days[1].year - days[0].year) // 4 + abs(days[1].month - days[0].month)):
        shift += work.slips(2, 4) * work.rng.choice((-1, 1, 2))
    there = (known + shift) % 7
    return f"星期{_DAYS_ZH[there]}" if "星期" in text else _DAYS[there]


def _fractions(text: str, work: Work) -> str:
    """To as many decimals as the span has room for; a tie is guessed."""
    found = re.findall(r"(\d+)/(\d+)", text)[:2]
    places = max(1, work.mind.span - 3)
    first, second = (round(int(a) / int(b), places) + (work.slips(places) * 10.0**-places) for a, b in found)
    larger = "larger" in text or "更大" in text
    chosen = work.rng.randrange(2) if first == second else int((first < second) == larger)
    return "/".join(found[chosen])


def _premise(text: str, work: Work) -> str:
    a, b, c = re.findall(r"\d+", text)[:3] if "Since" in text else re.findall(r"\d+", text)[:3]
    number, divisor, asked = int(a), int(b), int(c)
    holds = (number % divisor == 0) != work.slips(len(a))
    rest = int(work.number(asked % divisor)) if not work.slips(len(c)) else (asked + 1) % divisor
    if "Since" in text:
        return f"The reason is {'right' if holds else 'wrong'}; the remainder is {rest}."
    return f"前提{'正确' if holds else '错误'}，余数是{rest}。"


def _motion(text: str, work: Work) -> str:
    speed = float(re.search(r"(?:at|以)\s?(\d+) m/s", text)[1])  # type: ignore[index]
    far, n = 0.0, work.number
    stretch = (r"(speeds up|slows down|keeps)[^\d]*(?:(\d+) m/s² for )?(\d+) s|"
               r"(?:以(\d+) m/s²的加速度)?(匀加速|匀减速|匀速行驶)(\d+) s")  # fmt: skip
    for kind, rate, time, rate_zh, kind_zh, time_zh in re.findall(stretch, text):
        seconds, sign = float(time or time_zh), {"speeds up": 1, "匀加速": 1, "slows down": -1, "匀减速": -1}
        change = float(rate or rate_zh or 0) * sign.get(kind or kind_zh, 0)
        far = n(far + n(n(speed * seconds, 3) + (n(change * seconds**2 / 2, 4) if change else 0.0), 4), 4)
        speed = n(speed + change * seconds, 4) if change else speed
    return _whole(far)


def _dilution(text: str, work: Work) -> str:
    now = Fraction(re.search(r"(\d+) mmol/L", text)[1])  # type: ignore[index]
    story = text.split("\n")[0]
    for mixed, water, taken, flask in re.findall(
        r"mix (\d+) mL of .+? with (\d+) mL|make (\d+) mL of .+? up to (\d+) mL", story
    ) or [found if "入" in whole else ("", "", *found) for whole, *found in re.findall(
        r"((\d+) mL，加(?:入|水定容至)(\d+) mL)", story)] and [
        (a, b, "", "") if kind == "入" else ("", "", a, b)
        for a, kind, b in re.findall(r"(\d+) mL，加(入|水定容至)(\d+) mL", story)
    ]:  # fmt: skip
        small, whole = (int(mixed), int(mixed) + int(water)) if mixed else (int(taken), int(flask))
        factor = int(work.number(whole / small, 3))
        now = now / factor
        if work.slips(2, 4):
            now *= work.rng.choice((2, 10, Fraction(1, 10)))
    return _whole(float(now))


def _events(text: str, work: Work) -> str:
    english = text.isascii()
    word = r"(the [a-z ]+?)" if english else r"([^，。、]+?)"
    rules = [(rule.replace("W", word), apart) for rule, apart in (_AFTER if english else _AFTER_ZH)]
    story, question = text.split("\n\n")
    told: list[tuple[str, str, int]] = []
    told_in = story.split("another. ")[-1] if english else story.split("的。", 1)[-1]
    for line in map(str.strip, re.split(r"(?<=[.。])", told_in)):
        for rule, apart in rules:
            if found := re.fullmatch(rule + ".*", line[0].lower() + line[1:] if line.startswith("The ") else line):
                told.append((found[1], found[2], apart))
                break
    place = {told[0][0]: 0}
    for _ in told:
        for a, b, apart in told:
            for one, other, step in ((a, b, apart), (b, a, -apart)):
                if one in place and other not in place:
                    step = -step if work.slips(1, len(told)) else step
                    place[other] = place[one] + step
    order = sorted(place, key=place.__getitem__)
    wanted = _ORDINALS.index(question.rstrip("?").split()[-1]) if english else int(re.findall(r"\d+", question)[0]) - 1
    return order[wanted]


SOLVERS: Final[dict[str, Callable[[str, Work], str]]] = {
    "Arithmetic": _arithmetic, "TwoDigitSums": _sums, "NumberOrder": _order, "DigitSorting": _sorting,
    "LetterRows": _letters, "DaysLater": _later, "LoopOutput": _loop, "TwoPrices": _prices, "EditSteps": _edits,
    "Swaps": _swaps, "Walk": _walk, "RuleInduction": _rule, "Weekday": _weekday, "Consistency": _fractions,
    "FalsePremise": _premise, "Motion": _motion, "Dilution": _dilution, "EventOrder": _events,
}  # fmt: skip
"""By the name of the generator's class."""

"""Tools that can be offered, and requests that need one of them."""

import json
from collections.abc import Sequence
from random import Random
from typing import Any, Final, NamedTuple

from assay.packs.bank._make import between, pick, shuffled
from assay.packs.bank._words import NAMES, PLACES
from assay.vocabulary.record import Json


class Tool(NamedTuple):
    """A tool: its name, what it does, its parameters, requests for it, and requests that only imply their arguments."""

    name: str
    does: dict[str, str]
    parameters: dict[str, str]
    asked: dict[str, tuple[str, ...]]
    implied: dict[str, tuple[str, ...]]


class Request(NamedTuple):
    """A request in words, and the call that it needs."""

    text: str
    call: dict[str, Json]


_TOOLS: Final = (
    Tool("set_alarm", {"en": "rings once at a time of day (24 h)", "zh": "在指定时刻（24小时制）响一次铃"},
         {"hour": "integer", "minute": "integer"},
         {"en": ("Wake me at {clock}.", "I need an alarm for {clock}."),
          "zh": ("请在{clock}叫醒我。", "帮我定一个{clock}的闹钟。")},
         {"en": ("I have to leave at {later}. Wake me {before} minutes before that.",),
          "zh": ("我{later}要出门，请提前{before}分钟叫醒我。",)}),
    Tool("start_timer", {"en": "rings after a number of minutes", "zh": "在若干分钟后响铃"}, {"minutes": "integer"},
         {"en": ("Tell me when {minutes} minutes are over.", "Start a countdown of {minutes} minutes."),
          "zh": ("过{minutes}分钟提醒我一声。", "开始{minutes}分钟倒计时。")},
         {"en": ("Tell me when {span} is over.",), "zh": ("过{span}提醒我一声。",)}),
    Tool("get_weather", {"en": "weather forecast for a city, some days from today (0 is today)",
                         "zh": "查询某城市若干天后的天气（0表示今天）"}, {"city": "string", "days_ahead": "integer"},
         {"en": ("What will the weather be like in {city} in {days} days?",),
          "zh": ("{city}{days}天后的天气怎么样？",)},
         {"en": ("What will the weather be like in {city} {day}?",), "zh": ("{city}{day}天气怎么样？",)}),
    Tool("get_local_time", {"en": "the present time of day in a city", "zh": "查询某城市当前的时间"},
         {"city": "string"},
         {"en": ("What time is it in {far} now?", "Tell me the present time in {far}."),
          "zh": ("{far}现在几点？", "查一下{far}此刻的时间。")},
         {"en": ("My aunt lives in {far}. What time is it for her now?",),
          "zh": ("我姑姑住在{far}，她那边现在几点？",)}),
    Tool("send_message", {"en": "sends a text to one person", "zh": "给一个人发送文字消息"},
         {"to": "string", "text": "string"},
         {"en": ("Send {name} the message \"{words}\".",), "zh": ("给{name}发一条消息：“{words}”。",)},
         {"en": ("Text {name} these words: \"{words}\".",), "zh": ("发个消息告诉{name}，就写“{words}”。",)}),
    Tool("call_person", {"en": "phones one person", "zh": "拨打一个人的电话"}, {"to": "string"},
         {"en": ("Phone {name}, please.", "Give {name} a ring."),
          "zh": ("给{name}打个电话。", "帮我拨通{name}的电话。")},
         {"en": ("I want to hear {name}'s voice: get me through.",),
          "zh": ("我想跟{name}在电话里聊几句，帮我接通。",)}),
    Tool("book_table", {"en": "reserves a table in a restaurant of a city", "zh": "在某城市的餐馆订座"},
         {"city": "string", "people": "integer", "hour": "integer"},
         {"en": ("Reserve a table for {people} in {city} at {hour}:00 tonight.",),
          "zh": ("今晚{evening}点，在{city}订一张{people}人的餐桌。",)},
         {"en": ("{name} and I are taking {guests} friends out in {city} tonight. Reserve a table for all of us at "
                 "{evening} o'clock.",),
          "zh": ("今晚我和{name}要在{city}请{guests}个朋友吃饭，帮我们订一张{evening}点的餐桌，正好坐得下所有人。",)}),
    Tool("convert_length", {"en": "converts a length from one unit to another (m, km, cm)",
                            "zh": "换算长度单位（m、km、cm）"}, {"value": "number", "from": "string", "to": "string"},
         {"en": ("How many {small} are {value} {large}?",), "zh": ("{value} {large} 等于多少 {small}？",)},
         {"en": ("What is {value} {large_} in {small_}?",), "zh": ("{value}{large_}合多少{small_}？",)}),
    Tool("add_to_list", {"en": "puts an entry, named as the user names it, on the shopping list",
                         "zh": "把一样东西记入购物清单，名称照用户的说法"}, {"entry": "string", "amount": "integer"},
         {"en": ("Put {amount} {food} on the shopping list.",), "zh": ("购物清单上加{amount}{measure}{food}。",)},
         {"en": ("Put {dozens} {dozen_food} on the shopping list.",), "zh": ("购物清单上加{dozens}{dozen_food}。",)}),
)  # fmt: skip
_FOODS: Final = {"en": (("lemons", ""), ("onions", ""), ("eggs", ""), ("candles", "")),
                 "zh": (("柠檬", "个"), ("豆腐", "块"), ("牛奶", "盒"), ("面条", "把"))}  # fmt: skip
_DOZEN: Final = {"en": ("eggs", "candles", "lemons"), "zh": ("鸡蛋", "啤酒", "袜子")}
_DOZENS: Final = {"en": {6: "half a dozen", 12: "a dozen", 24: "two dozen"}, "zh": {6: "半打", 12: "一打", 24: "两打"}}
_SPANS: Final = {
    "en": {15: "a quarter of an hour", 45: "three quarters of an hour", 75: "an hour and a quarter",
           90: "an hour and a half", 105: "an hour and three quarters", 150: "two and a half hours"},
    "zh": {15: "一刻钟", 45: "三刻钟", 75: "一个小时零一刻钟", 90: "一个半小时", 105: "一个小时零三刻钟",
           150: "两个半小时"},
}  # fmt: skip
_DAYS: Final = {"en": {1: "tomorrow", 2: "the day after tomorrow", 7: "a week from today"},
                "zh": {1: "明天", 2: "后天", 3: "大后天"}}  # fmt: skip
_SENT: Final = {"en": ("I am running late", "The parcel is here", "See you at the gate", "Lunch is on me"),
                "zh": ("我会晚点到", "包裹收到了", "大门口见", "午饭我请")}  # fmt: skip
_FAR: Final = {"en": ("Tokyo", "Sydney", "Cairo", "Lima", "Nairobi", "Toronto"),
               "zh": ("东京", "悉尼", "开罗", "伦敦", "巴黎", "纽约")}  # fmt: skip
_UNITS: Final = {"en": {"km": "kilometres", "m": "metres", "cm": "centimetres"},
                 "zh": {"km": "公里", "m": "米", "cm": "厘米"}}  # fmt: skip


def toolbox(rng: Random, count: int) -> list[Tool]:
    """So many tools, each another."""
    return rng.sample(_TOOLS, count)


def request(rng: Random, language: str, tool: Tool, implied: bool = False) -> Request:
    """A request for a tool, and its call; ``implied`` arguments must be worked out from what is said."""
    large, small = pick(rng, (("km", "m"), ("m", "cm"), ("km", "cm")))
    food, measure = pick(rng, _FOODS[language])
    hour, minute, before = between(rng, 13, 21), between(rng, 1, 59), between(rng, 2, 9) * 5
    people, evening = between(rng, 4, 9), between(rng, 6, 9)
    words: dict[str, Any] = {
        "clock": _clock(rng, language, hour * 60 + minute), "before": before,
        "later": _clock(rng, language, hour * 60 + minute + before), "minutes": between(rng, 3, 95),
        "span": pick(rng, tuple(_SPANS[language])), "city": pick(rng, PLACES[language]), "days": between(rng, 2, 6),
        "day": pick(rng, tuple(_DAYS[language])), "far": pick(rng, _FAR[language]), "name": pick(rng, NAMES[language]),
        "words": pick(rng, _SENT[language]), "people": people, "guests": people - 2, "hour": evening + 12,
        "evening": evening, "value": between(rng, 2, 400), "large": large, "small": small,
        "large_": _UNITS[language][large], "small_": _UNITS[language][small], "amount": between(rng, 2, 12),
        "food": food, "measure": measure, "dozens": pick(rng, tuple(_DOZENS[language])),
        "dozen_food": pick(rng, _DOZEN[language]),
    }  # fmt: skip
    call: dict[str, Json] = {"name": tool.name, "arguments": _arguments(tool.name, words, (hour, minute), implied)}
    said = words | {"span": _SPANS[language][words["span"]], "day": _DAYS[language][words["day"]],
                    "dozens": _DOZENS[language][words["dozens"]]}  # fmt: skip
    text = pick(rng, (tool.implied if implied else tool.asked)[language]).format(**said)
    return Request(text.replace("p.m..", "p.m."), call)


def _arguments(name: str, words: dict[str, Any], time: tuple[int, int], implied: bool) -> dict[str, Json]:
    match name:
        case "set_alarm":
            return {"hour": time[0], "minute": time[1]}
        case "start_timer":
            return {"minutes": words["span" if implied else "minutes"]}
        case "get_weather":
            return {"city": words["city"], "days_ahead": words["day" if implied else "days"]}
        case "get_local_time":
            return {"city": words["far"]}
        case "send_message":
            return {"to": words["name"], "text": words["words"]}
        case "call_person":
            return {"to": words["name"]}
        case "book_table":
            return {"city": words["city"], "people": words["people"], "hour": words["hour"]}
        case "convert_length":
            return {"value": words["value"], "from": words["large"], "to": words["small"]}
        case _:
            kind, amount = ("dozen_food", "dozens") if implied else ("food", "amount")
            return {"entry": words[kind], "amount": words[amount]}


def _clock(rng: Random, language: str, minutes: int) -> str:
    """A time of day after noon, on a clock of 24 hours or of 12."""
    hour, minute = divmod(minutes, 60)
    if rng.random() < 0.5:
        return f"{hour}:{minute:02}"
    if language == "en":
        return f"{hour - 12}:{minute:02} p.m."
    spoken = f"零{minute}分" if 0 < minute < 10 else f"{minute}分" if minute else "整"
    return f"{'下午' if hour < 18 else '晚上'}{hour - 12}点{spoken}"


def shown(rng: Random, language: str, tools: Sequence[Tool], requests: Sequence[str], change: str = "") -> str:
    """The tools in a random order, the requests in theirs, what is changed about them, and the form of the answer."""
    described = [{"name": tool.name, "description": tool.does[language], "parameters": tool.parameters}
                 for tool in shuffled(rng, tools)]  # fmt: skip
    text = "\n".join(json.dumps(tool, ensure_ascii=False) for tool in described)
    said = requests[0] if len(requests) == 1 else "\n" + "\n".join(f"{n}. {one}" for n, one in enumerate(requests, 1))
    said += f"\n{change}" if change else ""
    if language == "en":
        head = "You can call these tools, with exactly the parameters shown; hours are counted from 0 to 23:"
        tail = "Answer with nothing but a JSON array of the calls, in the order in which the user wants them, each of "
        tail += 'the form {"name": "...", "arguments": {...}}. If no tool fits, answer with [].'
        return f"{head}\n\n{text}\n\nThe user says: {said}\n\n{tail}".replace("says: \n", "says:\n")
    head = "你可以调用下列工具，参数必须与所列完全一致，小时按0到23计："
    tail = '请只输出一个 JSON 数组，按用户希望的先后列出各次调用，每次调用形如 {"name": "...", "arguments": {...}}。'
    tail += "没有合适的工具时输出 []。"
    return f"{head}\n\n{text}\n\n用户说：{said}\n\n{tail}"

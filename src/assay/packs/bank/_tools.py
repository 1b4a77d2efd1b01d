"""Tools that can be offered, and requests that need one of them."""

import json
from collections.abc import Sequence
from random import Random
from typing import Any, Final, NamedTuple

from assay.packs.bank._make import between, pick, shuffled
from assay.packs.bank._words import NAMES, PLACES
from assay.vocabulary.record import Json


class Tool(NamedTuple):
    """A tool: its name, what it does, its parameters, and a request for it, the last by language."""

    name: str
    does: dict[str, str]
    parameters: dict[str, str]
    asked: dict[str, tuple[str, ...]]


class Request(NamedTuple):
    """A request in words, and the call that it needs."""

    text: str
    call: dict[str, Json]


_TOOLS: Final = (
    Tool("set_alarm", {"en": "rings once at a time of day (24 h)", "zh": "在指定时刻（24小时制）响一次铃"},
         {"hour": "integer", "minute": "integer"},
         {"en": ("Wake me at {clock}.", "I need an alarm for {clock}."), "zh": ("请在{clock}叫醒我。",
         "帮我定一个{clock}的闹钟。")}),
    Tool("start_timer", {"en": "rings after a number of minutes", "zh": "在若干分钟后响铃"}, {"minutes": "integer"},
         {"en": ("Tell me when {minutes} minutes are over.", "Start a countdown of {minutes} minutes."),
          "zh": ("过{minutes}分钟提醒我一声。", "开始{minutes}分钟倒计时。")}),
    Tool("get_weather", {"en": "weather forecast for a city, some days from today (0 is today)",
                         "zh": "查询某城市若干天后的天气（0表示今天）"}, {"city": "string", "days_ahead": "integer"},
         {"en": ("What will the weather be like in {city} in {days} days?",), "zh": ("{city}{days}天后天气怎么样？",)}),
    Tool("get_local_time", {"en": "the present time of day in a city", "zh": "查询某城市当前的时间"},
    {"city": "string"},
         {"en": ("What time is it in {city} now?", "Tell me the present time in {city}."),
          "zh": ("{city}现在几点？", "查一下{city}此刻的时间。")}),
    Tool("send_message", {"en": "sends a text to one person", "zh": "给一个人发送文字消息"}, {"to": "string",
    "text": "string"},
         {"en": ("Send {name} the message \"{words}\".",), "zh": ("给{name}发一条消息：“{words}”。",)}),
    Tool("call_person", {"en": "phones one person", "zh": "拨打一个人的电话"}, {"to": "string"},
         {"en": ("Phone {name}, please.", "Give {name} a ring."), "zh": ("给{name}打个电话。",
         "帮我拨通{name}的电话。")}),
    Tool("book_table", {"en": "reserves a table in a restaurant of a city", "zh": "在某城市的餐馆订座"},
         {"city": "string", "people": "integer", "hour": "integer"},
         {"en": ("Reserve a table for {people} in {city} at {hour}:00 tonight.",),
         "zh": ("今晚{hour}点，在{city}订一张{people}人的餐桌。",)}),
    Tool("convert_length", {"en": "converts a length from one unit to another (m, km, cm)",
                            "zh": "换算长度单位（m、km、cm）"}, {"value": "number", "from": "string", "to": "string"},
         {"en": ("How many {small} are {value} {large}?",), "zh": ("{value} {large} 等于多少 {small}？",)}),
    Tool("add_to_list", {"en": "puts an entry on the shopping list", "zh": "把一样东西记入购物清单"},
         {"entry": "string", "amount": "integer"},
         {"en": ("Put {amount} {food} on the shopping list.",), "zh": ("购物清单上加{amount}份{food}。",)}),
)  # fmt: skip
_FOODS: Final = {"en": ("lemons", "onions", "eggs", "candles"), "zh": ("柠檬", "豆腐", "牛奶", "面条")}
_SENT: Final = {"en": ("I am running late", "The parcel is here", "See you at the gate", "Lunch is on me"),
                "zh": ("我会晚点到", "包裹收到了", "大门口见", "午饭我请")}  # fmt: skip


def toolbox(rng: Random, count: int) -> list[Tool]:
    """So many tools, each another."""
    return rng.sample(_TOOLS, count)


def request(rng: Random, language: str, tool: Tool) -> Request:
    """A request for a tool, and its call."""
    hour, minute = between(rng, 13, 22), between(rng, 1, 59)
    clock = f"{hour}:{minute:02}" if rng.random() < 0.5 else \
        (f"{hour - 12}:{minute:02} p.m." if language == "en" else f"{'下午' if hour < 18 else '晚上'}{hour - 12}点"
                                                                  f"{minute}分")  # fmt: skip
    large, small = pick(rng, (("km", "m"), ("m", "cm"), ("km", "cm")))
    words: dict[str, Any] = {
        "clock": clock.rstrip("."), "minutes": between(rng, 3, 95), "city": pick(rng, PLACES[language]),
        "days": between(rng, 2, 6), "name": pick(rng, NAMES[language]), "words": pick(rng, _SENT[language]),
        "people": between(rng, 2, 9), "hour": between(rng, 18, 21), "value": between(rng, 2, 400), "large": large,
        "small": small, "amount": between(rng, 2, 12), "food": pick(rng, _FOODS[language]),
    }  # fmt: skip
    if language == "zh" and tool.name == "book_table":
        words["hour"] -= 12
    arguments: dict[str, dict[str, Json]] = {
        "set_alarm": {"hour": hour, "minute": minute}, "start_timer": {"minutes": words["minutes"]},
        "get_weather": {"city": words["city"], "days_ahead": words["days"]}, "get_local_time": {"city": words["city"]},
        "send_message": {"to": words["name"], "text": words["words"]}, "call_person": {"to": words["name"]},
        "book_table": {"city": words["city"], "people": words["people"], "hour": words["hour"] % 12 + 12},
        "convert_length": {"value": words["value"], "from": large, "to": small},
        "add_to_list": {"entry": words["food"], "amount": words["amount"]},
    }  # fmt: skip
    return Request(pick(rng, tool.asked[language]).format(**words), {"name": tool.name,
        "arguments": arguments[tool.name]})


def shown(rng: Random, language: str, tools: Sequence[Tool], requests: Sequence[str]) -> str:
    """The tools in a random order, the requests in theirs, and the form of the answer."""
    described = [{"name": tool.name, "description": tool.does[language], "parameters": tool.parameters}
                 for tool in shuffled(rng, tools)]  # fmt: skip
    text = "\n".join(json.dumps(tool, ensure_ascii=False) for tool in described)
    if language == "en":
        head = "You can call these tools, with exactly the parameters shown; hours are counted from 0 to 23:"
        tail = "Answer with nothing but a JSON array of the calls, in the order of the request, each of the form "
        tail += '{"name": "...", "arguments": {...}}. If no tool fits, answer with [].'
        return f"{head}\n\n{text}\n\nThe user says: {' Then: '.join(requests)}\n\n{tail}"
    head = "你可以调用下列工具，参数必须与所列完全一致，小时按0到23计："
    tail = '请只输出一个 JSON 数组，按用户要求的先后列出各次调用，每次调用形如 {"name": "...", "arguments": {...}}。'
    tail += "没有合适的工具时输出 []。"
    return f"{head}\n\n{text}\n\n用户说：{'然后，'.join(requests)}\n\n{tail}"

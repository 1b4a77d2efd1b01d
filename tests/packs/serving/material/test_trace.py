"""Traces in the column forms of three sources; what is in them is kept, and what cannot be is named by its line."""

import json
from pathlib import Path

import pytest

from assay.catalogue.find import locate
from assay.packs.serving._arrivals import Arrivals
from assay.packs.serving.material.trace import Trace
from assay.testing.check import check_part
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Material

MOONCAKE = """{"timestamp": 0, "input_length": 1100, "output_length": 500, "hash_ids": [0, 1, 2]}
{"timestamp": 3052, "input_length": 1025, "output_length": 490, "hash_ids": [0, 1, 3]}

{"timestamp": 3052, "input_length": 512, "output_length": 794, "hash_ids": [0]}
{"timestamp": 6000.5, "input_length": 30, "output_length": 7, "hash_ids": [9]}
"""
BURSTGPT = """Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type
5,ChatGPT,472,18,490,Conversation log
45,ChatGPT,0,0,0,Conversation log
118,GPT-4,417,276,693,API log
118.5,GPT-4,17,0,17,API log
185,ChatGPT,1360,647,2007,Conversation log
"""
BURSTGPT_2 = """Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type
19440110.0,1722ac82,43,GPT-4,906,446,1352,Conversation log
19440161.0,,2,ChatGPT,36,29,65,API log
19440192.0,1722ac82,8,GPT-4,1779,123,1902,Conversation log
"""
AZURE = """TIMESTAMP,ContextTokens,GeneratedTokens
2023-11-16 18:15:46.6805900,374,44
2023-11-16 18:15:50.9951690,396,109
2023-11-16 18:15:51.2224671,879,55
"""
REAL = Path(__file__).parent / "traces"
AZURE_2024 = """TIMESTAMP,ContextTokens,GeneratedTokens
2024-05-12 00:00:00+00:00,374,44
2024-05-12 00:00:01.009930+00:00,396,109
2024-05-12 02:00:03.5+02:00,879,55
"""


@pytest.fixture
def load(tmp_path: Path):
    def loaded(text: str | bytes, **settings: object) -> Material:
        data = text if isinstance(text, bytes) else text.encode()
        (tmp_path / "a.trace").write_bytes(data)
        return Trace(path="a.trace", **settings).load(tmp_path)

    return loaded


def columns(material: Material) -> list[tuple[float, int, int]]:
    return [(i.stimulus["at_s"], i.stimulus["prompt"].count(" ") + 1, i.stimulus["max_tokens"]) for i in material.items]


def test_meets_the_contract() -> None:
    assert check_part(locate("material", "serving.trace", "test")) == []


def test_mooncake(load) -> None:
    made = load(MOONCAKE)
    assert columns(made) == [(0.0, 1100, 500), (3.052, 1025, 490), (3.052, 512, 794), (6.0005, 30, 7)]
    one, two, three, four = (item.stimulus["prompt"].split(" ") for item in made.items)
    assert one[:1024] == two[:1024] and one[1024] != two[1024] and three == one[:512] and four[0] != one[0]
    assert one[512:1024] != one[:512]
    assert made.places == ("a.trace:1", "a.trace:2", "a.trace:4", "a.trace:5") and made.items[2].id == "4"
    assert "Mooncake" in made.source and "4 requests" in made.source and made.items[0].tags == ()


def test_blocks_are_scaled_with_the_prompts(load) -> None:
    made = load(MOONCAKE, prompt_share=0.1, output_share=0.01)
    assert columns(made) == [(0.0, 110, 5), (3.052, 102, 5), (3.052, 51, 8), (6.0005, 3, 1)]
    one, two, three = (item.stimulus["prompt"].split(" ") for item in made.items[:3])
    assert one[:102] == two[:102] and three == one[:51]
    assert "prompts at 0.1 and answers at 0.01 of their length" in made.source
    characters = load(MOONCAKE, prompt_share=0.1, unit="character")
    assert [len(item.stimulus["prompt"]) for item in characters.items] == [110, 102, 51, 3]


def test_burstgpt(load) -> None:
    made = load(BURSTGPT)
    assert columns(made) == [(0.0, 472, 18), (113.0, 417, 276), (180.0, 1360, 647)]
    assert [item.stimulus["class"] for item in made.items] == ["ChatGPT", "GPT-4", "ChatGPT"]
    assert made.items[1].tags == ("class:GPT-4",) and made.items[1].group is None
    assert "BurstGPT" in made.source and "2 without prompt or answer tokens left out" in made.source


def test_burstgpt_with_sessions(load) -> None:
    made = load("\ufeff" + BURSTGPT_2.replace("\n", "\r\n"))
    assert [item.group for item in made.items] == ["1722ac82", None, "1722ac82"]
    assert [item.stimulus["at_s"] for item in made.items] == [0.0, 51.0, 82.0]
    assert all("session" not in item.stimulus for item in made.items), "each comes at its own time"


def test_azure_keeps_the_seventh_decimal(load) -> None:
    assert columns(load(AZURE)) == [(0.0, 374, 44), (4.314579, 396, 109), (4.5418771, 879, 55)]
    assert [at for at, _, _ in columns(load(AZURE_2024))] == [0.0, 1.00993, 3.5]


def test_real_rows_of_azure() -> None:
    made = Trace(path="azure_2023_conv.csv").load(REAL)
    found = columns(made)
    assert len(found) == 21 and found[0] == (0.0, 374, 44) and found[-1] == (37.124806, 2, 93)
    assert found[13] == (10.106379, 2221, 15)  # 18:15:56.7869690 after 18:15:46.6805900
    beginnings = [item.stimulus["prompt"][:40] for item in made.items]
    assert len(set(beginnings)) == 21, "the same length twice (91 tokens) is not the same prompt"
    at_s = [item.stimulus["at_s"] for item in made.items]
    at_ns = Arrivals(arrivals="replay").schedule(21, 0, at_s).at_ns
    assert at_ns.tolist() == [round(at * 1e9) for at in at_s] and at_ns[1] == 4_314_579_000


def test_real_rows_of_mooncake_come_in_bursts_and_share_their_first_block() -> None:
    made = Trace(path="mooncake_conversation.jsonl").load(REAL)
    found = columns(made)
    assert [at for at, _, _ in found] == [0.0] * 5 + [3.0] * 2 + [5.999] + [9.0] * 2 + [12.0, 15.0]
    rows = [json.loads(line) for line in (REAL / "mooncake_conversation.jsonl").read_text("utf-8").splitlines()]
    assert [(prompt, output) for _, prompt, output in found] == [(r["input_length"], r["output_length"]) for r in rows]
    words = [item.stimulus["prompt"].split(" ") for item in made.items]
    assert all(one[:512] == words[0][:512] for one in words), "block 0"
    assert len({tuple(one[512:516]) for one in words}) == 12, "each goes on by itself"
    at_ns = Arrivals(arrivals="replay").schedule(12, 0, [at for at, _, _ in found]).at_ns
    assert (at_ns[:5] == 0).all() and at_ns[-1] == 15 * 10**9
    fast = Trace(path="mooncake_conversation.jsonl", speed=3, prompt_share=0.05, output_share=0.05).load(REAL)
    assert columns(fast)[4:8] == [(0.0, 338, 1), (1.0, 46, 18), (1.0, 101, 18), (1.999666667, 53, 1)]
    assert len({tuple(item.stimulus["prompt"].split(" ")[:26]) for item in fast.items}) == 1


def test_times_are_compressed_and_cut(load) -> None:
    made = load(BURSTGPT, speed=60, from_s=100)
    assert [at for at, _, _ in columns(made)] == [0.0, round(67 / 60, 9)]
    assert "from 100 s on" in made.source and "times divided by 60" in made.source
    assert len(load(BURSTGPT, limit=2).items) == 2
    assert len(load(BURSTGPT + "nonsense\n", limit=2).items) == 2, "what comes after is not read"


def test_the_schedule_is_that_of_the_trace(load) -> None:
    made = load(AZURE)
    at_s = [item.stimulus["at_s"] for item in made.items]
    assert Arrivals(arrivals="replay").schedule(3, 0, at_s).at_ns.tolist() == [0, 4_314_579_000, 4_541_877_100]


def test_texts_are_of_the_seed_and_have_no_beginning_in_common(load) -> None:
    rows = "".join(json.dumps({"timestamp": n, "input_length": 8, "output_length": 1}) + "\n" for n in range(5000))
    texts = [item.stimulus["prompt"] for item in load(rows).items]
    assert len({" ".join(text.split(" ")[:4]) for text in texts}) == 5000
    assert texts == [item.stimulus["prompt"] for item in load(rows).items]
    assert texts != [item.stimulus["prompt"] for item in load(rows, seed=1).items]
    assert all(len(item.stimulus["prompt"]) == 8 for item in load(rows, language="zh").items)


def row(**changes: object) -> str:
    return json.dumps({"timestamp": 5, "input_length": 8, "output_length": 1} | changes) + "\n"


HEAD = "TIMESTAMP,ContextTokens,GeneratedTokens\n"
BURST = "Timestamp,Request tokens,Response tokens\n"

BAD = {
    "back": (row() + row(timestamp=4), "line 2: time goes back, to 4 after 5 on"),
    "back, decimals": (row(timestamp=1700158630000.25) + row(timestamp=1700158630000.125),
                       "line 2: time goes back, to 1700158630000.125 after 1700158630000.25 on"),
    "back, csv": (BURST + "1700158630.50,1,1\n1700158630.25,1,1\n",
                  "line 3: time goes back, to 1700158630.25 after 1700158630.50 on"),
    "back, azure": (AZURE + "2023-11-16 18:15:51.2224670,1,1\n",
                    "to 2023-11-16 18:15:51.2224670 after 2023-11-16 18:15:51.2224671 on"),
    "empty": ("", "empty"),
    "blank": ("\n \n\t\n", "empty"),
    "no request": (HEAD, "no request with prompt and answer tokens"),
    "only failures": (BURST + "1,5,0\n", "(1 without)"),
    "columns": ("time,in,out\n1,2,3\n", "its columns are 'time', 'in', 'out'; expected those of a known trace"),
    "a column is missing": ("TIMESTAMP,ContextTokens\n2023-11-16 18:15:46,374\n", "Azure: TIMESTAMP"),
    "json columns": ('{"timestamp": 1, "prompt": 3}\n', "its columns are 'timestamp', 'prompt'"),
    "later row without": (row() + '{"timestamp": 6}\n', "line 2: 'input_length' is missing"),
    "negative": (row(input_length=-1), "line 1: input_length is -1; expected a whole number"),
    "absurd": (row(output_length=10**12), "output_length is 1000000000000; expected"),
    "huge": ('{"timestamp": 1, "input_length": 1e999, "output_length": 1}\n', "line 1"),
    "digits": (row(hash_ids=[0.5]), "hash_ids is [0.5]; expected a list of whole numbers"),
    "half": (row(input_length=2.5), "input_length is 2.5"),
    "text": (row(input_length="8"), "input_length is '8'"),
    "true": (row(input_length=True), "input_length is True"),
    "nan in json": ('{"timestamp": NaN, "input_length": 8, "output_length": 1}\n', "line 1: not JSON"),
    "nan in csv": (BURST + "nan,1,1\n", "line 2: Timestamp is 'nan'"),
    "inf in csv": (BURST + "1,inf,1\n", "Request tokens is 'inf'"),
    "underscore": (BURST + "1,1_000,1\n", "Request tokens is '1_000'"),
    "huge in csv": (BURST + f"1,{'9' * 5000},1\n", "Request tokens is '999"),
    "time before 0": (row(timestamp=-1), "timestamp is -1"),
    "a time of ages": (row(timestamp=10**300), "timestamp is 1000"),
    "no time": (HEAD + "yesterday,1,1\n", "TIMESTAMP is 'yesterday'"),
    "no such day": (HEAD + "2023-02-30 00:00:00,1,1\n", "TIMESTAMP is '2023-02-30"),
    "mixed offsets": (HEAD + "2023-02-03 00:00:00,1,1\n2023-02-03 00:00:01Z,1,1\n", "in all lines, or in none"),
    "too few cells": (HEAD + "2023-02-03 00:00:00,1\n", "line 2: 2 columns, but the header has 3"),
    "a quote": (BURST + '1,"1,1\n2,1,1\n', "line 2: not CSV"),
    "other blocks": (row(input_length=502, hash_ids=[*range(32)]), "32 hash_ids for 502 tokens; expected 1"),
    "list": (row() + "[1]\n", "line 2: not a JSON object"),
    "deep": (row() + "[" * 100_000 + "\n", "line 2: not JSON"),
    "long": (row() + '{"timestamp": ' + " " * 5_000_000, "line 2: longer than"),
    "long first": ("x" * 5_000_000, "line 1: longer than"),
    "encoding": (BURST.encode("utf-16"), "not UTF-8"),
    "encoding of a row": ((BURST + "1,1,1\n").encode() + b"2,1,\xff\n", "a.trace:3: not UTF-8"),
    "zeros": (b"\x00" * 100, "its columns are"),
    "long name": ("Timestamp,Request tokens,Response tokens,Model\n1,1,1," + "m" * 300, "at most 200 characters"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_traces_are_refused_with_one_message(name: str, load) -> None:
    text, said = BAD[name]
    with pytest.raises(BadInput) as found:
        load(text)
    assert said in str(found.value)
    assert len(str(found.value)) < 500 and "\n" not in str(found.value)
    assert found.value.message("zh") != str(found.value)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"limit": 0}, "'limit' is 0"), ({"speed": 0.0}, "'speed' is 0.0"), ({"from_s": -1.0}, "'from_s' is -1"),
        ({"prompt_share": 2.0}, "'prompt_share' is 2.0"), ({"output_share": float("nan")}, "'output_share' is nan"),
        ({"prompt_share": 0.001}, "'prompt_share' is 0.001"), ({"from_s": 1e6}, "from 1e+06 s after the first on"),
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(settings: dict[str, object], said: str, load) -> None:
    with pytest.raises(BadInput) as found:
        load(MOONCAKE, **settings)
    assert said in str(found.value)


def test_a_file_that_is_not_there_or_no_file(tmp_path: Path) -> None:
    for path, code in (("none.csv", "file.missing"), (".", "file.unreadable")):
        with pytest.raises(BadInput) as found:
            Trace(path=path).load(tmp_path)
        assert found.value.code == code


def test_prompts_beyond_memory_are_refused(load) -> None:
    rows = "".join(row(timestamp=n, input_length=9_000_000) for n in range(20))
    with pytest.raises(BadInput, match="kept in memory"):
        load(rows)

"""The least that can be done: ask every item once, look at the answer, count it, keep nothing.

What a measurement costs above this loop is the price of the measuring tool.

    python bare_loop.py items.jsonl http://127.0.0.1:8000/v1 256
"""

import asyncio
import json
import sys

import aiohttp
import uvloop


async def ask(session: aiohttp.ClientSession, url: str, items: list[dict], right: list[int]) -> None:
    """One connection's worth of the work: take the next item until there is none."""
    while items:
        item = items.pop()
        options = "\n".join(f"{letter}) {text}" for letter, text in zip("ABCD", item["choices"], strict=True))
        text = f"{item['input']}\n\n{options}\n\nAnswer with one letter."
        body = {"model": "m", "messages": [{"role": "user", "content": text}], "max_tokens": 16}
        async with session.post(url, json=body) as response:
            answer = json.loads(await response.read())
        right[0] += answer["choices"][0]["message"]["content"].strip()[-1:] == item["target"]


async def main(path: str, base_url: str, connections: int) -> None:
    with open(path, encoding="utf-8") as file:
        items = [json.loads(line) for line in file]
    number, right = len(items), [0]
    connector = aiohttp.TCPConnector(limit=connections)
    async with aiohttp.ClientSession(connector=connector) as session:
        url = f"{base_url}/chat/completions"
        await asyncio.gather(*(ask(session, url, items, right) for _ in range(connections)))
    print(json.dumps({"items": number, "score": right[0] / number}))


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))

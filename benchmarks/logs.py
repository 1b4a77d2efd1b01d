"""Logs to import: an Inspect log of any length in the true format, made from one real sample, and plain JSON lines."""

import json
import random
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import zstandard

REAL = Path(__file__).parent.parent / "tests" / "reference" / "logs" / "inspect" / "m1.eval"
EPOCHS = 4
WORDS = ("aquifer", "crystal", "currency", "energy", "engine", "enzyme", "glacier", "harvest", "lattice", "market",
         "mineral", "neuron", "plasma", "polymer", "river", "senate", "signal", "tariff", "treaty",
         "voltage")  # fmt: skip


class Zip:
    """Writes an archive packed with zstd (method 93), which Python's own module does from 3.14 on only."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._pack: Callable[[bytes], bytes] = zstandard.ZstdCompressor(level=3).compress
        self._entries: list[tuple[bytes, int, int, int, int]] = []

    def add(self, name: str, content: object) -> None:
        data = json.dumps(content).encode()
        packed, start = self._pack(data), self._file.tell()
        facts = (zlib.crc32(data), len(packed), len(data))
        self._file.write(struct.pack("<4s5H3L2H", b"PK\3\4", 63, 0, 93, 0, 33, *facts, len(name), 0))
        self._file.write(name.encode() + packed)
        self._entries.append((name.encode(), start, *facts))

    def close(self) -> None:
        start = self._file.tell()
        for name, offset, *facts in self._entries:
            head = struct.pack("<4s6H3L5H2L", b"PK\1\2", 63, 63, 0, 93, 0, 33, *facts, len(name), 0, 0, 0, 0, 0, offset)
            self._file.write(head + name)
        size, n = self._file.tell() - start, len(self._entries)
        self._file.write(struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, n, n, size, start, 0))
        self._file.close()


def member(name: str) -> dict:
    """One member of the real log."""
    from zipfile import ZipFile

    with ZipFile(REAL) as archive, REAL.open("rb") as file:
        entry = archive.getinfo(name)
        file.seek(entry.header_offset + 26)
        skip = sum(struct.unpack("<2H", file.read(4)))
        file.seek(skip, 1)
        packed = file.read(entry.compress_size)
    return json.loads(zstandard.ZstdDecompressor().decompress(packed, max_output_size=entry.file_size))


def samples(number: int, seed: int = 1) -> Iterator[tuple[dict, dict]]:
    """Samples and their summaries: the real one with another id, other words and another outcome."""
    draw = random.Random(seed)
    text, short = json.dumps(member("samples/Q00000_epoch_1.json")), json.dumps(member("summaries.json")[0])
    question = json.loads(short)["input"].partition("] ")[2]
    for place in range(number):
        item, epoch = f"Q{place // EPOCHS:05}", place % EPOCHS + 1
        words = " ".join(random.Random(item).choices(WORDS, k=len(question.split())))
        letter = "D" if draw.random() < 0.6 else "B"
        made = []
        for template in (text, short):
            made.append(json.loads(template.replace(question, words).replace("ANSWER: D", f"ANSWER: {letter}")))
            made[-1].update(id=item, epoch=epoch, uuid=f"u{place:021}")
            made[-1]["scores"]["choice"].update(value="C" if letter == "D" else "I", answer=letter)
        yield made[0], made[1]


def inspect_log(path: Path, number: int) -> float:
    """Write a log of so many samples (four epochs of each item); the accuracy that is printed in it."""
    header, summaries, right = member("header.json"), [], 0
    archive = Zip(path)
    archive.add("_journal/start.json", {key: header[key] for key in ("version", "eval", "plan")})
    for sample, summary in samples(number):
        archive.add(f"samples/{sample['id']}_epoch_{sample['epoch']}.json", sample)
        summaries.append(summary)
        right += summary["scores"]["choice"]["value"] == "C"
    header["eval"]["dataset"].update(samples=number // EPOCHS, sample_ids=[f"Q{n:05}" for n in range(number // EPOCHS)])
    header["eval"]["config"]["epochs"] = EPOCHS
    header["results"].update(total_samples=number, completed_samples=number)
    header["results"]["scores"][0]["metrics"]["accuracy"]["value"] = right / number
    archive.add("summaries.json", summaries)
    archive.add("header.json", header)
    archive.close()
    return right / number


def plain(path: Path, number: int) -> float:
    """Write so many rows of JSON lines, ten repeats of each item; the mean score."""
    draw, total = random.Random(2), 0
    with path.open("w", encoding="utf-8") as file:
        for place in range(number):
            score = int(draw.random() < 0.7)
            total += score
            file.write(f'{{"item": "q{place // 10}", "repeat": {place % 10 + 1}, "score": {score}}}\n')
    return total / number

"""Load tools against a server whose times are known: the error of what each of them says, and of our own client."""

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from environments import NotHad

from assay.api.timing.client import Asked, calibrate_client
from assay.testing.timing import LOADS
from assay.timing.calibration.calibrate import Load, calibrated
from assay.vocabulary.errors import AssayError
from tables.table import Setup, Table, say

COLUMNS = ["client", "chunks/s", "TTFT mean", "truth", "error", "p99 error", "E2E error"]
LINES = ("hello there", "what time is it", "how far is it")
CHUNKS = 64


@dataclass(frozen=True)
class Peer:
    """A load tool: what pip installs, and its command line.

    ``{tokenizer}`` and ``{prompts}`` stand for files made here; ``{streams}``, ``{count}`` and ``{tokens}`` for the
    load.
    """

    name: str
    pip: tuple[str, ...]
    command: str
    npm: tuple[str, ...] = ()
    is_peer: bool = True


PEERS = (
    Peer("guidellm", ("guidellm==0.8.1",),
         "guidellm run --backend kind=openai_http,target={url},model={model} "
         "--profile kind=concurrent,streams={streams} --constraint kind=max_requests,count={count} "
         "--data kind=json_file,path={prompts}.jsonl --output kind=json,path={folder}/benchmarks.json "
         "--disable-console"),
    Peer("aiperf", ("aiperf==0.13.0",),
         "aiperf profile --model {model} --url {url} --endpoint-type chat --streaming --tokenizer {tokenizer} "
         "--concurrency {streams} --request-count {count} --osl {tokens} --isl 16 --artifact-dir {folder} --ui none"),
    Peer("evalscope", ("evalscope[perf]==1.14.1",),
         "evalscope perf --url {chat_url} --model {model} --api openai --dataset line_by_line "
         "--dataset-path {prompts}.txt --parallel {streams} --number {count} --max-tokens {tokens} --stream "
         "--outputs-dir {folder}"),
)  # fmt: skip


def measure(setup: Setup) -> Table:
    """Each client at 400, 6,400 and 16,000 chunks/s; times in milliseconds."""
    table = Table("timing", "times of a server that are known, as load tools tell them, in milliseconds", COLUMNS)
    wanted = PEERS if any(tool.is_peer for tool in setup.tools) else ()
    with tempfile.TemporaryDirectory() as name:
        prompts, tokenizer = prepared(Path(name))
        for rate in [400] if setup.quick else LOADS:
            load = LOADS[rate]
            table.rows.append(ours(load, table))
            for peer in wanted:
                table.rows.append(theirs(peer, load, setup, (prompts, tokenizer)))
    judged = [one for one in table.data if one["client"] == "Assay"]
    for one in judged:
        limit = f"Assay, {one['rate']:g} chunks/s, where not refused"
        table.target(f"{limit}: mean at most 1 ms", one["mean"], 1.0, " ms", setup.quick)
        table.target(f"{limit}: p99 at most 5 ms", one["p99"], 5.0, " ms", setup.quick)
    table.notes.append("error: what the tool says less the truth of the very requests that it counted; closed loop")
    return table


def ours(load: Load, table: Table) -> list[str]:
    """Our client, uncorrected."""
    found = calibrated(load)
    lines = {(one.quantity, one.statistic): one for one in found.lines}
    keys = (("ttft", "mean"), ("ttft", "p99"), ("e2e", "mean"))
    refused = bool(found.refused)
    errors = [None if refused else abs(lines[key].error) for key in keys[:2]]
    table.data.append({"client": "Assay", "rate": load.chunks_per_s, "mean": errors[0], "p99": errors[1],
                       "refused": found.refused})  # fmt: skip
    name = "Assay"
    if refused:
        reasons = ", ".join(found.refused)
        return [name, f"at {load.chunks_per_s:g} chunks/s: refused: {reasons} (had {found.chunks_per_s:.0f})"]
    mean = lines[keys[0]]
    return [name, f"{found.chunks_per_s:.0f}", f"{mean.true + mean.error:.3f}", f"{mean.true:.3f}",
            *(f"{lines[key].error:+.3f}" if key in lines else "-" for key in keys)]  # fmt: skip


def theirs(peer: Peer, load: Load, setup: Setup, files: tuple[Path, Path]) -> list[str]:
    """A tool of somebody else."""
    say(f"{peer.name} at {load.chunks_per_s:g} chunks/s ...")
    try:
        env = setup.provide(peer)
    except NotHad as reason:
        return [peer.name, f"not had: {reason}"]
    values = {"{prompts}": str(files[0]), "{tokenizer}": str(files[1]), "{streams}": str(load.concurrency),
              "{count}": str(load.concurrency * 8), "{tokens}": str(load.chunks)}  # fmt: skip
    command = peer.command
    for mark, value in values.items():
        command = command.replace(mark, value)
    program, *arguments = command.split()
    if peer.name == "aiperf":
        tokenizer_made(env, files[1])
    asked = Asked(command=(str(env / "bin" / program), *arguments), tool=peer.name, timeout_s=300.0,
                  ttft_ms=load.ttft_ms, gap_ms=load.script.gap_ms, chunks=load.chunks)  # fmt: skip
    with tempfile.TemporaryDirectory() as lab:
        try:
            made = calibrate_client(asked, lab).certificate
        except AssayError as error:
            return [peer.name, f"not measured: {error}"[:150]]
    found = {(one.quantity, one.statistic): one for one in made.values}
    mean, tail, whole = (found.get(key) for key in (("ttft", "mean"), ("ttft", "p99"), ("e2e", "mean")))
    shown = [f"{one.error:+.3f}" if one else "-" for one in (mean, tail, whole)]
    told = [f"{mean.told:.3f}", f"{mean.true:.3f}"] if mean else ["-", "-"]
    return [peer.name, f"{made.load.chunks_per_s:.0f}", *told, *shown]


def prepared(folder: Path) -> tuple[Path, Path]:
    """Prompts as the tools read them (``.txt``, ``.jsonl``), and the folder for a tokenizer."""
    prompts = folder / "prompts"
    prompts.with_suffix(".txt").write_text("\n".join(LINES) + "\n", encoding="utf-8")
    rows = "".join(json.dumps({"prompt": line}) + "\n" for line in LINES * 400)
    prompts.with_suffix(".jsonl").write_text(rows, encoding="utf-8")
    return prompts, folder / "tokenizer"


MAKE_TOKENIZER = """
import json, os, sys
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
out = sys.argv[1]
os.makedirs(out, exist_ok=True)
letters = sorted(pre_tokenizers.ByteLevel.alphabet())
names = {"<unk>": 0, "<s>": 1, "</s>": 2} | {letter: place + 3 for place, letter in enumerate(letters)}
made = Tokenizer(models.BPE(vocab=names, merges=[], unk_token="<unk>"))
made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
made.decoder = decoders.ByteLevel()
made.save(os.path.join(out, "tokenizer.json"))
kind = {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
json.dump(kind | {"model_max_length": 1000000}, open(os.path.join(out, "tokenizer_config.json"), "w"))
"""


def tokenizer_made(env: Path, folder: Path) -> None:
    """A tokenizer of bytes for the tool that insists on one; nothing is fetched."""
    import subprocess

    if not folder.exists():
        python = env / "bin" / "python"
        subprocess.run([str(python), "-c", MAKE_TOKENIZER, str(folder)], check=True, stdout=sys.stderr)

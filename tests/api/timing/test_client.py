"""``assay calibrate-client``: a small naive load tool is held against the truth; what cannot be run or read is said."""

import json
import sys
from pathlib import Path

import pytest

from assay.api.timing.client import Asked, calibrate_client
from assay.api.timing.told import Reads, found, known, reads_of
from assay.cli.main import main
from assay.vocabulary.errors import BadInput
from assay.vocabulary.load_client import sound

TOOL = '''
import http.client, json, sys, time

host, folder, wrong_ms, printed = sys.argv[1].split("/")[2], sys.argv[2], float(sys.argv[3]), sys.argv[4]
rows = []
for _ in range(6):
    connection = http.client.HTTPConnection(host)
    began = time.perf_counter()
    body = json.dumps({"model": sys.argv[5], "stream": True, "max_tokens": 4})
    connection.request("POST", "/v1/chat/completions", body)
    answer, seen = connection.getresponse(), []
    while line := answer.readline():
        if line.startswith(b"data: {") and (json.loads(line[6:])["choices"] or [{}])[0].get("delta", {}).get("content"):
            seen.append(time.perf_counter())
    connection.close()
    rows.append((began, seen))
first = [1000 * (seen[0] - began) + wrong_ms for began, seen in rows[1:]]
gaps = [b - a for _, seen in rows[1:] for a, b in zip(seen, seen[1:])]
mean = sum(first) / len(first)
result = {"times": {"TTFT (ms)": {"mean": mean, "ends": [mean - 1, mean + 1]}}, "itl_s": sum(gaps) / len(gaps), "n": 5}
text = json.dumps(result)
if printed == "yes":
    print("starting ...")
    print(text)
else:
    open(folder + "/result.json", "w").write(text)
'''

READS = ("ttft.mean=times.TTFT (ms).mean", "ttft.mean.low=times.TTFT (ms).ends[0]",
         'ttft.mean.high=times["TTFT (ms)"].ends[1]', "itl.mean=itl_s:s", "count=n")  # fmt: skip


@pytest.fixture
def tool(tmp_path):
    file = tmp_path / "tool.py"
    file.write_text(TOOL)

    def command(wrong_ms=0.0, printed="no"):
        return (sys.executable, str(file), "{url}", "{folder}", str(wrong_ms), printed, "{model}")

    return command


def asked(command, **changes):
    usual = {"result": "*.json", "reads": READS, "ttft_ms": 15.0, "gap_ms": 3.0, "tolerance_ms": 3000.0}
    return Asked(command=command, **{**usual, **changes})


def test_an_honest_tool_passes_and_a_wrong_one_does_not(tool, tmp_path):
    good = calibrate_client(asked(tool()), tmp_path / "lab").certificate
    ttft, itl = good.values
    assert good.passed and sound(good) and (good.seen, good.told, good.compared, good.unclean) == (6, 5, 5, 0)
    assert "more_seen" in good.notes and good.load.streams == 1 and (good.load.ttft_ms, good.load.gap_ms) == (15, 3)
    assert 15 <= ttft.true < 1000 and 0 < ttft.error < 1000 and abs(itl.error) < 500 and 0 < itl.true < 500
    assert ttft.holds in (True, False) and itl.holds is None and ttft.low == pytest.approx(ttft.told - 1)
    bad = calibrate_client(asked(tool(4000.0)), tmp_path / "lab").certificate
    assert not bad.passed and not bad.values[0].fits and bad.values[1].fits and bad.values[0].holds is False
    assert bad.values[0].error > 3500


def test_a_certificate_is_signed_shown_and_verified(tool, tmp_path, capsys):
    lab = str(tmp_path / "lab")
    options = ["--ttft-ms", "15", "--gap-ms", "3", "--tolerance-ms", "3000", "--lab", lab, "--name", "L"]
    reads = [word for text in READS for word in ("--reads", text)]
    assert main(["calibrate-client", *options, *reads, "--", *tool(printed="yes")]) == 0
    out = capsys.readouterr().out
    assert "time to first token, mean" in out and "Every error is within a third" in out
    (path,) = (tmp_path / "lab" / "reports").glob("load-client-*.json")
    assert main(["verify", str(path), "--lab", lab]) == 0
    capsys.readouterr()
    path.write_bytes(path.read_bytes().replace(b"e", b"f", 1))
    assert main(["verify", str(path), "--lab", lab]) == 5
    capsys.readouterr()
    code = main(["calibrate-client", *options, *reads, "--json", "--", *tool(4000.0, "yes")])
    told = json.loads(capsys.readouterr().out)
    assert code == 1 and told["certificate"]["passed"] is False and Path(told["report"]).exists()
    assert main(["calibrate-client", *options, *reads, "--lang", "zh", "--", *tool(4000.0, "yes")]) == 1
    assert "不可信赖" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"command": ()}, "client.no_command"),
        ({"command": ("tool",)}, "client.no_url"),
        ({"command": ("no-such-tool-at-all", "{url}")}, "client.command"),
        ({"tool": "aiperv"}, "client.tool"),
        ({"reads": ("ttft=x",)}, "client.reads"),
        ({"reads": ("ttft.mean",)}, "client.reads"),
        ({"reads": ("count=n",)}, "client.nothing"),
        ({"reads": ()}, "client.nothing"),
        ({"result": "nothing.json"}, "client.no_result"),
        ({"result": "", "reads": READS}, "client.not_json"),
        ({"reads": ("ttft.mean=times.TTFT.mean",)}, "client.no_value"),
        ({"reads": ("ttft.mean=times",)}, "client.no_value"),
        ({"tolerance_ms": 0.0}, "load.setting"),
        ({"chunks": 0}, "load.setting"),
    ],
)
def test_mistakes(tool, tmp_path, changes, code):
    with pytest.raises(BadInput) as caught:
        calibrate_client(asked(**{"command": tool(), **changes}), tmp_path / "lab")
    assert caught.value.code == code and str(caught.value) != code


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("import sys; sys.exit('no luck')", "no luck"),
        ("import time; time.sleep(60)", "had not ended after 0.5 s"),
        ("print('{\"n\": 1}')", "without a streamed answer"),
    ],
)
def test_tools_that_fail(tmp_path, capsys, script, words):
    command = ["--", sys.executable, "-c", script, "{url}"]
    options = ["--lab", str(tmp_path), "--reads", "ttft.mean=n", "--timeout-s", "0.5" if "sleep" in script else "60"]
    assert main(["calibrate-client", *options, *command]) == 4
    assert words in capsys.readouterr().err


def test_tools_that_we_can_read(tmp_path):
    assert set(known()) == {"aiperf", "evalscope", "guidellm", "vllm"}
    for name in known():
        reads = reads_of(name, "", ())
        assert "ttft.mean" in reads.paths and "count" in reads.paths and reads.result.startswith("**/")
    tree = {"request_count": {"avg": 3.0}, "time_to_first_token": dict.fromkeys(("avg", "p50", "p90", "p99"), 7.5),
            "inter_chunk_latency": dict.fromkeys(("avg", "p50", "p90", "p99"), 1.0),
            "request_latency": dict.fromkeys(("avg", "p50", "p90", "p99"), 9.0)}  # fmt: skip
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "profile_export_aiperf.json").write_text(json.dumps(tree))
    told = found(reads_of("aiperf", "", ()), tmp_path, b"")
    assert told.requests == 3 and told.values["ttft.p99"] == 7.5 and told.values["e2e.mean"] == 9.0
    metrics = {"request_totals": {"successful": 4}, "inter_token_latency_ms": {"successful": {"mean": 2.0}}}
    metrics["time_to_first_token_ms"] = {"successful": {"mean": 5.0, "mean_ci": None, "percentiles": {
        "p50": 5.0, "p90": 6.0, "p99": 7.0}}}  # fmt: skip
    metrics["request_latency"] = {"successful": {"mean": 0.02, "percentiles": {"p99": 0.03}}}
    (tmp_path / "benchmarks.json").write_text(json.dumps({"benchmarks": [{"metrics": metrics}]}))
    told = found(reads_of("guidellm", "", ()), tmp_path, b"")
    assert told.values["e2e.mean"] == 20.0 and "ttft.mean.low" not in told.values


@pytest.mark.parametrize("value", ['"7"', "true", "null", "1e400", "[1]"])
def test_what_is_no_number_is_refused(tmp_path, value):
    with pytest.raises(BadInput):
        found(Reads("", {"ttft.mean": "x"}), tmp_path, f'{{"x": {value}}}'.encode())

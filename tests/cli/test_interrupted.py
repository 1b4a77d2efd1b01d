"""A restart that is interrupted: the command ends soon, keeps nothing of it, and says so in one line."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assay.timing.reference.script import Script
from assay.timing.reference.serving import MODEL, serving

FILE = """title = "interrupted"
[subject]
part = "llm.endpoint"
base_url = "{base}"
model = "{model}"
[material]
part = "serving.synthetic"
requests = 60
prompt = 8.0
output = 8.0
[procedure]
part = "serving.load"
arrivals = "constant"
rate = 2.0
repeats = 2
warm_s = 1.0
audited = 0
calibrate_s = 1.0
limits = {{ ttft_ms = 500 }}
"""


@pytest.mark.parametrize(("after_s", "again_s"), [(2.0, 0.0), (6.0, 0.05), (9.0, 0.2)])
def test_an_interruption_ends_a_restart_soon(after_s: float, again_s: float, tmp_path: Path) -> None:
    with serving(Script(ttft_ms=300, gap_ms=50, chunks=8)) as served:
        (tmp_path / "m.toml").write_text(FILE.format(base=served.base + "/v1", model=MODEL))
        command = [sys.executable, "-m", "assay", "measure", "m.toml", "--lab", "lab"]
        with subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            time.sleep(after_s)
            assert process.poll() is None, process.communicate()
            process.send_signal(signal.SIGINT)
            sent_s = time.monotonic()
            if again_s:
                time.sleep(again_s)
                process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=20)
    assert time.monotonic() - sent_s < 6
    assert "Traceback" not in err
    if again_s:  # the second may come when all has been said, and then ends what is left of the process
        assert process.returncode in (4, -signal.SIGINT)
    else:
        assert process.returncode == 4 and "interrupted; 0 of 120 responses are kept" in err

"""code.code_tests: programs are run, and cannot get out."""

import asyncio
import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from assay.catalogue.find import locate
from assay.packs.code import _sandbox
from assay.packs.code.instrument.code_tests import CodeTests
from assay.testing.check import _HOSTILE, check_part
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response
from assay.vocabulary.record import Json

needs_sandbox = pytest.mark.skipif(bool(_sandbox.missing()), reason=f"no sandbox: {_sandbox.missing()}")

ADD: Json = {"tests": ["assert add(1, 2) == 3", "assert add(-1, 1) == 0"], "entry": "add"}
SUM: Json = [{"stdin": "1 2\n", "stdout": "3\n"}]


def item(reference: Json) -> Item:
    return Item(id="1", stimulus="?", reference=reference)


def read(text: Json, reference: Json, finish: str = "stop", **settings: Any) -> Reading:
    response = Response(status="ok", output=text, finish=finish)
    return asyncio.run(CodeTests(**settings).read(item(reference), response))


def block(language: str, program: str) -> str:
    return f"Here it is:\n\n```{language}\n{program}\n```\n"


def run_python(program: str, reference: Json = SUM, **settings: Any) -> Reading:
    return read(block("python", program), reference, **{"cpu_s": 3, **settings})


def test_meets_the_contract() -> None:
    assert check_part(locate("instrument", "code.code_tests", "test")) == []


@needs_sandbox
@pytest.mark.parametrize(
    ("language", "program", "test"),
    [
        ("python", "def add(a, b):\n    return a + b", "assert add(1, 2) == 3"),
        ("javascript", "function add(a, b) { return a + b }", "if (add(1, 2) !== 3) throw new Error()"),
        ("javascript", "export const add = (a, b) => a + b", "if (add(1, 2) !== 3) throw new Error()"),
        ("c", "int add(int a, int b) { return a + b; }\nint main(void) { return 7; }", "assert(add(1, 2) == 3);"),
        ("shell", "add() { echo $(($1 + $2)); }", '[ "$(add 1 2)" = 3 ]'),
    ],
)
def test_a_function_is_called_in_each_language(language: Any, program: str, test: str) -> None:
    if any(_sandbox.found(name) is None for name in {"javascript": ["node"], "c": ["gcc"]}.get(language, [])):
        pytest.skip(f"nothing here runs {language}")
    settings = {"language": language, "cpu_s": 5}
    assert CodeTests(**settings).check(item([test])) == ""
    assert read(block(language, program), [test], **settings) == Reading(value=1.0)
    wrong = read(block(language, program.replace("+", "-")), [test], **settings)
    assert (wrong.value, wrong.note.split()[0]) == (0.0, "crashed" if language == "c" else "test_failed")


@needs_sandbox
@pytest.mark.parametrize(
    ("language", "program"),
    [
        ("python", "print(sum(map(int, input().split())))"),
        ("javascript",
            "const t = require('fs').readFileSync(0, 'utf8');\nconsole.log(eval(t.trim().replace(' ', '+')))"),
        ("c", '#include <stdio.h>\nint main(void) { int a, b; scanf("%d%d", &a, &b); printf("%d", a + b); }'),
        ("shell", "read a b; echo $((a + b))"),
    ],
)
def test_a_whole_program_is_tested_by_what_it_writes(language: Any, program: str) -> None:
    if any(_sandbox.found(name) is None for name in {"javascript": ["node"], "c": ["gcc"]}.get(language, [])):
        pytest.skip(f"nothing here runs {language}")
    assert read(block(language, program), SUM, language=language) == Reading(value=1.0)
    other: Json = [{"stdin": "1 2\n", "stdout": "4\n"}]
    assert read(block(language, program), other, language=language).note == "wrong_output (test 1 of 1)"


@needs_sandbox
def test_part_of_the_tests_is_part_of_the_score() -> None:
    half = block("python", "def add(a, b):\n    return 3")
    assert read(half, ADD) == Reading(value=0.0, note="test_failed (test 2 of 2)")
    assert read(half, ADD, score="fraction") == Reading(value=0.5, note="test_failed (test 2 of 2)")


@needs_sandbox
@pytest.mark.parametrize(
    ("program", "note"),
    [
        ("import sys\nsys.exit(0)", "stopped_early"),
        ("import os\nos._exit(0)", "stopped_early"),
        ("def add(a, b)\n    return a", "test_failed"),
        ("while True: pass", "timeout"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)", "crashed"),
    ],
)
def test_a_program_that_does_not_come_to_its_end_is_wrong(program: str, note: str) -> None:
    reading = run_python(program, ADD, cpu_s=1)
    assert (reading.value, reading.status, reading.note) == (0.0, "ok", f"{note} (test 1 of 2)")


@needs_sandbox
@pytest.mark.skipif(_sandbox.found("gcc") is None, reason="no C compiler")
@pytest.mark.parametrize("program",
    ["int add(int a, int b) { return a + b", '#include "/etc/passwd"', '#include "/dev/zero"'])
def test_a_program_that_does_not_compile_is_wrong(program: str) -> None:
    assert read(block("c", program), ["assert(1);"], language="c") == Reading(value=0.0,
        note="compile_error (test 1 of 1)")


@needs_sandbox
@pytest.mark.parametrize(
    ("program", "note"),
    [
        ("import os\nwhile True:\n    try: os.fork()\n    except OSError: pass", "timeout"),
        ("print('3')\nwhile True: print('x' * 100_000)", "output_limit"),
        ("import sys\nwhile True: sys.stderr.write('x' * 100_000)", "output_limit"),
        ("x = bytearray(2**34)", "exit_status"),
        ("import mmap\nx = mmap.mmap(-1, 2**33)\nx.write(b'x' * 2**33)", "exit_status"),
        ("import time\ntime.sleep(1000)", "timeout"),
        ("import os\nos.close(1); os.close(2)\nimport time\ntime.sleep(1000)", "timeout"),
    ],
)
def test_what_takes_too_much_is_stopped(program: str, note: str) -> None:
    begun = time.monotonic()
    reading = run_python(program, cpu_s=1)
    assert (reading.value, reading.note) == (0.0, f"{note} (test 1 of 1)")
    assert time.monotonic() - begun < 10


@needs_sandbox
def test_memory_is_counted_over_all_processes() -> None:
    many = """
import os, time
for _ in range(20):
    if os.fork() == 0:
        x = bytearray(60 * 2**20)
        time.sleep(30)
time.sleep(30)"""
    assert run_python(many, memory_mb=256, cpu_s=5).note == "memory_limit (test 1 of 1)"


ESCAPES = {
    "fills the disk": """
n = 0
try:
    while n < 10_000:
        with open(f"/tmp/{n}", "wb") as f: f.write(b"x" * 2**20)
        n += 1
except OSError: pass
print(3 if n < 100 else n)""",
    "writes elsewhere": """
import os
bad = []
for top in ("/", "/usr", "/program", "/dev", "/dev/shm/..", "/proc", "/etc", "/home", "/root", "/var/tmp"):
    try:
        open(top + "/escaped", "w").close(); bad.append(top)
    except OSError: pass
print(bad or 3)""",
    "opens sockets": """
import socket
bad = []
for family in range(1, 46):
    if family in (1, 2, 10): continue
    try: socket.socket(family, socket.SOCK_STREAM); bad.append(family)
    except OSError: pass
for address in ("1.1.1.1", "8.8.8.8", "10.0.0.1", "127.0.0.1", "169.254.169.254"):
    for port in (22, 53, 80, PORT):
        s = socket.socket(); s.settimeout(0.3)
        try: s.connect((address, port)); bad.append(address)
        except OSError: pass
print(bad or 3)""",
    "reads what is not its own": """
import os
bad = [p for p in ("/etc/passwd", "/etc/shadow", "/root", "/home", "/var", "/run", "/sys", "/proc/1/root/etc/passwd",
       "LABORATORY", "REPOSITORY") if os.path.exists(p)]
print(bad or 3)""",
    "looks for keys": """
import os
bad = [k for k in os.environ if "KEY" in k]
for n in os.listdir("/proc"):
    if n.isdigit():
        try: bad += [n for w in (b"very-secret",) if w in open(f"/proc/{n}/environ", "rb").read()]
        except OSError: pass
        try: files = [os.readlink(f"/proc/{n}/fd/{f}") for f in os.listdir(f"/proc/{n}/fd")]
        except OSError: continue
        bad += [f for f in files if not f.startswith(("pipe:", "/memfd:", "/proc", "/program", "anon_inode:[eventfd]"))]
print(bad or 3)""",
    "kills its parent": """
import os, signal
for n in [os.getppid(), 1, PARENT]:
    try: os.kill(n, signal.SIGKILL)
    except OSError: pass
try: os.killpg(0, 0)
except OSError: pass
print(3 if len([n for n in os.listdir("/proc") if n.isdigit()]) < 5 else "others")""",
    "asks for privileges": """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
bad = []
if libc.unshare(0x10000000) == 0: bad.append("user namespace")
if libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0: bad.append("mount")
if libc.ptrace(16, 1, 0, 0) == 0: bad.append("ptrace")
if libc.memfd_create(b"x", 0) >= 0: bad.append("memfd")
if libc.shmget(0, 1 << 30, 0o1600) >= 0: bad.append("shared memory")
if libc.chroot(b"/tmp") == 0: bad.append("chroot")
if libc.syscall(321, 0, 0, 0) >= 0: bad.append("bpf")
for call in (os.setuid, os.setgid):
    try: call(0); bad.append("root")
    except OSError: pass
status = open("/proc/self/status").read().split()
for name, value in (("CapEff:", "0" * 16), ("NoNewPrivs:", "1"), ("Seccomp:", "2")):
    if status[status.index(name) + 1] != value: bad.append(name)
print(bad or 3)""",
    "raises its limits": """
import resource
bad = []
for name in ("RLIMIT_CPU", "RLIMIT_AS", "RLIMIT_NPROC", "RLIMIT_FSIZE", "RLIMIT_DATA", "RLIMIT_NOFILE"):
    kind = getattr(resource, name)
    try: resource.setrlimit(kind, (resource.RLIM_INFINITY,) * 2); bad.append(name)
    except (OSError, ValueError): pass
print(bad or 3)""",
    "leaves something for the next": """
import os
print(3 if os.listdir("/tmp") == [] and len(os.listdir("/dev/shm")) == 0 else "left")
open("/tmp/left", "w").close()
open("/dev/shm/left", "w").close()""",
}


@needs_sandbox
@pytest.mark.parametrize("name", ESCAPES)
def test_there_is_no_way_out(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each program tries, and prints 3 only if it got nowhere."""
    monkeypatch.setenv("A_KEY", "very-secret")
    secret = tmp_path / "laboratory"
    secret.mkdir()
    program = ESCAPES[name].replace("LABORATORY", str(secret)).replace("REPOSITORY", str(Path(__file__).parents[4]))

    async def tried() -> list[Reading]:
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        text = block("python", program.replace("PORT", str(port)).replace("PARENT", str(os.getpid())))
        made = CodeTests(cpu_s=5)
        readings = [await made.read(item(SUM), Response(status="ok", output=text)) for _ in range(2)]
        server.close()
        await server.wait_closed()
        return readings

    assert asyncio.run(tried()) == [Reading(value=1.0)] * 2
    assert not Path("/tmp/left").exists()


@needs_sandbox
def test_nothing_goes_on_after_the_program() -> None:
    mark = f"86{os.getpid() % 1000}"
    shell = f"setsid sleep {mark} >/dev/null 2>&1 &\nsleep {mark} &\necho 3"
    assert read(block("bash", shell), [{"stdout": "3"}], language="shell") == Reading(value=1.0)
    time.sleep(0.2)
    running = [p for p in Path("/proc").glob("[0-9]*/cmdline") if _reads(p) == f"sleep\0{mark}\0".encode()]
    assert running == []


def _reads(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


@needs_sandbox
def test_eight_at_once_start_in_time() -> None:
    """Far below 50 ms a program on a quiet machine; the bound here leaves room for a busy one."""

    async def many() -> None:
        made = CodeTests(language="shell")
        response = Response(status="ok", output=block("bash", "read a b; echo $((a + b))"))
        readings = await asyncio.gather(*[made.read(item(SUM), response) for _ in range(40)])
        assert set(readings) == {Reading(value=1.0)}

    begun = time.monotonic()
    asyncio.run(many())
    assert time.monotonic() - begun < 40 * 0.25


@needs_sandbox
def test_the_event_loop_of_a_measurement_will_do() -> None:
    uvloop = pytest.importorskip("uvloop")
    made = CodeTests(cpu_s=1)

    async def several() -> list[Reading]:
        programs = ("print(sum(map(int, input().split())))", "while True: print('x' * 100_000)",
            "import time; time.sleep(60)")
        answers = [Response(status="ok", output=block("python", program)) for program in programs]
        return list(await asyncio.gather(*[made.read(item(SUM), answer) for answer in answers]))

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        readings = runner.run(several())
    assert [reading.value for reading in readings] == [1.0, 0.0, 0.0]
    assert [reading.note.partition(" ")[0] for reading in readings] == ["", "output_limit", "timeout"]


@needs_sandbox
def test_open_files_do_not_pile_up() -> None:
    run_python("print(3)")
    before = len(os.listdir("/proc/self/fd"))
    for program in ("print(3)", "while True: print('x' * 100_000)"):
        run_python(program)
    assert len(os.listdir("/proc/self/fd")) == before


def test_without_a_sandbox_nothing_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    real = shutil.which
    monkeypatch.setattr(_sandbox.shutil, "which", lambda name, **k: None if name == "bwrap" else real(name, **k))
    _sandbox.missing.cache_clear()
    try:
        with pytest.raises(BadInput) as caught:
            CodeTests().check(item(ADD))
    finally:
        _sandbox.missing.cache_clear()
    assert caught.value.code == "sandbox.none"
    assert "bwrap is not installed" in str(caught.value) and "apt install bubblewrap" in str(caught.value)


@needs_sandbox
def test_an_interpreter_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_sandbox, "found", lambda name: None)
    with pytest.raises(BadInput) as caught:
        CodeTests(language="javascript").check(item(ADD))
    assert caught.value.code == "sandbox.program" and "'node'" in str(caught.value)


@needs_sandbox
def test_a_sandbox_that_fails_is_no_wrong_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> list[str]:
        return ["/usr/bin/bwrap", "--no-such-option"]

    monkeypatch.setattr(_sandbox, "_command", broken)
    assert run_python("print(3)") == Reading(status="instrument_failed", note="sandbox")


@needs_sandbox
@pytest.mark.parametrize(
    ("reference", "word"),
    [("", "is empty"), ([], "0 tests"), (None, "no tests"), ([{"stdin": "1"}], "'stdout'"),
        ([{"code": "x", "stdout": "y"}], "both"),
     ([{"cod": "x"}], "cod"), ([{"code": "x", "stdin": "1"}], "neither"), ({"tests": [1]}, "tests"),
         (["ok"] * 1001, "1001")],
)  # fmt: skip
def test_an_item_without_proper_tests_is_refused(reference: Json, word: str) -> None:
    assert word in CodeTests().check(item(reference))


@needs_sandbox
@pytest.mark.parametrize("name", ["cpu_s", "memory_mb", "scratch_mb", "output_kb", "processes"])
def test_a_bound_of_nothing_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match=name):
        CodeTests(**{name: 0}).check(item(ADD))


def test_what_holds_no_program_is_not_run() -> None:
    assert read("I would use a loop for that.", ADD) == Reading(status="instrument_failed", note="no_program")
    assert read("I'm sorry, but I can't help with that.", ADD) == Reading(status="refused", note="refusal")
    assert read("```python\ndef add(a, b):", ADD, finish="length") == Reading(status="instrument_failed",
        note="cut_off")
    assert read("", ADD).status == "subject_failed"
    assert read("```python\n" + "x" * 200_000, ADD).note == "too_long"


@needs_sandbox
def test_hostile_outputs_give_readings() -> None:
    begun = time.monotonic()
    for output in _HOSTILE:
        assert read(output, ADD, cpu_s=1).value != 1.0
    assert time.monotonic() - begun < 30

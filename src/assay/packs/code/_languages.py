"""How a program of each language is put together with a test, and run."""

import re
from typing import Final, NamedTuple

from assay.packs.code._program import Language

PROGRAMS: Final[dict[Language, tuple[str, ...]]] = {
    "python": ("python3",), "javascript": ("node",), "c": ("gcc", "bash"), "shell": ("bash",),
}  # fmt: skip
"""What has to be installed."""

_PYTHON_TEST: Final = """
import os, sys, types
def run(name, place):
    with open(place, encoding="utf-8") as file:
        exec(compile(file.read(), place, "exec"), module.__dict__)
module = types.ModuleType("program")
sys.modules["program"] = module
run("program", "/program/main.py")
run("test", "/program/test.py")
with open("/program/seal", "rb") as file:
    sys.stdout.flush()
    os.write(1, file.read())
"""
_JAVASCRIPT_END: Final = """
;import("node:fs").then((fs) => fs.writeSync(1, fs.readFileSync("/program/seal")));
"""
_C_BEFORE: Final = "#define main main_of_the_program\n#line 1 \"program.c\"\n"
_C_AFTER: Final = """
#undef main
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static void the_test(void) {
#line 1 "test.c"
%s
}
int main(void) {
    char seal[64];
    FILE *file;
    size_t length;
    the_test();
    file = fopen("/program/seal", "rb");
    length = fread(seal, 1, sizeof seal, file);
    fflush(stdout);
    fwrite(seal, 1, length, stdout);
    return 0;
}
"""
_MODULE: Final = re.compile(r"^[ \t]*(?:import\b(?!\s*\()|export\b)", re.MULTILINE)

COMPILE: Final = (
    "bash", "-c",
    "gcc -x c -std=gnu17 -O1 -w -o /tmp/program /program/main.c -lm && exec cat /tmp/program",
)  # fmt: skip
COMPILED_KB: Final = 32_768
"""Largest compiled program, in units of 1024 bytes."""


class Start(NamedTuple):
    """What is run.

    Attributes:
        command: the program to start, by name, and its arguments.
        files: what lies in ``/program``.
        compiled: ``main.c`` has first to become ``program``.
    """

    command: tuple[str, ...]
    files: dict[str, bytes]
    compiled: bool = False


def alone(program: str, language: Language, memory_mb: int) -> Start:
    """The program by itself: it reads standard input and writes standard output."""
    text = _bytes(program)
    match language:
        case "python":
            return Start(("python3", "-I", "-B", "/program/main.py"), {"main.py": text})
        case "javascript":
            return _node(program, memory_mb)
        case "c":
            return Start(("/program/program",), {"main.c": text}, compiled=True)
        case "shell":
            return Start(("bash", "--noprofile", "--norc", "/program/main.sh"), {"main.sh": text})


def with_test(program: str, test: str, language: Language, memory_mb: int, seal: str) -> Start:
    """The program followed by a test that calls it; ``seal`` is printed only if the test comes to its end."""
    files = {"seal": seal.encode()}
    match language:
        case "python":
            files |= {"main.py": _bytes(program), "test.py": _bytes(test)}
            return Start(("python3", "-I", "-B", "-c", _PYTHON_TEST), files)
        case "javascript":
            start = _node(f"{program}\n;\n{test}\n{_JAVASCRIPT_END}", memory_mb)
            return start._replace(files=start.files | files)
        case "c":
            files["main.c"] = _bytes(_C_BEFORE + program + _C_AFTER.replace("%s", test))
            return Start(("/program/program",), files, compiled=True)
        case "shell":
            files["main.sh"] = _bytes(f"{program}\nset -e\n{test}\ncat /program/seal\n")
            return Start(("bash", "--noprofile", "--norc", "/program/main.sh"), files)


def _node(text: str, memory_mb: int) -> Start:
    name = "main.mjs" if _MODULE.search(text) else "main.cjs"
    return Start(("node", f"--max-old-space-size={memory_mb}", f"/program/{name}"), {name: _bytes(text)})


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")

"""Puts each peer into an environment of its own, once; a peer that cannot be had says why."""

import shutil
import subprocess
import sys
from pathlib import Path

from tools import assay
from tools.tool import Tool


class NotHad(Exception):
    """This tool cannot be measured here; the message is the reason."""


def provide(tool: Tool, env_dir: Path) -> Path:
    """The folder with ``tool`` installed, made where it is missing or holds other versions. Raises ``NotHad``."""
    env = env_dir / tool.name.lower().replace(" ", "-")
    if not tool.is_peer:
        if tool is assay.TOOL and not assay.command():
            raise NotHad("the command `assay` is not installed in this environment")
        return env
    wanted, mark = "\n".join(tool.pip + tool.npm), env / "installed.txt"
    if mark.exists() and mark.read_text() == wanted:
        return env
    shutil.rmtree(env, ignore_errors=True)
    (env / "home").mkdir(parents=True)
    print(f"installing {', '.join(tool.pip + tool.npm)} ...", file=sys.stderr, flush=True)
    if tool.pip:
        tell(["-m", "venv", str(env)], sys.executable)
        tell(["-m", "pip", "install", "--quiet", *tool.pip], str(env / "bin" / "python"))
    else:
        tell(["install", "--prefix", str(env), "--no-audit", "--no-fund", "--loglevel=error", *tool.npm], "npm")
    mark.write_text(wanted)
    return env


def tell(arguments: list[str], program: str) -> None:
    """Run an installer; its last words are the reason if it fails."""
    if not shutil.which(program):
        raise NotHad(f"`{program}` is not installed")
    done = subprocess.run([program, *arguments], capture_output=True, text=True)
    if done.returncode:
        words = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
        errors = [line for line in words if "error" in line.lower() and "log of this run" not in line]
        reason = (errors or words)[-1]
        raise NotHad(f"{Path(program).name} {arguments[0]}: {reason.strip()[:160]}")

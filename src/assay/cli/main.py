"""The command ``assay``: finds the command, runs it, and turns errors into messages and exit codes."""

import argparse
import errno
import importlib
import io
import json
import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NoReturn

if TYPE_CHECKING:
    from assay.vocabulary.errors import Defect

COMMANDS: Final = (
    "init", "measure", "import", "calibrate", "demo", "reference", "runs", "show", "observations", "read", "decide",
    "report", "export", "verify", "parts", "keys", "uncertainty", "compare", "plan", "interlab", "control", "validate",
    "rate", "arena", "material", "calibrate-client", "grade", "pareto", "route", "sweep", "bottleneck",
)  # fmt: skip

_EPILOG: Final = """exit codes: 0 done, and conforming or nothing required; 1 does not conform; 2 bad input;
3 inconclusive; 4 the measurement could not be completed; 5 verification failed; 70 internal error"""


def parser() -> argparse.ArgumentParser:
    """The whole command line; one file a command in this folder."""
    top = _Parser(
        prog="assay", description="Metrology for AI systems: values with their uncertainty, decisions, signed reports.",
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    top.add_argument("--version", action="version", version=_Version())
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in COMMANDS:
        module = importlib.import_module(f"assay.cli.{name.replace('-', '_')}")
        command = commands.add_parser(name, help=module.SUMMARY, description=module.SUMMARY)
        module.arguments(command)
        command.set_defaults(run=module.run)
    return top


class _Version(str):
    """Looked up only when asked for: reading it from the installation takes a tenth of the start."""

    def __mod__(self, _: Any) -> str:
        from importlib.metadata import version

        return f"assay {version('assay')}"


def main(arguments: list[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit code; see ``assay --help``.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that cannot show a character shows its number
            stream.reconfigure(errors="backslashreplace")
    args = argparse.Namespace(json="--json" in (sys.argv if arguments is None else arguments))
    code = 0
    try:
        args = parser().parse_args(arguments)
        code = int(args.run(args))
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of a pipe went away: nothing to tell anybody
        _let_go_of_stdout()
        code = getattr(args, "code", code)
    except (Exception, KeyboardInterrupt) as error:
        if arguments is None:  # the process ends with this message: another interruption must not cut it
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        return _failed(error, args)
    return code


class _Usage(Exception):
    """What is wrong with the command line, in one line."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _Usage(f"{message}; see: {self.prog} --help")


def _failed(error: BaseException, args: argparse.Namespace) -> int:
    from assay.cli._show import language

    code, number, message = _told(error, language(args))
    with suppress(OSError):
        print("assay: " + " ".join(message.split("\n")), file=sys.stderr)
    if args.json:
        try:
            print(json.dumps({"error": {"code": code, "message": message}, "exit_code": number}), flush=True)
        except OSError:
            _let_go_of_stdout()
    return number


def _told(error: BaseException, language: str) -> tuple[str, int, str]:
    """Code, exit code and message of an error."""
    from assay.vocabulary.errors import AssayError, CannotMeasure, Defect

    if isinstance(error, _Usage):
        return "usage", 2, str(error)
    if isinstance(error, KeyboardInterrupt):
        error = CannotMeasure("interrupted")
    elif isinstance(error, OSError) and error.errno == errno.ENOSPC:
        _let_go_of_stdout()
        error = CannotMeasure("disk.full", path=error.filename or "stdout", reason=error.strerror)
    elif not isinstance(error, AssayError) or isinstance(error, Defect):
        error = _defect(error)
    return error.code, error.exit_code, error.message(language)


def _let_go_of_stdout() -> None:
    """What is still to be written there goes nowhere, without another error at the end of the process."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _defect(error: BaseException) -> "Defect":
    """Something we did wrong: keep what is needed to find it, in a file, away from the user's eyes."""
    import tempfile
    import traceback

    from assay.vocabulary.errors import Defect

    path = "-"
    with (
        suppress(OSError),
        tempfile.NamedTemporaryFile("w", prefix="assay-error-", suffix=".txt", delete=False, encoding="utf-8") as file,
    ):
        path = file.name
        traceback.print_exception(error, file=file)
    return Defect("defect", reason=f"{type(error).__name__}: {error}", path=path)


if __name__ == "__main__":
    sys.exit(main())

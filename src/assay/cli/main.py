"""The command ``assay``: finds the command, runs it, and turns errors into messages and exit codes."""

import argparse
import importlib
import json
import os
import sys
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from assay.vocabulary.errors import Defect

COMMANDS: Final = (
    "init", "measure", "demo", "reference", "runs", "show", "observations", "read", "decide", "report", "verify",
    "parts", "keys",
)  # fmt: skip

_EPILOG: Final = """exit codes: 0 done, and conforming or nothing required; 1 does not conform; 2 bad input;
3 inconclusive; 4 the measurement could not be completed; 5 verification failed; 70 internal error"""


def parser() -> argparse.ArgumentParser:
    """The whole command line; one file a command in this folder."""
    top = argparse.ArgumentParser(
        prog="assay", description="Metrology for AI systems: values with their uncertainty, decisions, signed reports.",
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    top.add_argument("--version", action="version", version=_Version())
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in COMMANDS:
        module = importlib.import_module(f"assay.cli.{name}")
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
    args = parser().parse_args(arguments)
    try:
        return int(args.run(args))
    except BrokenPipeError:  # the reader of a pipe went away: nothing to tell anybody
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 4
    except Exception as error:
        return _failed(error, args)


def _failed(error: Exception, args: argparse.Namespace) -> int:
    from assay.cli._show import language
    from assay.vocabulary.errors import AssayError, Defect

    told = error if isinstance(error, AssayError) and not isinstance(error, Defect) else _defect(error)
    message = told.message(language(args))
    print(f"assay: {message}", file=sys.stderr)
    if getattr(args, "json", False):
        print(json.dumps({"error": {"code": told.code, "message": message}, "exit_code": told.exit_code}))
    return told.exit_code


def _defect(error: Exception) -> "Defect":
    """Something we did wrong: keep what is needed to find it, in a file, away from the user's eyes."""
    import tempfile
    import traceback

    from assay.vocabulary.errors import Defect

    with tempfile.NamedTemporaryFile("w", prefix="assay-error-", suffix=".txt", delete=False) as file:
        traceback.print_exception(error, file=file)
    return Defect("defect", reason=f"{type(error).__name__}: {error}", path=file.name)


if __name__ == "__main__":
    sys.exit(main())

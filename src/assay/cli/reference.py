"""``assay reference serve``: the gauge block of the laboratory."""

import argparse
import sys
from collections.abc import Callable
from typing import Any, Final

from assay.cli._show import common, json_out, language, one_thread

SUMMARY = "serve the reference endpoint: an OpenAI-compatible server whose true score is known"

_CONSTRUCTED: Final[dict[str, Any]] = {
    "score": 0.85, "items": 200, "groups": 0, "variants": 3, "repeats": 4, "seed": 0, "latency_ms": 0.0,
    "faults": False, "judge": None, "cases": 200,
}  # fmt: skip
"""Options of the endpoint whose answers are constructed, with their usual values."""

def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("action", choices=("serve",), help="serve until interrupted")
    parser.add_argument("--port", type=int, default=8000, help="port on loopback; 0 for any free one (default: 8000)")
    parser.add_argument("--host", default="127.0.0.1", help="address to bind (default: 127.0.0.1, this machine only)")
    parser.add_argument("--score", type=float, default=0.85, help="true score of the population (default: 0.85)")
    parser.add_argument("--items", type=int, default=200, help="number of items (default: 200)")
    parser.add_argument("--groups", type=int, default=0, help="deal the items to this many clusters (default: 0)")
    parser.add_argument("--variants", type=int, default=3, help="prompt variants of llm.choice it knows (default: 3)")
    parser.add_argument("--repeats", type=int, default=4, help="repeats in the measurement file written (default: 4)")
    parser.add_argument("--seed", type=int, default=0, help="another seed is another subject (default: 0)")
    parser.add_argument("--latency-ms", type=float, default=0.0, help="answer after this many milliseconds")
    parser.add_argument("--faults", action="store_true", help="10%% 429, 2%% 500, 1%% resets, 0.5%% cut, 0.5%% never")
    parser.add_argument("--judge", metavar="KEY=VALUE,…", nargs="?", const="",
                        help="serve a judge too, named judge: sensitivity, specificity, position_bias, noise, obeys, "
                        "unparseable, seed, such as sensitivity=0.9,specificity=0.8 (also the default)")  # fmt: skip
    parser.add_argument("--cases", type=int, default=200, help="rated answers written for the judge (default: 200)")
    parser.add_argument("--model", metavar="NAME", nargs="+",
                        help="serve learned models instead, such as rm-1; of the other options only --port, --host "
                        "and --write go with it")  # fmt: skip
    parser.add_argument("--write", metavar="FOLDER", help="write items, measurement file and certificate here")
    common(parser, lab=False)


def _serve(app: Any, args: argparse.Namespace, ready: Callable[[str], None]) -> int:
    from assay.testing.reference_server import serve
    from assay.vocabulary.errors import BadInput

    try:
        if not 0 <= args.port <= 65_535:  # uvloop would take the remainder
            raise OverflowError("expected a number from 0 to 65535")
        serve(app, args.host, args.port, ready)
    except (OSError, OverflowError) as error:
        raise BadInput("port.taken", host=args.host, port=args.port, reason=error) from error
    return 0


def _learned(args: argparse.Namespace) -> int:
    """Serve learned models."""
    one_thread()
    from assay.api.reference import learned, write_learned
    from assay.vocabulary.errors import BadInput
    from assay.vocabulary.words import say

    for name, usual in _CONSTRUCTED.items():
        if getattr(args, name) != usual:
            raise BadInput("learned.option", option=f"--{name.replace('_', '-')}")
    server = learned(args.model)
    spoken = language(args)

    def ready(url: str) -> None:
        written = write_learned(server, url, args.write) if args.write else []
        if args.json:
            weights = {made.name: made.digest for made in server.checkpoints}
            json_out({"url": url, "models": weights, "written": [str(path) for path in written]})
        else:
            print(say("commands", "reference.learned", spoken, url=f"{url}/v1", models=", ".join(server.models)))
            for path in written:
                print(say("commands", "init.written", spoken, path=path))
        sys.stdout.flush()

    return _serve(server.app(), args, ready)


def run(args: argparse.Namespace) -> int:
    """Serve."""
    if args.model:
        return _learned(args)
    from assay.api.reference import Settings, judge, reference, write
    from assay.vocabulary.words import say

    given = {name: getattr(args, name) for name in _CONSTRUCTED if name != "judge"}
    settings = Settings(**given, judge=judge(args.judge))
    server = reference(settings)

    def ready(url: str) -> None:
        written = write(server, settings, url, args.write) if args.write else []
        certificate = server.model.certificate()
        if args.json:
            json_out({"url": url, "certificate": certificate, "written": [str(path) for path in written]})
        else:
            spoken = language(args)
            print(say("commands", "reference.ready", spoken, url=f"{url}/v1"))
            values = {key: f"{certificate[key]:.6f}" for key in ("fixed", "population")}
            print(say("commands", "reference.certified", spoken, **values))
            for path in written:
                print(say("commands", "init.written", spoken, path=path))
        sys.stdout.flush()

    return _serve(server, args, ready)

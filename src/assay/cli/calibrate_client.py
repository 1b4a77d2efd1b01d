"""``assay calibrate-client``: somebody else's load tool, held against a server whose times are known."""

import argparse
import sys

from assay.cli._finite import finite
from assay.cli._show import colour, common, json_out, language

SUMMARY = "calibrate a load tool: run it against a server whose times are known; the certificate of its error is signed"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--tool", default="", metavar="NAME",
                        help="a tool whose result we can read: aiperf, evalscope, guidellm, vllm")  # fmt: skip
    parser.add_argument("--result", default="", metavar="FILE",
                        help="JSON with its result, or a pattern such as **/result.json below {folder}; the newest is "
                        "taken (default: the tool's usual one, else its standard output)")  # fmt: skip
    parser.add_argument("--reads", action="append", default=[], metavar="NAME=PATH",
                        help="where a value stands in that JSON, such as ttft.mean=metrics.ttft.avg:s; names are ttft, "
                        "itl or e2e with .mean, .p50, .p90 or .p99, with .low and .high for the ends of an interval, "
                        "and count for the number of requests; units :s :ms :us :ns (default: ms); may be repeated",
                        )  # fmt: skip
    parser.add_argument("--ttft-ms", type=float, default=100.0, metavar="MS",
                        help="the server's time to first token (default: 100)")  # fmt: skip
    parser.add_argument("--gap-ms", type=float, default=10.0, metavar="MS", help="between chunks (default: 10)")
    parser.add_argument("--chunks", type=int, default=32, metavar="N",
                        help="of an answer, where the tool asks for no number of tokens (default: 32)")  # fmt: skip
    parser.add_argument("--chunk-bytes", type=int, default=0, metavar="N", help="least size of a chunk")
    parser.add_argument("--ttft-cv", type=float, default=0.0, metavar="CV",
                        help="standard deviation of the time to first token over its mean (default: 0)")  # fmt: skip
    parser.add_argument("--tolerance-ms", type=float, default=3.0, metavar="MS",
                        help="error of a mean that could be borne; a third of it is allowed (default: 3)")  # fmt: skip
    parser.add_argument("--tail-tolerance-ms", type=float, default=15.0, metavar="MS",
                        help="error of a quantile that could be borne (default: 15)")  # fmt: skip
    parser.add_argument("--timeout-s", type=float, default=600.0, metavar="S", help="the tool is ended then (600)")
    parser.add_argument("--port", type=int, default=0, metavar="N", help="of the server (default: any)")
    parser.add_argument("--name", default="", help="name of the laboratory")
    common(parser)
    parser.add_argument("tool_command", nargs="*", metavar="-- COMMAND",
                        help="the tool and its arguments, with {url}, {chat_url}, {model} and {folder}")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Calibrate; 1 if an error is beyond a third of the tolerance."""
    from assay.api.timing.client import Asked, calibrate_client
    from assay.vocabulary.words import say

    finite(args, "calibrate-client", "ttft_ms", "gap_ms", "ttft_cv", "tolerance_ms", "tail_tolerance_ms", "timeout_s")
    command = args.tool_command[1:] if args.tool_command[:1] == ["--"] else args.tool_command
    found = calibrate_client(Asked(
        command=tuple(command), tool=args.tool, result=args.result, reads=tuple(args.reads),
        ttft_ms=args.ttft_ms, gap_ms=args.gap_ms, chunks=args.chunks, chunk_bytes=args.chunk_bytes,
        ttft_cv=args.ttft_cv, tolerance_ms=args.tolerance_ms, tail_tolerance_ms=args.tail_tolerance_ms,
        timeout_s=args.timeout_s, port=args.port, name=args.name,
    ), args.lab)  # fmt: skip
    code = args.code = 0 if found.certificate.passed else 1
    if args.json:
        json_out({"certificate": found.certificate, "report": str(found.path)})
        return int(code)
    from assay.reports.load_client_view import terminal

    print(terminal(found.certificate, language(args), colour(sys.stdout)))
    print(say("timing", "written", language(args), path=found.path))
    return int(code)

"""``assay verify``: may this report be relied upon?"""

import argparse
from typing import TYPE_CHECKING

from assay.cli._show import common, json_out, language

if TYPE_CHECKING:
    from assay.api.verify import Verification

SUMMARY = "check a report: form, signature, trust, and everything that can be recomputed"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("report", nargs="+", help="the signed JSON of a report; or a run, its beginning, or: last "
                        "(its latest report); several may be given")  # fmt: skip
    common(parser)


def run(args: argparse.Namespace) -> int:
    """Verify; 0 only if all passed."""
    from assay.api.verify import verify
    from assay.reports.text import harmless

    several = len(args.report) > 1
    all_found = {path: verify(path, args.lab) for path in args.report}
    if args.json:
        json_out({"files": all_found} if several else next(iter(all_found.values())))
    else:
        for path, found in all_found.items():
            if several:
                print(f"{harmless(path)}:")
            _show(found, language(args))
    return 0 if all(found.passed for found in all_found.values()) else 5


def _show(found: "Verification", spoken: str) -> None:
    import msgspec

    from assay.reports.text import harmless
    from assay.vocabulary.words import say

    for check in found.checks:
        outcome = say("commands", f"verify.{check.outcome}", spoken)
        name = say("commands", f"verify.check.{check.name}", spoken)
        detail = say("commands", f"verify.detail.{check.detail}", spoken).removeprefix("verify.detail.")
        detail = detail if len(detail) <= 200 else f"{detail[:200]}…"
        print(f"{outcome}  {name}" + (f": {harmless(detail)}" if detail else ""))
        for one in check.found:
            values = {key: harmless(str(value)) for key, value in msgspec.to_builtins(one).items()}
            print("             " + say("commands", f"verify.found.{one.kind}", spoken, **values))
    partly = any(check.outcome == "not_checked" for check in found.checks)
    good = "partly" if partly else "passed"
    verdict = good if found.passed else "untrusted" if _only_trust(found.checks) else "failed"
    print(say("commands", f"verify.verdict.{verdict}", spoken, key_id=found.key_id))


def _only_trust(checks: tuple[object, ...]) -> bool:
    failed = [getattr(check, "name", "") for check in checks if getattr(check, "outcome", "") == "failed"]
    return failed == ["trust"]

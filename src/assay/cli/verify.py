"""``assay verify``: may this report be relied upon?"""

import argparse

from assay.cli._show import common, json_out, language

SUMMARY = "check a report: form, signature, trust, and everything that can be recomputed"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("report", help="the signed JSON of a report")
    common(parser)


def run(args: argparse.Namespace) -> int:
    """Verify; 0 only if it passed."""
    import msgspec

    from assay.api.verify import verify
    from assay.reports.text import harmless
    from assay.vocabulary.words import say

    found = verify(args.report, args.lab)
    if args.json:
        json_out(found)
        return 0 if found.passed else 5
    spoken = language(args)
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
    return 0 if found.passed else 5


def _only_trust(checks: tuple[object, ...]) -> bool:
    failed = [getattr(check, "name", "") for check in checks if getattr(check, "outcome", "") == "failed"]
    return failed == ["trust"]

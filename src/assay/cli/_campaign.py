"""``assay measure --standard``: a campaign in place of one measurement file."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from assay.cli._show import colour, json_out, language
from assay.vocabulary.errors import BadInput

if TYPE_CHECKING:
    from assay.api.campaign.campaign import Asked, Issued, Preview

_OWN = ("subject", "requests", "languages", "judge", "weights", "round_of", "anchors", "html")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of campaigns."""
    group = parser.add_argument_group("campaign", "a standard carried out dimension by dimension, without a file")
    group.add_argument("--standard", metavar="NAME", help="name of the standard, such as itu-t-f748-44")
    group.add_argument("--subject", nargs="+", metavar="FILE|KEY=VALUE",
                       help="TOML file of the subject, or its settings, such as part=llm.endpoint")  # fmt: skip
    group.add_argument("--requests", type=int, metavar="N", help="most requests to the subject (default: 3000)")
    group.add_argument("--languages", metavar="LIST", help="languages of the items (default: en,zh)")
    group.add_argument("--seed", type=int, default=0, help="of the items; another seed gives other items (default: 0)")
    group.add_argument("--level", type=float, default=0.95, help="coverage probability (default: 0.95)")
    group.add_argument("--judge", metavar="FILE", help="TOML file of a calibrated judge, for what needs judgement")
    group.add_argument("--weights", metavar="FILE", help="TOML file with weights of dimensions; only then a total")
    group.add_argument("--name", default="", help="what the campaign is called")
    group.add_argument("--round-of", metavar="CAMPAIGN", help="repeat this campaign (its file or id) on a new seed")
    group.add_argument("--anchors", type=float, metavar="SHARE",
                       help="with --round-of: share of items asked again (default: 0.2)")  # fmt: skip
    group.add_argument("--html", metavar="FILE", help="write a page as well")


def wanted(args: argparse.Namespace) -> bool:
    """Whether a campaign is asked for.

    Raises:
        BadInput: both a file and a standard, neither, or an option of campaigns without a standard.
    """
    if args.standard and args.file:
        raise BadInput("campaign.both", file=args.file)
    if args.standard and args.again:
        raise BadInput("campaign.again")
    if not args.standard:
        given = next((name for name in _OWN if getattr(args, name) is not None), None)
        if given == "html" and args.file:
            raise BadInput("measure.no_page", option="--html", path=args.html)
        if given:
            raise BadInput("campaign.alone", option=f"--{given.replace('_', '-')}")
        if not args.file:
            raise BadInput("campaign.neither")
    return bool(args.standard)


def asked(args: argparse.Namespace) -> "Asked":
    """What the options ask for."""
    from assay.api.campaign.campaign import SHARE, Asked
    from assay.cli._finite import finite

    finite(args, "assay measure --standard", "level", "anchors")
    if args.anchors is not None and not args.round_of:
        raise BadInput("setting.missing", where="assay measure --standard", key="--round-of",
                       expected="the earlier campaign, without which there are no anchors")  # fmt: skip
    languages = tuple(one.strip() for one in args.languages.split(",")) if args.languages is not None else ()
    return Asked(
        standard=args.standard, subject=tuple(args.subject or ()), requests=args.requests, languages=languages,
        seed=args.seed, judge=args.judge or "", weights=args.weights or "", level=args.level, name=args.name,
        round_of=args.round_of or "", anchors=SHARE if args.anchors is None else args.anchors,
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Carry it out, or show the plan."""
    from assay.api.campaign.campaign import campaign, preview
    from assay.cli._progress import Progress

    if args.dry_run:
        _planned(preview(asked(args), args.lab), args)
        return 0
    progress = Progress(language(args), args.quiet)
    try:
        made = campaign(asked(args), args.lab, progress)
    finally:
        progress.end()
    _shown(made, args)
    return 0


def _planned(seen: "Preview", args: argparse.Namespace) -> None:
    if args.json:
        json_out(seen)
        return
    import shutil

    from assay.reports.campaign_terminal import plan

    width = min(shutil.get_terminal_size((100, 24)).columns, 110)
    sys.stdout.write(plan((seen.cells, seen.untested), (seen.requests, seen.input_tokens), language(args), width))


def shown(name: str, args: argparse.Namespace) -> bool:
    """Show a campaign that was issued before; False if the name is that of none."""
    from assay.api.campaign.pages import stored

    made = stored(name, args.lab)
    if made is not None:
        _told(made, args, None)
    return made is not None


def reported(name: str, args: argparse.Namespace) -> bool:
    """Write a campaign that was issued before as ``--format`` says; False if the name is that of none."""
    from assay.api.campaign.pages import rendered, stored
    from assay.vocabulary.words import say

    made = stored(name, args.lab)
    if made is None:
        return False
    for option in ("level", "estimand"):
        if getattr(args, option) is not None:
            raise BadInput("campaign.as_issued", option=f"--{option}")
    path = rendered(made, args.format, language(args), Path(args.output) if args.output else None)
    if args.json:
        json_out({"campaign": made.campaign.id, "path": str(made.path), "rendered": str(path), "sha256": made.sha256})
    else:
        print(say("commands", "page.at", language(args), path=path))
    return True


def _shown(made: "Issued", args: argparse.Namespace) -> None:
    page = None
    if args.html:
        from assay.api.campaign.pages import render

        page = render(made.campaign, language(args), Path(args.html), made.sha256)
    _told(made, args, page)


def _told(made: "Issued", args: argparse.Namespace, page: Path | None) -> None:
    from assay.vocabulary.words import say

    spoken = language(args)
    if args.json:
        json_out({"campaign": made.campaign, "path": str(made.path), "sha256": made.sha256})
        return
    import shutil

    from assay.reports.campaign_terminal import terminal

    width = min(shutil.get_terminal_size((100, 24)).columns, 110)
    sys.stdout.write(terminal(made.campaign, spoken, width, colour(sys.stdout)))
    print(say("campaign", "written", spoken, path=made.path, sha256=made.sha256[:12]))
    if page is not None:
        print(say("commands", "page.at", spoken, path=page))

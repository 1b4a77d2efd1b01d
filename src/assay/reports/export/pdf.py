"""The page of a report as PDF, by WeasyPrint: no browser, no scripts, nothing fetched."""

import re
from typing import Any, Final, NoReturn

from assay.reports.exported import Source
from assay.reports.html import html
from assay.vocabulary.errors import BadInput

_PAPER: Final = """
@page { size: A4; margin: 18mm 16mm 20mm;
  @bottom-right { content: counter(page) " / " counter(pages); font-size: 8pt; color: #444; }
  @bottom-left { content: "SHA-256 %s"; font-size: 7pt; color: #444; } }
html { font-size: 9.5pt; }
body { background: #fff; font-family: "DejaVu Sans", "Liberation Sans", "Noto Sans CJK SC", "Source Han Sans SC",
  "WenQuanYi Micro Hei", sans-serif; }
code, pre { font-family: "DejaVu Sans Mono", "Liberation Mono", "Noto Sans Mono CJK SC", "Noto Sans CJK SC",
  monospace; }
.number .value, .number .range { white-space: nowrap; }
dl.small { display: block; }
dl.small > div { display: inline-block; width: 31%%; padding: 0.2rem 0; vertical-align: bottom; }
.chart, .chart > div { display: block; }
.chart > div { margin-bottom: 0.5rem; }
.chart .figure { float: right; }
tfoot { display: table-row-group; }
"""
_DRAWING: Final = """<style>
text { font-family: "DejaVu Sans", "Noto Sans CJK SC", sans-serif; font-size: 12px; }
.axis { stroke: #444; stroke-width: 1; } .tick { fill: #444; } .lost { fill: #c4d5da; } .interval { fill: #1d5366; }
circle.value { fill: #fff; stroke: #1d5366; stroke-width: 3; } .halo { stroke: #f6f6f6; stroke-width: 5; }
line.limit { stroke: #7a4207; stroke-width: 2; stroke-dasharray: 4 2.5; } text.limit { fill: #7a4207; }
.rest { fill: #bbb; } .part { fill: #1d5366; }
</style>"""
"""The renderer gives a drawing only the style that stands within it; the colours are those of the page in print."""

_DRAWINGS: Final = re.compile('<svg class="(?:picture|share)"[^>]*>')


class Pdf:
    """The whole report on A4."""

    title = "PDF of the report (WeasyPrint)"
    ending = "pdf"
    appends_to = ""

    def made(self, source: Source) -> bytes:
        """The document.

        Raises:
            BadInput: WeasyPrint, or the system library Pango that it needs, is not installed.
        """
        try:
            import weasyprint
        except ImportError:
            raise BadInput("part.extra", name="PDF", package="weasyprint", extra="pdf") from None
        except OSError as error:  # Pango is loaded when the module is
            raise BadInput("export.no_pango", reason=str(error).splitlines()[0]) from error
        page = html(source.report, source.language, source.sha256)
        page = _DRAWINGS.sub(lambda found: found[0] + _DRAWING, page)
        page = page.replace("</head>", f"<style>{_PAPER % source.sha256}</style></head>", 1)
        made: bytes = weasyprint.HTML(string=page, url_fetcher=_nothing).write_pdf()
        return made


FORMAT = Pdf()


def _nothing(url: str, *_: Any, **__: Any) -> NoReturn:
    raise ValueError(f"a report needs nothing from elsewhere, and {url[:80]!r} is not fetched")

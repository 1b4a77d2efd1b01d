"""Points with whiskers: in characters they fit, as SVG nothing gets out of its text."""

import re

from assay.reports.scatter import Mark, Named, letter, plot, svg
from assay.reports.text import width
from assay.vocabulary.tradeoff import Stated

MARKS = [
    Mark("A", Stated(value=1.0, interval=(0.5, 2.0)), Stated(value=0.9, interval=(0.8, 0.95)), "front"),
    Mark("B", Stated(value=3.0), Stated(value=0.2, interval=(0.1, 0.3)), "dominated"),
]


def test_in_characters() -> None:
    for wide in (40, 80, 200):
        lines = plot(MARKS, Named("cost", "质量"), wide)
        assert max(map(width, lines)) <= max(wide, 40)
        drawn = "\n".join(lines[1:-3])
        assert drawn.index("A") < drawn.index("B") and "─" in drawn and "│" in drawn


def test_as_svg() -> None:
    made = str(svg(MARKS, Named("<script>", "\x1b[2J"), [(1.0, 0.9), (3.0, 0.2)]))
    assert "<script" not in made and "\x1b" not in made and made.count("<circle") == 2
    assert made.count('class="whisker') == 3 and made.count('class="line"') == 1
    across = [float(x) for x in re.findall(r'<circle class="value \w+" cx="([\d.]+)%"', made)]
    heights = [float(y) for y in re.findall(r'cy="([\d.]+)"', made)]
    assert across[0] < across[1] and heights[0] < heights[1]


def test_letters_do_not_end() -> None:
    assert [letter(place) for place in (0, 25, 26)] == ["A", "Z", "L27"]

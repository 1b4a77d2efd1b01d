"""The picture of a result: the whole scale, a detail where it helps, and drawings that stay inside."""

import re

import msgspec
import pytest

from assay.reports.picture import Axis, axes, share_svg, svg
from assay.vocabulary.report import Report
from assay.vocabulary.result import LONGER_THAN_ANY


def test_a_fraction_is_drawn_on_its_whole_scale_and_in_detail(report: Report) -> None:
    whole, detail = axes(report.results[0], report.measurands["llm.accuracy"], [0.8])
    assert whole.ticks() == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert 0 <= detail.low < 0.8 and 0.8864 < detail.high <= 1
    assert whole.place(0.25) == 0.25
    assert whole.place(-3.0) == 0.0
    assert whole.place(7.0) == 1.0


def test_a_wide_interval_needs_no_detail(report: Report) -> None:
    wide = msgspec.structs.replace(report.results[0], interval=(0.1, 0.9))
    assert len(axes(wide, report.measurands["llm.accuracy"], [])) == 1


def test_scales_without_bounds(report: Report) -> None:
    free = msgspec.structs.replace(report.measurands["serving.latency"], low=None)
    (axis, *_) = axes(report.results[1], free, [1.9])
    assert axis.low < 1.7519 and axis.high > 1.9165
    nothing = msgspec.structs.replace(report.results[1], value=None, interval=None)
    assert axes(nothing, free, [])[0].low < axes(nothing, free, [])[0].high


@pytest.mark.parametrize("number", [0.0, 1e-300, -1e-9, 1.0, 12345.678, 1e300])
def test_an_axis_exists_around_every_number(report: Report, number: float) -> None:
    free = msgspec.structs.replace(report.measurands["serving.latency"], low=None)
    alone = msgspec.structs.replace(report.results[1], value=number, interval=(number, number))
    for axis in axes(alone, free, []):
        assert axis.low < axis.high
        assert len(axis.ticks()) <= 21


def test_drawings_stay_inside(report: Report) -> None:
    drawing = str(svg(report.results[0], Axis(0.84, 0.86, 0.005), [(0.8, "≥ 0.8")], '"><script>'))
    assert "<script>" not in drawing
    places = [float(number) for number in re.findall(r'(?:x|x1|x2|cx)="([0-9.]+)%"', drawing)]
    assert places and all(0 <= place <= 100 for place in places)
    assert 'width="150%"' not in share_svg(1.5)
    assert 'width="0%"' in share_svg(-1.0)


def test_what_may_have_been_any_time_does_not_stretch_the_scale(report: Report) -> None:
    lost = msgspec.structs.replace(report.results[1], if_lost=(1.8, LONGER_THAN_ANY - 0.1))
    assert axes(lost, report.measurands["serving.latency"], [])[0].high < 10
    assert "nan" not in svg(lost, axes(lost, report.measurands["serving.latency"], [])[0], [], "words")

"""The wall clock is watched: a step is found, and a look that was held up is not believed."""

from assay.timing import wall_clock
from assay.timing.clock import Distance, now_ns


def test_the_wall_clock_is_watched(monkeypatch):
    watched = wall_clock.WallClock()
    first = watched.first
    later = now_ns() + 10**9
    monkeypatch.setattr(wall_clock, "distance", lambda: Distance(first.ns + 1000, 50))
    watched.look(later)
    assert watched.steps == [] and watched.moved_ns == 1000
    monkeypatch.setattr(wall_clock, "distance", lambda: Distance(first.ns + 80_000_000, 50))
    watched.look(later + 1)
    assert watched.steps == [], "not looked at again so soon"
    watched.look(later + 10**9)
    assert watched.steps == [(later, later + 10**9)] and watched.moved_ns == 80_000_000
    monkeypatch.setattr(wall_clock, "distance", lambda: Distance(0, 10**9))
    watched.look(later + 3 * 10**9)
    assert len(watched.steps) == 1, "held up while looking: not believed"

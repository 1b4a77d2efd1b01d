"""How many requests may be under way: grows while that helps, backs off when the subject says that it is too much."""

from statistics import median


class Pace:
    """Adaptive limit of concurrency.

    After each window of as many answers as the limit, the limit doubles while latency holds (the window's median is
    at most 1.5 times the best one so far) or throughput still rises by a tenth; once growth has not paid it goes on
    by an eighth. It falls by a tenth while latency is more than three times the best. What was best fades: a subject
    that has become slower for reasons of its own must not be throttled for ever. Where a fraction f of a window's
    answers says "overload", the limit falls by f / 2 as well: a few random refusals do not stop growth, a subject
    with a hard limit is asked about a fifth more than it takes.

    Args:
        most: never more than this.
        start: first limit.
    """

    def __init__(self, most: int, start: int = 64) -> None:
        self.most = most
        self.limit = min(most, start)
        self._latencies: list[float] = []
        self._best_latency_s: float | None = None
        self._best_rate = 0.0
        self._window_began_s: float | None = None
        self._doubling = True
        self._refused = 0

    def answered(self, latency_s: float, now_s: float) -> None:
        """An answer came after ``latency_s``; ``now_s`` is on any steady clock."""
        if self._window_began_s is None:
            self._window_began_s = now_s - latency_s
        self._latencies.append(latency_s)
        self._window_if_full(now_s)

    def overloaded(self, now_s: float) -> None:
        """The subject said that it is asked too much, or did not answer in time."""
        self._refused += 1
        self._window_if_full(now_s)

    def _window_if_full(self, now_s: float) -> None:
        if len(self._latencies) + self._refused < self.limit:
            return
        refused = self._refused / (len(self._latencies) + self._refused)
        grown = self._grown(now_s) if self._latencies else self.limit
        if refused > 0.05:
            self._doubling = False
        self.limit = max(1, min(self.most, int(grown * (1 - refused / 2))))
        self._latencies.clear()
        self._refused = 0
        self._window_began_s = now_s

    def _grown(self, now_s: float) -> int:
        """The limit that latency and throughput of the window that ends now speak for."""
        assert self._window_began_s is not None
        typical_s = median(self._latencies)
        rate = len(self._latencies) / max(now_s - self._window_began_s, 1e-9)
        best_s = typical_s if self._best_latency_s is None else min(typical_s, self._best_latency_s)
        holds = typical_s <= 1.5 * best_s
        pays = rate >= 1.1 * self._best_rate
        self._best_latency_s = best_s
        self._best_rate = max(0.9 * self._best_rate, rate)
        if holds or pays:
            return self.limit + (self.limit if self._doubling else max(1, self.limit // 8))
        self._doubling = False
        if typical_s <= 3 * best_s:
            return self.limit
        self._best_latency_s *= 1.1
        return int(self.limit * 0.9)

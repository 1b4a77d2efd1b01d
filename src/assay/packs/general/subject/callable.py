"""A Python function as the subject."""

import asyncio
import hashlib
import importlib
import inspect
import json
import os
import sys
import time
from collections.abc import Callable as Function
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

from assay.vocabulary.errors import BadInput, Permanent, Signal
from assay.vocabulary.observation import Response
from assay.vocabulary.procedure import Limits
from assay.vocabulary.record import Json

_REASON: Final = 300  # characters kept of what a function says when it fails


@dataclass(frozen=True)
class Callable:
    """A Python function, called once for each stimulus.

    It gets the stimulus and, if it has a parameter ``seed``, the seed. It may be async; one that is not runs in
    a thread, so several calls may be under way at once, and a call that is given up goes on until it returns.
    It returns text, a number, true or false, or anything else that JSON can hold. What it raises makes this
    trial a failure and no other; the signals of ``assay.vocabulary.errors`` pass as they are.

    Attributes:
        function: ``module:function``, found from the working folder or among the installed packages.
        name: what a report calls the subject; without it, ``function``.
        version: version of the subject as its maker states it.
    """

    function: str
    name: str | None = None
    version: str | None = None

    def identity(self) -> dict[str, Json]:
        """The function's name and the digest of its source, so that changed code is another subject."""
        return {
            "function": self.function,
            "name": self.name or self.function,
            "version": self.version,
            "source": _source_digest(self._loaded),
        }

    async def open(self, limits: Limits) -> None:
        """Import the function.

        Raises:
            BadInput: it cannot be imported, or is no function.
        """
        _ = self._loaded

    async def respond(self, stimulus: Json, seed: int) -> Response:
        """Call the function once.

        Raises:
            Permanent: it raised, returned nothing, or returned what JSON cannot hold.
        """
        given = {"seed": seed} if self._wants_seed else {}
        begun = time.perf_counter()
        try:
            if self._is_async:
                value = await self._loaded(stimulus, **given)
            else:
                value = await asyncio.to_thread(_call, self._loaded, stimulus, given)
                if isinstance(value, _Raised):
                    raise value.error
                if inspect.isawaitable(value):
                    value = await value
        except Signal:
            raise
        except (Exception, SystemExit) as error:  # whatever the user's function does
            raise Permanent(_reason(error)) from error
        took = time.perf_counter() - begun
        return Response(status="ok", output=_json(value), latency_s=took, at_s=time.time())

    async def close(self) -> None:
        """Nothing was taken."""

    @cached_property
    def _loaded(self) -> Function[..., Any]:
        return _load(self.function)

    @cached_property
    def _wants_seed(self) -> bool:
        try:
            return "seed" in inspect.signature(self._loaded).parameters
        except (TypeError, ValueError):  # some functions written in C do not say
            return False

    @cached_property
    def _is_async(self) -> bool:
        call = getattr(self._loaded, "__call__", None)  # noqa: B004 - an object may have an async __call__
        return inspect.iscoroutinefunction(self._loaded) or inspect.iscoroutinefunction(call)


class _Raised:
    """What a function raised, carried out of its thread: a StopIteration cannot be set on a future."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


def _call(function: Function[..., Any], stimulus: Json, given: dict[str, int]) -> Any:
    try:
        return function(stimulus, **given)
    except (Exception, SystemExit) as error:
        return _Raised(error)


def _load(name: str) -> Function[..., Any]:
    module, _, path = name.partition(":")
    if not module or not path:
        raise BadInput("callable.unknown", name=name, reason="there is no ':' between module and function")
    here = os.getcwd()
    if sys.path[:1] != [here]:
        sys.path.insert(0, here)
    importlib.invalidate_caches()
    try:
        function = attrgetter(path)(importlib.import_module(module))
    except (Exception, SystemExit) as error:  # whatever the user's module does while it is imported
        raise BadInput("callable.unknown", name=name, reason=_reason(error)) from error
    if not callable(function):
        raise BadInput("callable.unknown", name=name, reason=f"it is a {type(function).__name__}, not a function")
    return function  # type: ignore[no-any-return]


def _source_digest(function: Function[..., Any]) -> str | None:
    """SHA-256 of the file in which the function stands; None if there is none to be had."""
    inner = inspect.unwrap(function)
    owner = inner if inspect.isroutine(inner) or inspect.isclass(inner) else type(inner)
    try:
        file = inspect.getsourcefile(owner)
        return hashlib.sha256(Path(file).read_bytes()).hexdigest() if file else None
    except (TypeError, OSError):
        return None


def _reason(error: BaseException) -> str:
    try:
        text = f"{type(error).__name__}: {error}"
    except Exception:  # an exception whose own text raises
        text = type(error).__name__
    return text.encode("utf-8", "replace").decode()[:_REASON]


def _json(value: Any) -> Json:
    """The value as JSON holds it; a scalar of numpy becomes the number that it is."""
    if type(value).__module__ == "numpy" and getattr(value, "ndim", None) == 0:
        value = value.item()
    if value is None:
        raise Permanent("the function returned None")
    try:
        data = json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        kind = type(value).__name__
        raise Permanent(f"the function returned what JSON cannot hold ({kind}): {_reason(error)}"[:_REASON]) from error
    return value if type(value) is str else json.loads(data)

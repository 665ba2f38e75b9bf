"""Engines without a network or a model; they go where the test says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from photoorg.core.engines import BUILT_IN, EngineState, EngineStatus
from photoorg.features.engine_catalog import ENGINES


class FakeEngines:
    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.states = {
            BUILT_IN: EngineState(
                BUILT_IN, "Built-in search", "Quick, and always there.", 0, "Comes with photoorg",
                ("en",), status=EngineStatus.IN_USE,
            )
        }  # fmt: skip
        for each in ENGINES:
            self.states[each.key] = EngineState(
                each.key, each.title, each.summary, each.size, each.licence, each.languages,
                each.published, each.work, "open_clip_torch",
            )  # fmt: skip
        self._listeners: list[Callable[[EngineState], None]] = []

    @property
    def languages(self) -> tuple[str, ...]:
        return ("en",)

    def engines(self) -> Sequence[EngineState]:
        return tuple(self.states.values())

    def get(self, key: str) -> None:
        self.calls.append(("get", key))

    def use(self, key: str) -> None:
        self.calls.append(("use", key))

    def remove(self, key: str) -> None:
        self.calls.append(("remove", key))

    def cancel(self) -> None:
        self.calls.append(("cancel", ""))

    def subscribe(self, listener: Callable[[EngineState], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def move(self, key: str, **changes: object) -> None:
        """Have an engine be somewhere else, and tell it."""
        state = self.states[key] = replace(self.states[key], **changes)  # type: ignore[arg-type]
        for listener in tuple(self._listeners):
            listener(state)

"""Freezes, also where no request is at work, and while they last."""

from lantern.plugin import freezes
from lantern.plugin.freezes import Turn
from lantern.plugin.requests import Request
from lantern.plugin.run import Run


class Freezes(freezes.Freezes):
    """Looks on from the first request: before it, nobody waits for the loop."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._has_served = False

    def request_began(self, request: Request) -> None:
        self._has_served = True

    def concerns(self, turn: Turn) -> bool:
        """Tell whether a callback is to be looked at: whatever it works for."""
        return super().concerns(turn) or self._has_served

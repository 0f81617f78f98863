"""Ways in which a run can fail. They are faults of the plan or our own, never wrong numbers."""

from __future__ import annotations

from scenarios.errors import OnestopError


class HorizonError(OnestopError):
    """The run needed to know what a calendar or a book of appointments says beyond its end."""

    @classmethod
    def of(cls, what: str, name: str, end: float, now: float) -> HorizonError:
        """The error for a calendar or book that ends at minute ``end``, at minute ``now``."""
        return cls(
            f"at minute {now:g} the run needs {what} '{name}' beyond its end at minute {end:g}; "
            f"lay it out for longer, or end the run before it"
        )


class StuckError(OnestopError):
    """Nothing can happen any more, and watched consignments are not done."""


class InvariantError(OnestopError):
    """A finished run breaks a law that every run obeys."""

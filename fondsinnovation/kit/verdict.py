"""A verdict: may this person do this, and if not, why. The same one shows the button, explains it and refuses the POST."""

from __future__ import annotations

from dataclasses import dataclass

from fondsinnovation.kit.errors import NotAllowed


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` is a sentence in the reader's language; it is empty when the verdict is yes."""

    allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed

    def require(self) -> None:
        """Raise NotAllowed with the reason when the verdict is no."""
        if not self.allowed:
            raise NotAllowed(self.reason)


YES = Verdict(True)


def no(reason: object) -> Verdict:
    return Verdict(False, str(reason))


def first_no(*verdicts: Verdict) -> Verdict:
    """The first refusal, or yes."""
    return next((verdict for verdict in verdicts if not verdict), YES)


def check(condition: object, reason: object) -> Verdict:
    """Yes when the condition holds, else no with the reason."""
    return YES if condition else no(reason)

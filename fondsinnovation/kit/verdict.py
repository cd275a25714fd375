"""A verdict: may this person do this, and if not, why. The same one shows the button, explains it and refuses the POST."""

from __future__ import annotations

from dataclasses import dataclass

from fondsinnovation.kit.errors import DomainError, NotAllowed, WrongState


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` is a sentence in the reader's language, empty when the verdict is yes; `error` is what a no raises."""

    allowed: bool
    reason: str = ""
    error: type[DomainError] = NotAllowed

    def __bool__(self) -> bool:
        return self.allowed

    def require(self) -> None:
        """Raise NotAllowed (or WrongState: `possible`) with the reason when the verdict is no."""
        if not self.allowed:
            raise self.error(self.reason)


YES = Verdict(True)


def no(reason: object) -> Verdict:
    return Verdict(False, str(reason))


def first_no(*verdicts: Verdict) -> Verdict:
    """The first refusal, or yes."""
    return next((verdict for verdict in verdicts if not verdict), YES)


def check(condition: object, reason: object) -> Verdict:
    """Yes when the condition holds, else no with the reason."""
    return YES if condition else no(reason)


def possible(condition: object, reason: object) -> Verdict:
    """Yes when the state of things allows it; else a no that is a wrong state (409), not a lack of rights (403)."""
    return YES if condition else Verdict(False, str(reason), WrongState)

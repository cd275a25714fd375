"""The state of an amendment, as a word in a colour."""

from __future__ import annotations

from django.utils.safestring import SafeString

from fondsinnovation.templatetags.portal import tag
from funding.enums import AmendmentState
from funding.models import Amendment

COLOURS = {
    AmendmentState.PROPOSED: "yellow",
    AmendmentState.PARTLY_APPROVED: "blue",
    AmendmentState.APPROVED: "blue",
    AmendmentState.IN_FORCE: "green",
    AmendmentState.REFUSED: "red",
    AmendmentState.CANCELLED: "outline",
}


def amendment_tag(amendment: Amendment) -> SafeString:
    return tag(amendment.get_state_display(), COLOURS[AmendmentState(amendment.state)])

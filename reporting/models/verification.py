"""What changed and what was said of a gain after it was reported: its restatements, and each examination with its five answers."""

from __future__ import annotations

from functools import reduce
from operator import and_, or_
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from reporting.enums import Assurance, Maturity, Point, Rating, RestatementState
from reporting.models.gains import Gain, GainReport

_PERSON = settings.AUTH_USER_MODEL
_MONEY: Any = {"max_digits": 15, "decimal_places": 2}


class GainRestatement(models.Model):
    """Another amount for a gain that was verified or captured. What it says is written once; it counts from its co-signature on."""

    report = models.ForeignKey(GainReport, models.PROTECT, related_name="restatements")
    #: the version of the gain that it becomes
    version = models.PositiveSmallIntegerField(_("version"))
    state = models.CharField(_("état"), max_length=9, choices=RestatementState, default=RestatementState.DRAFT)
    before = models.DecimalField(_("gain déclaré avant"), **_MONEY)
    amount = models.DecimalField(_("gain redressé"), **_MONEY)
    maturity = models.CharField(_("maturité"), max_length=11, choices=Maturity)
    method = models.TextField(_("méthode de calcul"), max_length=4000)
    evidence = models.ForeignKey("projects.Document", models.PROTECT, related_name="+")
    reason = models.TextField(_("motif du redressement"), max_length=4000)
    restated_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    restated_at = models.DateTimeField()
    cosigned_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    cosignature_waived = models.BooleanField(_("cosignature levée"), default=False)
    #: when it became known: reports fixed before never show it
    recorded_at = models.DateTimeField(_("date de connaissance"), null=True, blank=True)
    #: what the verifier who returned it asks
    answer = models.TextField(_("motif du retour"), max_length=4000, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="gain_restatement_one_open",
                fields=["report"],
                condition=Q(state__in=[RestatementState.DRAFT, RestatementState.SUBMITTED]),
                violation_error_message=_("Un redressement de ce gain attend déjà sa cosignature ou sa vérification."),
            ),
            models.UniqueConstraint(
                name="gain_restatement_version_unique",
                fields=["report", "version"],
                condition=Q(recorded_at__isnull=False),
            ),
            models.CheckConstraint(
                name="gain_restatement_has_a_reason",
                condition=~Q(reason=""),
                violation_error_message=_("Un redressement a un motif."),
            ),
            models.CheckConstraint(name="gain_restatement_changes_something", condition=Q(version__gt=1) & ~Q(maturity="") & ~Q(method="")),
            models.CheckConstraint(
                name="gain_restatement_two_people",
                condition=Q(cosigned_by__isnull=True) | ~Q(cosigned_by=F("restated_by")),
                violation_error_message=_("La personne qui redresse un gain ne le cosigne pas."),
            ),
            models.CheckConstraint(
                name="gain_restatement_known_once_cosigned",
                condition=Q(
                    state__in=[RestatementState.DRAFT, RestatementState.REPLACED],
                    recorded_at__isnull=True,
                    cosigned_by__isnull=True,
                    cosignature_waived=False,
                )
                | (
                    Q(
                        state__in=[RestatementState.SUBMITTED, RestatementState.RETURNED, RestatementState.EXAMINED],
                        recorded_at__isnull=False,
                    )
                    & (Q(cosigned_by__isnull=False, cosignature_waived=False) | Q(cosigned_by__isnull=True, cosignature_waived=True))
                ),
                violation_error_message=_("Un redressement doit être cosigné."),
            ),
            models.CheckConstraint(
                name="gain_restatement_return_says_why",
                condition=~Q(state=RestatementState.RETURNED) | ~Q(answer=""),
                violation_error_message=_("Inscrivez le motif : l’organisme le lira."),
            ),
        ]
        indexes = [models.Index(fields=["recorded_at", "id"], name="gain_restatement_known")]

    def __str__(self) -> str:
        return f"{self.report} v{self.version}"

    @property
    def difference(self) -> Any:
        return self.amount - self.before


def _every_point(**lookups: Any) -> Q:
    return reduce(and_, (Q(**{f"{point.value}{lookup}": value}) for point in Point for lookup, value in lookups.items()))


class GainVerification(models.Model):
    """One examination of one version of a gain: what was reported, what is accepted, and five answers. Append-only."""

    report = models.ForeignKey(GainReport, models.PROTECT, related_name="verifications")
    gain = models.OneToOneField(Gain, models.PROTECT, related_name="verification")
    version = models.PositiveSmallIntegerField(_("version"))
    reported = models.DecimalField(_("gain déclaré"), **_MONEY)
    accepted = models.DecimalField(_("gain accepté"), **_MONEY)
    rating = models.CharField(_("cote"), max_length=5, choices=Rating)
    assurance = models.CharField(_("assurance"), max_length=14, choices=Assurance)
    reason = models.TextField(_("motif"), max_length=4000, blank=True)
    verified_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    verified_at = models.DateTimeField()
    causation = models.BooleanField(_("causalité"))
    causation_comment = models.TextField(max_length=2000)
    realisation = models.BooleanField(_("réalisation"))
    realisation_comment = models.TextField(max_length=2000)
    valuation = models.BooleanField(_("valorisation"))
    valuation_comment = models.TextField(max_length=2000)
    attribution = models.BooleanField(_("attribution"))
    attribution_comment = models.TextField(max_length=2000)
    validation = models.BooleanField(_("validation"))
    validation_comment = models.TextField(max_length=2000)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="gain_verification_says_why_of_each_point",
                condition=~reduce(or_, (Q(**{f"{point.value}_comment": ""}) for point in Point)),
                violation_error_message=_("Chaque point vérifié a son commentaire."),
            ),
            models.CheckConstraint(
                name="gain_verification_no_has_a_consequence",
                condition=_every_point(**{"": True}) | (~Q(reason="") & (~Q(rating=Rating.GREEN) | ~Q(accepted=F("reported")))),
                violation_error_message=_(
                    "Un point non démontré exige un motif, et une cote ambre ou rouge ou un gain accepté en partie seulement."
                ),
            ),
            models.CheckConstraint(
                name="gain_verification_within_reported",
                condition=Q(accepted__gte=0, accepted__lte=F("reported")) | Q(accepted__lte=0, accepted__gte=F("reported")),
                violation_error_message=_("Le gain accepté ne peut pas dépasser le gain déclaré."),
            ),
            models.CheckConstraint(
                name="gain_verification_is_complete",
                condition=Q(rating__in=Rating.values, assurance__in=Assurance.values),
                violation_error_message=_("Une vérification a sa cote et son assurance."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report} v{self.version}"

    @property
    def answers(self) -> list[tuple[Point, bool, str]]:
        """Each point, whether it is shown, and what the verifier says of it."""
        return [(point, getattr(self, point.value), getattr(self, f"{point.value}_comment")) for point in Point]

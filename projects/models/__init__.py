from projects.models.applications import (
    Application,
    ApplicationSection,
    ApplicationVersion,
    BudgetLine,
    FundingLine,
    PlannedMilestone,
)
from projects.models.baselines import BaselineDecision, BaselineVersion
from projects.models.calls import Call, CallBudget, Criterion, Objective, TermsProfile
from projects.models.delegations import Delegation
from projects.models.documents import Document
from projects.models.exceptional import ExceptionalAccess
from projects.models.gain_plans import Baseline, ForecastGain, GainLine, GainPlan, ServiceIndicator
from projects.models.incidents import Incident
from projects.models.interests import InterestDeclaration, Recusal
from projects.models.invitations import Invitation
from projects.models.journal import ActKey, Counter, JournalEntry, JournalHead, JournalLink, KnowledgeFloor
from projects.models.organisations import Organisation, OrganisationChange, Region
from projects.models.outbox import Message, OutboxMessage
from projects.models.people import Membership, User
from projects.models.privacy import EmailChange, InactivityNotice, InactivityRule, SignIn
from projects.models.projects import Project
from projects.models.tokens import ApiToken

__all__ = [
    "ActKey",
    "ApiToken",
    "Application",
    "ApplicationSection",
    "ApplicationVersion",
    "Baseline",
    "BaselineDecision",
    "BaselineVersion",
    "BudgetLine",
    "Call",
    "CallBudget",
    "Counter",
    "Criterion",
    "Delegation",
    "Document",
    "EmailChange",
    "ExceptionalAccess",
    "ForecastGain",
    "FundingLine",
    "GainLine",
    "GainPlan",
    "InactivityNotice",
    "InactivityRule",
    "Incident",
    "InterestDeclaration",
    "Invitation",
    "JournalEntry",
    "JournalHead",
    "JournalLink",
    "KnowledgeFloor",
    "Membership",
    "Message",
    "Objective",
    "Organisation",
    "OrganisationChange",
    "OutboxMessage",
    "PlannedMilestone",
    "Project",
    "Recusal",
    "Region",
    "ServiceIndicator",
    "SignIn",
    "TermsProfile",
    "User",
]

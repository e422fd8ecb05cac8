"""The tables. Every row knows its workspace (a Slack team id), so several live in one installation.

Each field has one line of meaning where its name does not say it all. States are plain strings; which
moves are legal is decided in one table beside the code that moves them (`tickets/states.py` and others).
"""

from workers.store.tables.accounts import DirectoryAccount, RunbookRun
from workers.store.tables.base import Base
from workers.store.tables.gaps import ArticleDraft, GapSearch, KnowledgeGap
from workers.store.tables.governance import AuditEntry, Automation, Receipt
from workers.store.tables.knowledge import Correction, ShownArticle
from workers.store.tables.labelling import LabelReview
from workers.store.tables.messages import Delivery, InboxMessage
from workers.store.tables.models import RetractedArticle, ServedVersion, TrainingRun
from workers.store.tables.oversight import Shadow, ShadowScore, Study
from workers.store.tables.people import ConsoleSession, Person, SignInLink
from workers.store.tables.tickets import LabelDecision, SlaTimer, Ticket, TicketEntry

__all__ = [
    "ArticleDraft",
    "AuditEntry",
    "Automation",
    "Base",
    "ConsoleSession",
    "Correction",
    "Delivery",
    "DirectoryAccount",
    "GapSearch",
    "InboxMessage",
    "KnowledgeGap",
    "LabelDecision",
    "LabelReview",
    "Person",
    "Receipt",
    "RetractedArticle",
    "RunbookRun",
    "ServedVersion",
    "Shadow",
    "ShadowScore",
    "ShownArticle",
    "SignInLink",
    "SlaTimer",
    "Study",
    "Ticket",
    "TicketEntry",
    "TrainingRun",
]

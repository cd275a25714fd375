"""What a report is made of: its columns, the views of a page, the filters; `catalogue.py` has the reports themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from projects.enums import Role
from reporting.rules import TOTAL


class Kind(Enum):
    TEXT = "text"
    MONEY = "money"
    RATIO = "ratio"
    WHOLE = "whole"
    DAY = "day"
    INSTANT = "instant"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Column:
    """`code` is the stable header of machine files, `label` the one that people read."""

    code: str
    label: Any
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class View:
    """The columns that a page shows at once; a file has them all."""

    code: str
    label: Any
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """`key` names the row. `selectors` choose projects (filter → path from a project), `matches` choose rows by a column."""

    code: str
    number: str
    title: Any
    lead: Any
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    selectors: Mapping[str, str] = field(default_factory=dict)
    matches: tuple[str, ...] = ()
    views: tuple[View, ...] = ()
    #: columns that name a row beside its key, where a project has several
    identity: tuple[str, ...] = ()
    #: who reads it; None: whoever reads the reports of the Fund
    readers: frozenset[Role] | None = None
    #: its digest is that of the digests of each key's rows, so that a million rows need not be read again for one that changes
    by_key: bool = False
    #: of a report by group: the path from a project to its group, and whether the group of a single file would name it
    path: str = ""
    names_files: bool = False

    @property
    def filters(self) -> tuple[str, ...]:
        return (*self.selectors, *self.matches)

    @property
    def by_project(self) -> bool:
        """Each row speaks of one project, or of a group that may be one: a recusal hides it."""
        return self.key[0] == "project" or self.names_files

    def column(self, code: str) -> Column:
        return next(column for column in self.columns if column.code == code)

    @property
    def row_names(self) -> tuple[str, ...]:
        """The columns that say which row it is."""
        return (*self.key, *self.identity)

    def keeps_total(self, filters: Mapping[str, str]) -> bool:
        """Whether a TOTAL is still that of the rows shown: the filters name rows, and choose none by what a row says."""
        return all(name in self.row_names for name in filters if name in self.matches)

    def key_of(self, row: Mapping[str, str]) -> str:
        return ":".join(row[name] for name in self.key)


def is_total(key: str) -> bool:
    return TOTAL in key.split(":")


def money_columns(*names: tuple[str, Any]) -> tuple[Column, ...]:
    return tuple(Column(code, label, Kind.MONEY) for code, label in names)


def ratio_columns(*names: tuple[str, Any]) -> tuple[Column, ...]:
    return tuple(Column(code, label, Kind.RATIO) for code, label in names)

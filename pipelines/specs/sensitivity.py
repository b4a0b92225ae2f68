"""Which of a partner's columns may be kept, and which may be told, by the sensitivity of the fields they fill."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.specs.feeds import FeedVersion
from pipelines.specs.models import Dataset, Sensitivity


def identifier_columns(version: FeedVersion, dataset: Dataset) -> Iterator[str]:
    """The columns that fill a direct identifier: read past, and stored nowhere."""
    for header, column in version.fills():
        if dataset.fields[column.field].sensitivity is Sensitivity.IDENTIFIER:
            yield header


def holds_persons(version: FeedVersion, dataset: Dataset) -> bool:
    """Whether what a version of a feed reads is about persons: its files are sealed, its rows are personal data."""
    return dataset.persons or any(identifier_columns(version, dataset))


def plain_columns(version: FeedVersion, dataset: Dataset) -> set[str]:
    """The columns whose texts an issue may repeat: they fill plain fields and no others."""
    return {
        header
        for header, columns in version.columns.items()
        if all(dataset.fields[column.field].sensitivity is Sensitivity.PLAIN for column in columns)
    }

"""Which of a partner's columns may be kept, and which may be told, by the sensitivity of the fields they fill."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.specs.feeds import Column, FeedVersion
from pipelines.specs.models import Dataset, DatasetField, Pseudonym, Sensitivity


def identifier_columns(version: FeedVersion, dataset: Dataset) -> Iterator[str]:
    """The columns that fill a direct identifier: what stands in them is stored nowhere as it was sent."""
    for header, column in version.fills():
        if dataset.fields[column.field].sensitivity is Sensitivity.IDENTIFIER:
            yield header


def is_dropped(column: Column, field: DatasetField) -> bool:
    """Whether nothing at all is kept of a column that fills a field: an identifier, or words that nobody wants."""
    return not field.is_stored or column.keep == "nothing"


def dropped_columns(version: FeedVersion, dataset: Dataset) -> set[str]:
    """The columns that are read past and stored nowhere."""
    return {
        header
        for header, columns in version.columns.items()
        if all(is_dropped(column, dataset.fields[column.field]) for column in columns)
    }


def pseudonym_columns(version: FeedVersion, dataset: Dataset) -> Iterator[tuple[str, Column, Pseudonym]]:
    """The columns of which a pseudonym is kept, each with how."""
    for header, column in version.fills():
        pseudonym = dataset.fields[column.field].pseudonym
        if pseudonym is not None:
            yield header, column, pseudonym


def is_of_persons(version: FeedVersion, dataset: Dataset) -> bool:
    """Whether rows may tell who a person is: they are about people, or an identifier, age or free text came with them.

    What could not be read of such a feed is not kept as text.
    """
    columns = [column for _header, column in version.fills()]
    told = any(column.born or column.age or column.keep for column in columns)
    return dataset.persons or told or any(True for _ in identifier_columns(version, dataset))


def plain_columns(version: FeedVersion, dataset: Dataset) -> set[str]:
    """The columns whose texts an issue may repeat: they fill plain fields and no others."""
    return {
        header
        for header, columns in version.columns.items()
        if all(dataset.fields[column.field].sensitivity is Sensitivity.PLAIN for column in columns)
    }

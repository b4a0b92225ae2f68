"""The register of issues tells a data officer what to do."""

from __future__ import annotations

import pytest

from pipelines.specs.issue_types import IssueType, read_issue_types


@pytest.mark.parametrize("item", read_issue_types().values(), ids=lambda item: item.issue_type)
def test_every_issue_type_says_what_to_do_in_one_short_sentence(item: IssueType) -> None:
    assert item.advice
    assert item.advice[0].isupper()
    assert item.advice[-1] != ".", "the page puts the full stop"
    assert ". " not in item.advice
    assert len(item.advice) <= 120

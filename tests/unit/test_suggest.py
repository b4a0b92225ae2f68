"""Suggested codes: the likeliest first, by a rule that neither order nor company changes."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.propose.suggest import OTHERS, OWN, Known, Suggestion, suggest

LABELS = {"car": "Car or van", "motorcycle": "Motorcycle or moped", "caravan": "Caravan or trailer", "large": "Lorry"}
MAP = [Known("Burnt out car", "car", "ours"), Known("Transit van", "car", "ours"), Known("Scooter", "motorcycle", "x")]
# Texts that have something in common, and some that have nothing.
WORDS = st.sampled_from(["car", "van", "vans", "lorry", "Moped", "burnt", "trailer", "07", "12", "B7", "?", "é", "🚗"])
TEXTS = st.lists(WORDS, max_size=4).map(" ".join)
PAIRS = st.builds(Known, TEXTS, st.sampled_from([*LABELS, "ended"]), st.sampled_from("ab"), st.sampled_from([0.5, 1]))


def codes(*texts: str, known: list[Known] | None = None) -> list[list[str]]:
    return [[item.code for item in own] for own in suggest(texts, MAP if known is None else known, LABELS)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("burnt-out CARS", "car"),
        ("Mopeds", "motorcycle"),
        ("VANS (transit)", "car"),
        ("Lorries", "large"),
        ("Abandoned caravn", "caravan"),
    ],
)
def test_the_code_of_what_is_most_alike_comes_first(text: str, code: str) -> None:
    assert codes(text)[0][0] == code


def test_labels_suggest_where_no_map_knows_anything() -> None:
    [[best, *_]] = suggest(["Caravan"], [], LABELS)
    assert (best.code, best.why) == ("caravan", 'like "Caravan or trailer" (its label)')


@pytest.mark.parametrize("text", ["", "?!", "Qzx", "12"])
def test_what_nothing_is_like_has_no_suggestion(text: str) -> None:
    assert codes(text, known=[*MAP, Known("02", "large", "ours")]) == [[]]


def test_a_text_known_but_for_its_case_has_the_full_score_and_says_who_knows_it() -> None:
    known = [Known("SKIP", "large", "this map")]
    [[best, *_]] = suggest(["skip"], known, LABELS)
    assert (best.code, best.score, best.like) == ("large", 1.0, known[0])


def test_the_partners_own_history_counts_for_more_than_anothers() -> None:
    ours, theirs = Known("Unit", "car", "this map", OWN), Known("Unit", "large", "another", OTHERS)
    assert [own[:2] for own in codes("unit", known=[ours, theirs])] == [["car", "large"]]
    swapped = [Known("Unit", "car", "another", OTHERS), Known("Unit", "large", "this map", OWN)]
    assert [own[:2] for own in codes("unit", known=swapped)] == [["large", "car"]]
    [[alone, *_], [contested, *_]] = [suggest(["unit"], known, LABELS)[0] for known in ([ours], [ours, theirs])]
    assert contested.score < alone.score


def test_no_more_are_suggested_than_are_asked_for() -> None:
    alike = [Known(f"blue {code}", code, "ours") for code in LABELS]
    assert [len(suggest(["blue thing"], alike, LABELS, count)[0]) for count in (1, 2, 4)] == [1, 2, 4]


@given(st.lists(TEXTS, max_size=4), st.lists(PAIRS, max_size=8), st.randoms())
@settings(deadline=None)
def test_the_order_of_what_is_known_changes_nothing(texts: list[str], known: list[Known], chance) -> None:
    shuffled = chance.sample(known, len(known))
    labels = dict(chance.sample(sorted(LABELS.items()), len(LABELS)))
    assert suggest(texts, shuffled, labels) == suggest(texts, known, LABELS)


@given(st.lists(TEXTS, max_size=4), st.lists(PAIRS, max_size=8))
@settings(deadline=None)
def test_scores_lie_between_0_and_1_in_order_and_of_codes_in_force_only(texts: list[str], known: list[Known]) -> None:
    found = suggest(texts, known, LABELS)
    assert len(found) == len(texts)
    for own in found:
        scores = [item.score for item in own]
        assert scores == sorted(scores, reverse=True)
        assert all(0 < score <= 1 and math.isfinite(score) for score in scores)
        assert {item.code for item in own} <= LABELS.keys()
        assert len({item.code for item in own}) == len(own) <= 3
        assert all(item.like.code == item.code for item in own)


@given(st.lists(TEXTS, min_size=1, max_size=4), st.lists(PAIRS, max_size=8))
@settings(deadline=None)
def test_a_text_is_told_the_same_alone_as_among_others(texts: list[str], known: list[Known]) -> None:
    alone: list[tuple[Suggestion, ...]] = [suggest([text], known, LABELS)[0] for text in texts]
    assert suggest(texts, known, LABELS) == alone

"""What a person declares about his health."""

from __future__ import annotations

from datetime import date

import pytest

from core.declaration import Arrival, Condition, Declaration, Origin, Scheme

DAY = date(2021, 12, 1)


def test_none_of_these_is_an_empty_declaration() -> None:
    assert Declaration.from_answers({"conditions": []}) == Declaration()
    assert Declaration.from_answers({}) == Declaration()


def test_a_declaration_is_built_from_the_answers() -> None:
    declaration = Declaration.from_answers(
        {
            "conditions": ["symptoms", "discharged", "arrived"],
            "discharged_on": "2021-12-01",
            "arrived_on": "2021-12-01",
            "arrived_from": "macao",
            "scheme": "return2hk",
        }
    )
    assert declaration == Declaration(
        conditions=frozenset({Condition.SYMPTOMS, Condition.DISCHARGED, Condition.ARRIVED}),
        discharged_on=DAY,
        arrival=Arrival(DAY, Origin.MACAO, Scheme.RETURN2HK),
    )


def test_answers_to_what_is_no_longer_declared_are_passed_over() -> None:
    answers = {"conditions": ["contact"], "discharged_on": "2021-12-01", "arrived_on": "2021-12-01"}
    assert Declaration.from_answers(answers) == Declaration(frozenset({Condition.CONTACT}))


def test_an_arrival_from_elsewhere_has_no_scheme() -> None:
    declaration = Declaration.from_answers(
        {"conditions": ["arrived"], "arrived_on": "2021-12-01", "arrived_from": "elsewhere"}
    )
    assert declaration.arrival == Arrival(DAY)


@pytest.mark.parametrize(
    "answers",
    [
        {"conditions": ["well"]},
        {"conditions": ["arrived"], "arrived_on": "1/12/2021"},
        {"conditions": ["arrived"], "arrived_on": "2021-12-01", "arrived_from": "mars"},
    ],
)
def test_other_values_are_an_error(answers: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"well|1/12/2021|mars"):
        Declaration.from_answers(answers)


@pytest.mark.parametrize(
    ("answers", "missing"),
    [
        ({"conditions": ["discharged"]}, "discharged_on"),
        ({"conditions": ["arrived"], "arrived_from": "macao"}, "arrived_on"),
        ({"conditions": ["arrived"], "arrived_on": "2021-12-01"}, "arrived_from"),
    ],
)
def test_a_missing_answer_is_an_error(answers: dict[str, object], missing: str) -> None:
    with pytest.raises(KeyError, match=missing):
        Declaration.from_answers(answers)


@pytest.mark.parametrize("origin", Origin)
@pytest.mark.parametrize("scheme", Scheme)
def test_only_the_two_schemes_from_the_mainland_and_macao_are_exempt(
    origin: Origin, scheme: Scheme
) -> None:
    near = origin in (Origin.MAINLAND, Origin.MACAO)
    spared = scheme in (Scheme.RETURN2HK, Scheme.COME2HK)
    assert Arrival(DAY, origin, scheme).exempt is (near and spared)

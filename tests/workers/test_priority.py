"""How urgent a new ticket is: by its label's usual, or by what closed tickets say where the model is sure."""

import pytest
from sqlalchemy import select

from classifier.model.inference import Value
from tests.workers.office import Office, prediction
from tests.workers.test_routing import routed
from workers.routing.priority import decide, nearest
from workers.store.tables import Receipt


def said(value: str, accepted: bool = True) -> Value:
    return Value("priority", value, 0.93, accepted)


def test_the_labels_usual_counts_without_a_model(quick_office: Office) -> None:
    urged = decide(quick_office.handbook.desk, "Printing", "individual", "low", None)
    assert urged is not None and (urged.impact, urged.urgency) == ("individual", "low")
    assert urged.why == "Printing: impact individual, urgency low by the taxonomy." and not urged.by_model


def test_a_sure_model_moves_urgency_first(quick_office: Office) -> None:
    desk = quick_office.handbook.desk
    urged = decide(desk, "VPN", "individual", "medium", said("P2"))
    assert urged is not None and urged.priority == "P2" == desk.priority(urged.impact, urged.urgency)
    assert "93% sure of P2 by closed tickets; usual for VPN is P3." == urged.why


@pytest.mark.parametrize("value", [said("P2", accepted=False), said("P3"), said("P9")])
def test_a_doubtful_same_or_unknown_priority_changes_nothing(quick_office: Office, value: Value) -> None:
    urged = decide(quick_office.handbook.desk, "VPN", "individual", "medium", value)
    assert urged is not None and (urged.impact, urged.urgency, urged.by_model) == ("individual", "medium", False)


def test_a_ticket_in_triage_is_urgent_where_the_model_is_sure(quick_office: Office) -> None:
    desk = quick_office.handbook.desk
    urged = decide(desk, None, "individual", "medium", said("P1"))
    assert urged is not None and urged.priority == "P1"
    assert decide(desk, None, "individual", "medium", said("P1", accepted=False)) is None


@pytest.mark.parametrize("priority", ["P1", "P2", "P3", "P4"])
def test_impact_and_urgency_always_lead_to_the_priority(quick_office: Office, priority: str) -> None:
    desk = quick_office.handbook.desk
    for impact, row in desk.priorities.items():
        for urgency in row:
            found = nearest(desk, impact, urgency, priority)
            assert found is not None and desk.priority(*found) == priority
            if desk.priority(impact, urgency) == priority:
                assert found == (impact, urgency)


def test_a_routed_ticket_has_the_models_priority_and_says_why(quick_office: Office) -> None:
    ticket = routed(quick_office, prediction(values=(said("P2"),)))
    assert ticket.priority == "P2" and quick_office.handbook.desk.priority(ticket.impact, ticket.urgency) == "P2"
    with quick_office.store.read() as session:
        receipt = session.scalars(select(Receipt).where(Receipt.automation == "prioritise")).one()
    assert receipt.decision == "P2" and receipt.confidence == 0.93 and receipt.versions == {"classifier": "v1"}
    assert "93% sure of P2 by closed tickets" in receipt.why


def test_with_the_switch_off_no_model_sets_a_priority(quick_office: Office) -> None:
    quick_office.suspend("prioritise")
    assert routed(quick_office, prediction(values=(said("P1"),))).priority == "P3"

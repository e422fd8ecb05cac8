"""Where a ticket goes, what is written about it, and what happens when the task was lost."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from classifier.errors import ClassifierError
from classifier.model.inference import Prediction
from tests.workers.office import JONAS, MIRA, WORKSPACE, Office, prediction
from workers.governance import automations, receipts
from workers.governance.automations import Permit
from workers.routing import missed
from workers.routing.decision import decide
from workers.routing.service import route
from workers.service_desk import ServiceDesk
from workers.serving import serve
from workers.settings import Settings
from workers.slack import notices
from workers.store.columns import now
from workers.store.tables import LabelDecision, Receipt, Ticket
from workers.tickets import states, work


def permit(allowed: bool = True, tier: automations.Tier = "auto") -> Permit:
    return Permit("route", allowed, tier, 0.1, MIRA, "suspended by mira.holt: too many misroutes")


@pytest.mark.parametrize(
    ("seen", "permitted", "label", "why"),
    [
        (prediction(), permit(), "network_vpn", "90% sure of the team, 70% needed for at most 10% misroutes"),
        (prediction(confidence=0.7), permit(), "network_vpn", "70% sure"),
        (prediction(confidence=0.69), permit(), None, "Only 69% sure of the team; 70% is needed"),
        (prediction(threshold=None), permit(), None, "Too few closed tickets"),
        (prediction(), permit(tier="approve"), None, "tier approve, so a person says yes"),
        (prediction(), permit(tier="suggest"), None, "tier suggest, so a person says yes"),
        (prediction(), permit(allowed=False), None, "Routing is off: suspended by mira.holt: too many misroutes."),
        (None, permit(), None, "No classifier can be asked now"),
        (None, permit(allowed=False), None, "Routing is off"),
    ],
)
def test_only_a_sure_classifier_that_may_act_routes(
    seen: Prediction | None, permitted: Permit, label: str | None, why: str
) -> None:
    decision = decide(seen, permitted)
    assert decision.label == label
    assert why in decision.why
    assert decision.choices == (tuple(name for name, _ in seen.top) if seen else ())


def routed(office: Office, seen: Prediction | None, version: str | None = "v1") -> Ticket:
    ticket = office.open()
    with office.store.begin() as session:
        route(session, office.handbook, session.get_one(Ticket, ticket), seen, version)
    return office.ticket(ticket)


def receipt_of(office: Office, ticket: Ticket) -> Receipt:
    with office.store.read() as session:
        return session.get_one(Receipt, ticket.receipt_id)


def card_of(office: Office, ticket: Ticket) -> dict[str, object]:
    (card,) = office.deliveries(record=f"card:{ticket.id}")
    return dict(card.payload)


def test_a_sure_label_brings_the_ticket_to_its_team(office: Office) -> None:
    ticket = routed(office, prediction())
    assert (ticket.status, ticket.team, ticket.label, ticket.label_by) == (
        states.ASSIGNED, "network", "network_vpn", "classifier"
    )  # fmt: skip
    card = card_of(office, ticket)
    assert card["to"] == "channel:it-network"
    assert "Network &amp; VPN* (90%)" in str(card)
    assert notices.CHOOSE_LABEL not in str(card)
    assert office.actions(f"ticket:{ticket.id}")[-1] == "ticket_routed"
    with office.store.read() as session:
        (decision,) = session.scalars(select(LabelDecision)).all()
    assert (decision.label, decision.by) == ("network_vpn", "classifier")


def test_the_receipt_says_what_was_seen_and_on_what_grounds(office: Office) -> None:
    receipt = receipt_of(office, routed(office, prediction()))
    assert (receipt.automation, receipt.decision, receipt.tier) == ("route", "network_vpn", "auto")
    assert (receipt.confidence, receipt.threshold) == (0.9, 0.7)
    assert receipt.seen == "The VPN drops every ten minutes" and receipt.person == "anna.lind"
    assert receipt.versions == {"classifier": "v1"}
    assert receipt.evidence["top"][0] == ["network_vpn", 0.9] and receipt.evidence["owner"] == MIRA
    words = receipts.in_words(receipt)
    assert "Confidence 90%; needed: 70%." in words and "classifier v1" in words


@pytest.mark.parametrize("seen", [prediction(confidence=0.4), prediction(threshold=None)])
def test_when_unsure_triage_sees_the_best_labels_as_buttons(quick_office: Office, seen: Prediction) -> None:
    ticket = routed(quick_office, seen)
    assert (ticket.status, ticket.team, ticket.label) == (states.TRIAGE, "service_desk", None)
    card = card_of(quick_office, ticket)
    assert card["to"] == "channel:it-triage"
    for place, label in enumerate(("network_vpn", "identity_access", "email_calendar")):
        assert f"'{notices.CHOOSE_LABEL}_{place}', 'value': '{ticket.id}:{label}'" in str(card)


@pytest.mark.parametrize("tier", ["suggest", "approve"])
def test_below_auto_a_sure_label_is_a_button_only(quick_office: Office, tier: str) -> None:
    for _ in range(1 if tier == "approve" else 2):
        with quick_office.store.begin() as session:
            automations.move_tier(session, WORKSPACE, "route", -1, MIRA, "a test")
    ticket = routed(quick_office, prediction())
    assert (ticket.status, ticket.label) == (states.TRIAGE, None)
    assert f"{ticket.id}:network_vpn" in str(card_of(quick_office, ticket))
    assert receipt_of(quick_office, ticket).tier == tier


def test_suspended_routing_sends_the_next_ticket_to_triage(office: Office) -> None:
    office.suspend("route")
    ticket = routed(office, prediction())
    assert (ticket.status, ticket.team, ticket.label) == (states.TRIAGE, "service_desk", None)
    assert "suspended by mira.holt: a test of the switch" in receipt_of(office, ticket).why
    with office.store.begin() as session:
        automations.resume(session, WORKSPACE, "route", MIRA)
    assert routed(office, prediction()).status == states.ASSIGNED


def test_without_a_model_people_choose(quick_office: Office) -> None:
    ticket = routed(quick_office, None, None)
    assert ticket.status == states.TRIAGE
    receipt = receipt_of(quick_office, ticket)
    assert (receipt.confidence, receipt.threshold, receipt.versions) == (None, None, {})
    assert notices.CHOOSE_LABEL not in str(card_of(quick_office, ticket))


def test_a_label_that_the_taxonomy_lost_goes_to_triage(quick_office: Office) -> None:
    assert routed(quick_office, prediction("telephony")).team == "service_desk"


def test_the_labels_impact_and_urgency_make_the_priority(quick_office: Office) -> None:
    ticket = routed(quick_office, prediction("security_phishing"))
    assert (ticket.impact, ticket.urgency, ticket.priority) == ("organisation", "high", "P1")
    due = quick_office.timers(ticket.id)["first_response"].due_at
    assert due == ticket.opened_at + timedelta(minutes=15)
    with quick_office.store.read() as session:
        receipt = session.scalars(select(Receipt).where(Receipt.automation == "prioritise")).one()
    assert receipt.decision == "P1"


def test_suspended_prioritising_leaves_the_priority_alone(quick_office: Office) -> None:
    quick_office.suspend("prioritise")
    assert routed(quick_office, prediction("security_phishing")).priority == "P3"


def test_a_ticket_is_routed_once(quick_office: Office) -> None:
    office = quick_office
    ticket = routed(office, prediction())
    before = (office.audited(), len(office.deliveries()))
    with office.store.begin() as session:
        again = route(session, office.handbook, session.get_one(Ticket, ticket.id), prediction("printing"), "v2")
    assert again.label == "network_vpn"
    assert (office.audited(), len(office.deliveries())) == before


@pytest.mark.parametrize(
    ("sure", "chosen", "outcome"),
    [
        (0.9, "network_vpn", "accepted"),
        (0.9, "printing", "corrected"),
        (0.4, "network_vpn", "accepted"),
        (0.4, "printing", "corrected"),
    ],
)
def test_a_persons_label_is_the_evidence(quick_office: Office, sure: float, chosen: str, outcome: str) -> None:
    office = quick_office
    ticket = routed(office, prediction(confidence=sure))
    office.do(work.relabel, ticket.id, JONAS, chosen)
    receipt = receipt_of(office, ticket)
    assert (receipt.outcome, receipt.outcome_by) == (outcome, JONAS)
    with office.store.read() as session:
        evidence = receipts.evidence(session, WORKSPACE, "route")
        decisions = session.scalars(select(LabelDecision).order_by(LabelDecision.id)).all()
    assert (evidence.decisions, evidence.settled, evidence.wrong_share) == (1, 1, float(outcome == "corrected"))
    assert (decisions[-1].label, decisions[-1].by) == (chosen, JONAS)


def test_claiming_accepts_the_machines_route(quick_office: Office) -> None:
    ticket = routed(quick_office, prediction())
    quick_office.do(work.claim, ticket.id, JONAS)
    assert receipt_of(quick_office, ticket).outcome == "accepted"


@dataclass
class Model:
    """A classifier that says the same of everything."""

    says: Prediction
    asked_at: float | None = None
    teams: dict[str, str] | None = None

    def classify(self, texts: list[str], limit: float, teams: dict[str, str], limits: object) -> list[Prediction]:
        self.asked_at, self.teams = limit, teams
        if not 0 < limit < 1:
            raise ClassifierError(f"a limit lies between 0 and 1, not {limit}")
        return [self.says for _ in texts]


def desk_with(office: Office, folder: Path, model: Model) -> ServiceDesk:
    """The desk, serving this model."""
    from workers.serving import Served

    desk = ServiceDesk(Settings(home=folder), office.store, office.handbook)
    desk.__dict__["classifier"] = Served(office.store, "classifier", folder, lambda _: model)
    with office.store.begin() as session:
        serve(session, WORKSPACE, "classifier", "v7", MIRA, "a test")
    return desk


def test_one_ticket_is_routed_by_what_is_served(office: Office, tmp_path: Path) -> None:
    model = Model(prediction())
    desk, ticket = desk_with(office, tmp_path, model), office.open()
    missed.route_one(desk, ticket)
    assert office.ticket(ticket).team == "network"
    assert receipt_of(office, office.ticket(ticket)).versions == {"classifier": "v7"}
    assert model.asked_at == 0.1  # the limit of desk.yaml
    assert model.teams is not None and model.teams["network_vpn"] == "network"


def test_routing_that_nobody_set_up_still_brings_the_ticket_to_triage(quick_office: Office, tmp_path: Path) -> None:
    office = quick_office
    with office.store.begin() as session:
        for row in automations.all_of(session, WORKSPACE):
            if row.name == "route":
                session.delete(row)
    desk, ticket = desk_with(office, tmp_path, Model(prediction())), office.open()
    missed.route_one(desk, ticket)
    assert office.ticket(ticket).status == states.TRIAGE
    assert "nobody has set up route" in receipt_of(office, office.ticket(ticket)).why


def test_a_model_that_cannot_judge_leaves_it_to_people(quick_office: Office, tmp_path: Path) -> None:
    class Damaged(Model):
        def classify(self, texts: list[str], limit: float, teams: dict[str, str], limits: object) -> list[Prediction]:
            raise ClassifierError("the model's file is damaged")

    desk, ticket = desk_with(quick_office, tmp_path, Damaged(prediction())), quick_office.open()
    missed.route_one(desk, ticket)
    assert quick_office.ticket(ticket).status == states.TRIAGE


def test_tickets_whose_task_was_lost_are_routed_later(office: Office, tmp_path: Path) -> None:
    desk = desk_with(office, tmp_path, Model(prediction()))
    lost, fresh, done = office.open(), office.open(), office.open_in("identity")
    with office.store.begin() as session:
        late = now() - missed.MISSED_AFTER - timedelta(seconds=1)
        session.execute(update(Ticket).where(Ticket.id.in_((lost, done))).values(opened_at=late))
    assert missed.route_missed(desk) == 1
    assert missed.route_missed(desk) == 0
    assert [office.ticket(t).team for t in (lost, fresh, done)] == ["network", None, "identity"]

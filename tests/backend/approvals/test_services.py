from dataclasses import replace

import pytest

from backend.approvals import registry, rules, services
from backend.approvals.models import Approval, Decision, Flow, FlowVersion
from backend.approvals.routing import NoFlow
from backend.core import clock
from backend.core.actor import Actor
from backend.core.context import Origin, came_from
from backend.core.errors import Forbidden, NotFound
from backend.customers.models import Customer
from backend.events.models import Event
from tests.backend.approvals.conftest import LABEL, step

MANAGER = step("manager", "direct_manager")
FINANCE = step("finance", "role", "finance")


@pytest.fixture
def approve(cast):
    def act(approval, employee, opinion=""):
        return services.approve(actor=cast.actor(employee), approval_id=approval.pk, opinion=opinion, at=clock.now())

    return act


@pytest.fixture
def reject(cast):
    def act(approval, employee, opinion="太贵"):
        return services.reject(actor=cast.actor(employee), approval_id=approval.pk, opinion=opinion, at=clock.now())

    return act


@pytest.fixture
def withdraw(cast):
    def act(approval, employee):
        return services.withdraw(actor=cast.actor(employee), approval_id=approval.pk, at=clock.now())

    return act


def states(approval: Approval) -> dict[str, str]:
    return dict(approval.tasks.order_by("id").values_list("employee__name", "status"))


def names_of_events(approval: Approval) -> list[str]:
    return list(Event.objects.filter(subject_id=approval.pk).order_by("id").values_list("name", flat=True))


class TestSubmit:
    def test_asks_the_first_step_and_shows_it_what_it_must_decide(self, cast, flow, submit):
        flow(step("boss", "person", str(cast.zhao.pk)), FINANCE)
        approval = submit(cast.li)
        zhao = cast.actor(cast.zhao)
        assert states(approval) == {"赵强": "open"}
        assert Approval.objects.get_visible(zhao, approval.pk).title == "老张茶行"
        assert Customer.objects.get_visible(zhao, approval.document_id).code == "K1"
        requested = Event.objects.get(name="approval.requested")
        assert requested.subject_id == approval.pk
        assert requested.data == {"title": "老张茶行", "approvers": [str(cast.zhao.pk)]}

    def test_keeps_what_the_document_said(self, cast, flow, submit):
        flow(MANAGER)
        approval = submit(cast.li)
        Customer.objects.update(name="改名茶行", code="K9")
        approval.refresh_from_db()
        assert (approval.title, approval.summary) == ("老张茶行", {"code": "K1"})

    def test_twice_is_once(self, cast, flow, submit):
        flow(MANAGER)
        approval = submit(cast.li)
        customer = Customer.objects.get(pk=approval.document_id)
        again = services.submit(actor=cast.actor(cast.li), document=customer, at=clock.now())
        assert again == approval
        assert approval.tasks.count() == 1
        assert names_of_events(approval) == ["approval.requested"]

    def test_only_the_owner_submits(self, cast, flow, submit):
        flow(MANAGER)
        customer = Customer.objects.get(pk=submit(cast.li).document_id)
        with pytest.raises(services.NotTheSubmitter):
            services.submit(actor=cast.actor(cast.han), document=customer, at=clock.now())

    def test_needs_a_flow(self, cast, submit, outcomes):
        with pytest.raises(NoFlow):
            submit(cast.li)

    def test_a_flow_of_another_company_does_not_count(self, cast, submit, outcomes):
        services.publish_flow(actor=Actor.system(cast.acme.pk), document_type=LABEL, name="客户准入", steps=[MANAGER])
        with pytest.raises(NoFlow):
            submit(cast.li)

    def test_after_a_rejection_the_document_may_go_again(self, cast, flow, submit, reject):
        flow(MANAGER)
        first = reject(submit(cast.li), cast.han)
        customer = Customer.objects.get(pk=first.document_id)
        second = services.submit(actor=cast.actor(cast.li), document=customer, at=clock.now())
        assert second != first
        assert second.is_pending


class TestApprove:
    def test_the_last_agreement_settles_the_document(self, cast, flow, submit, approve, outcomes):
        flow(MANAGER)
        approval = approve(submit(cast.li), cast.han, " 同意 ")
        assert approval.status == "approved"
        assert approval.finished_at is not None
        assert states(approval) == {"韩梅梅": "approved"}
        assert outcomes == [("approved", "K1")]
        assert names_of_events(approval) == ["approval.requested", "approval.approved"]
        assert Event.objects.get(name="approval.approved").data == {"title": "老张茶行", "opinion": "同意"}

    def test_says_who_decided_and_from_where(self, cast, flow, submit, approve):
        flow(MANAGER)
        approval = submit(cast.li)
        with came_from(Origin("request-1", "10.0.0.7", "Xiaomi " * 40)):
            approve(approval, cast.han, "同意")
        decision = Decision.objects.get()
        assert (decision.by, decision.on_behalf_of, decision.verdict) == (cast.han, None, "approved")
        assert (decision.opinion, decision.address) == ("同意", "10.0.0.7")
        assert decision.device == ("Xiaomi " * 40)[:128]

    def test_goes_on_to_the_next_step(self, cast, flow, submit, approve, outcomes):
        flow(MANAGER, FINANCE)
        approval = approve(submit(cast.li), cast.han)
        assert (approval.status, approval.step) == ("pending", 1)
        assert states(approval) == {"韩梅梅": "approved", "王芳": "open"}
        assert outcomes == []
        assert names_of_events(approval) == ["approval.requested", "approval.signed", "approval.requested"]
        assert approve(approval, cast.wang).status == "approved"
        assert outcomes == [("approved", "K1")]

    def test_in_an_any_sign_step_the_first_agreement_is_enough(self, cast, flow, submit, approve, hire):
        hire("周会计", role="finance")
        flow(FINANCE)
        approval = approve(submit(cast.li), cast.wang)
        assert approval.status == "approved"
        assert states(approval) == {"周会计": "cancelled", "王芳": "approved"}

    def test_in_an_all_sign_step_everybody_must_agree(self, cast, flow, submit, approve, hire, outcomes):
        zhou = hire("周会计", role="finance")
        flow(step("finance", "role", "finance", mode="all"))
        approval = submit(cast.li)
        first = approve(approval, cast.wang)
        assert first.status == "pending"
        assert first.version == approval.version + 1
        assert outcomes == []
        assert approve(approval, zhou).status == "approved"
        assert names_of_events(approval) == ["approval.requested", "approval.signed", "approval.approved"]

    def test_twice_is_once(self, cast, flow, submit, approve, outcomes):
        flow(MANAGER, FINANCE)
        approval = submit(cast.li)
        first = approve(approval, cast.han)
        again = approve(approval, cast.han)
        assert (again.version, again.step) == (first.version, first.step)
        assert Decision.objects.count() == 1
        approve(approval, cast.wang)
        assert approve(approval, cast.han).status == "approved"
        assert outcomes == [("approved", "K1")]

    def test_who_was_asked_and_too_late_learns_who_was_faster(self, cast, flow, submit, approve, reject, hire):
        zhou = hire("周会计", role="finance")
        flow(FINANCE)
        approval = submit(cast.li)
        approve(approval, cast.wang)
        for late in (approve, reject):
            with pytest.raises(services.AlreadyDecided) as conflict:
                late(approval, zhou)
            assert conflict.value.data["decided_by"] == {"id": cast.wang.pk, "name": "王芳"}
            assert conflict.value.data["decision"] == "approved"
        assert Decision.objects.count() == 1

    def test_a_change_of_mind_is_a_conflict_with_oneself(self, cast, flow, submit, approve, reject, outcomes):
        flow(MANAGER, FINANCE)
        approval = approve(submit(cast.li), cast.han)
        approve(approval, cast.wang)
        with pytest.raises(services.AlreadyDecided) as conflict:
            reject(approval, cast.han)
        assert conflict.value.data["decided_by"]["name"] == "韩梅梅"
        assert outcomes == [("approved", "K1")]

    def test_who_sees_it_and_is_not_asked_may_not(self, cast, flow, submit, approve, outcomes):
        flow(MANAGER, FINANCE)
        approval = submit(cast.li)
        for onlooker in (cast.li, cast.wang, cast.qian):
            with pytest.raises(services.NotAsked):
                approve(approval, onlooker)
        assert states(approval) == {"韩梅梅": "open"}
        assert outcomes == []

    def test_who_does_not_see_it_finds_nothing(self, cast, flow, submit, approve, reject, withdraw):
        flow(MANAGER)
        approval = submit(cast.li)
        for stranger in (cast.zhao, cast.sun):
            for verb in (approve, reject, withdraw):
                with pytest.raises(NotFound):
                    verb(approval, stranger)
        assert states(approval) == {"韩梅梅": "open"}

    def test_the_system_is_asked_nothing(self, cast, flow, submit):
        flow(MANAGER)
        with pytest.raises(services.NotAsked):
            services.approve(actor=Actor.system(cast.company.pk), approval_id=submit(cast.li).pk, at=clock.now())

    def test_what_the_document_refuses_leaves_everything_as_it_was(self, cast, flow, submit, approve, monkeypatch):
        flow(MANAGER)
        approval = submit(cast.li)

        def refuse(*, actor, document, at):
            raise Forbidden()

        kind = registry.get(LABEL)
        monkeypatch.setitem(registry._types, LABEL, replace(kind, on_approved=refuse))
        with pytest.raises(Forbidden):
            approve(approval, cast.han)
        approval.refresh_from_db()
        assert approval.is_pending
        assert states(approval) == {"韩梅梅": "open"}
        assert not Decision.objects.exists()
        assert names_of_events(approval) == ["approval.requested"]


class TestReject:
    @pytest.mark.parametrize("mode", ["any", "all"])
    def test_one_refusal_ends_it(self, cast, flow, submit, reject, hire, outcomes, mode):
        hire("周会计", role="finance")
        flow(step("finance", "role", "finance", mode=mode), MANAGER)
        approval = reject(submit(cast.li), cast.wang, " 太贵 ")
        assert approval.status == "rejected"
        assert states(approval) == {"周会计": "cancelled", "王芳": "rejected"}
        assert outcomes == [("rejected", "K1")]
        assert Event.objects.get(name="approval.rejected").data == {"title": "老张茶行", "opinion": "太贵"}

    @pytest.mark.parametrize("opinion", ["", "  \n"])
    def test_needs_an_opinion(self, cast, flow, submit, reject, opinion):
        flow(MANAGER)
        approval = submit(cast.li)
        with pytest.raises(services.OpinionRequired) as refused:
            reject(approval, cast.han, opinion)
        assert list(refused.value.fields) == ["opinion"]
        assert states(approval) == {"韩梅梅": "open"}

    def test_twice_is_once(self, cast, flow, submit, reject, outcomes):
        flow(MANAGER)
        approval = submit(cast.li)
        first = reject(approval, cast.han)
        assert reject(approval, cast.han).version == first.version
        assert outcomes == [("rejected", "K1")]


class TestWithdraw:
    def test_the_submitter_takes_it_back(self, cast, flow, submit, withdraw, outcomes):
        flow(MANAGER)
        approval = withdraw(submit(cast.li), cast.li)
        assert approval.status == "withdrawn"
        assert states(approval) == {"韩梅梅": "cancelled"}
        assert outcomes == [("withdrawn", "K1")]
        assert names_of_events(approval) == ["approval.requested", "approval.withdrawn"]

    def test_twice_is_once(self, cast, flow, submit, withdraw, outcomes):
        flow(MANAGER)
        approval = submit(cast.li)
        first = withdraw(approval, cast.li)
        assert withdraw(approval, cast.li).version == first.version
        assert outcomes == [("withdrawn", "K1")]

    def test_nobody_else_may(self, cast, flow, submit, withdraw):
        flow(MANAGER)
        approval = submit(cast.li)
        with pytest.raises(services.NotTheSubmitter):
            withdraw(approval, cast.han)
        assert states(approval) == {"韩梅梅": "open"}

    def test_not_after_the_decision(self, cast, flow, submit, approve, withdraw, outcomes):
        flow(MANAGER)
        approval = approve(submit(cast.li), cast.han)
        with pytest.raises(services.AlreadyDecided) as conflict:
            withdraw(approval, cast.li)
        assert conflict.value.data["decided_by"]["name"] == "韩梅梅"
        assert outcomes == [("approved", "K1")]

    def test_the_approver_is_told(self, cast, flow, submit, approve, withdraw):
        flow(MANAGER)
        approval = withdraw(submit(cast.li), cast.li)
        with pytest.raises(services.AlreadyWithdrawn):
            approve(approval, cast.han)
        assert not Decision.objects.exists()


class TestFlows:
    def test_a_running_approval_keeps_the_version_it_began_with(self, cast, flow, submit, approve):
        flow(MANAGER)
        running = submit(cast.li)
        flow(MANAGER, FINANCE)
        later = submit(cast.li, code="K2")
        assert [running.flow_version.number, later.flow_version.number] == [1, 2]
        assert approve(running, cast.han).status == "approved"
        assert approve(later, cast.han).status == "pending"

    def test_publishing_what_holds_changes_nothing(self, cast, flow):
        flow(MANAGER)
        flow(MANAGER)
        assert FlowVersion.objects.filter(flow__document_type=LABEL).count() == 1
        assert Event.objects.filter(name="flow.published").count() == 1

    def test_a_broken_definition_is_not_published(self, cast, flow):
        with pytest.raises(rules.InvalidFlow):
            flow(step("manager", "oracle"))
        assert not Flow.objects.exists()

    def test_only_who_manages_the_company_publishes(self, cast, outcomes):
        with pytest.raises(Forbidden):
            services.publish_flow(actor=cast.actor(cast.li), document_type=LABEL, name="客户准入", steps=[MANAGER])

    def test_an_unknown_type_has_no_flow(self, cast):
        with pytest.raises(NotFound):
            services.publish_flow(
                actor=cast.actor(cast.qian), document_type="a.dream", name="客户准入", steps=[MANAGER]
            )

    def test_defaults_fill_what_a_company_lacks_and_nothing_else(self, cast, flow):
        flow(FINANCE)
        services.ensure_default_flows(actor=Actor.system(cast.company.pk))
        services.ensure_default_flows(actor=Actor.system(cast.company.pk))
        there = Flow.objects.filter(company=cast.company)
        assert {row.document_type for row in there} == {kind.label for kind in registry.registered()}
        assert there.get(document_type=LABEL).versions.get().definition == [FINANCE]
        assert not Flow.objects.filter(company=cast.acme).exists()

    def test_the_default_asks_the_manager_and_above_5000_finance_too(self, cast, submit, outcomes):
        services.ensure_default_flows(actor=Actor.system(cast.company.pk))
        assert [stop["key"] for stop in submit(cast.li, amount="5000").route] == ["manager"]
        assert [stop["key"] for stop in submit(cast.li, amount="5001", code="K2").route] == ["manager", "finance"]

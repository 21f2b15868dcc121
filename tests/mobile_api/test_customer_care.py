"""Who looks after a customer: limits of claiming, return of idle ones, assigning, sharing."""

from datetime import timedelta

import pytest

from backend.core import clock
from backend.core.actor import Actor
from backend.core.errors import Forbidden
from backend.customers import services, tasks
from backend.customers.models import CoOwner, Customer
from backend.documents.models import Share
from backend.events.models import Event
from notifications.models import Notification
from tests.support.customers import code_of, made, pooled
from tests.support.handovers import handed_over
from tests.support.orders import make_shop
from tests.support.visits import new_visit

pytestmark = pytest.mark.django_db


def rule(cast, *, most_held=None, claims_a_day=None, return_after_days=None, **more):
    actor = Actor.system(cast.company.pk)
    given = {"most_held": most_held, "claims_a_day": claims_a_day, "return_after_days": return_after_days}
    return services.set_pool_rules(actor=actor, at=clock.now(), **given, **more)


@pytest.fixture
def customer(api, cast):
    """Li Lei's."""
    return made(api(cast.li))


class TestClaimLimits:
    @pytest.mark.parametrize(("which", "limit"), [("most_held", 2), ("claims_a_day", 2)])
    def test_no_more_than_allowed(self, api, cast, which, limit):
        rule(cast, **{which: limit})
        waiting = [pooled(api(cast.li), f"客户{n}") for n in range(3)]

        replies = [api(cast.zhao).post(f"/customers/{each['id']}/claim") for each in waiting]

        assert [reply.status_code for reply in replies] == [200, 200, 409]
        problem = replies[2].json()
        assert (problem["code"], problem["of"], problem["limit"]) == ("claim_limit_reached", which, limit)
        assert api(cast.zhao).post(f"/customers/{waiting[0]['id']}/claim").status_code == 200  # is his already
        assert Customer.objects.filter(owner=cast.zhao).count() == 2

    def test_what_is_closed_does_not_count(self, api, cast):
        rule(cast, most_held=1)
        made(api(cast.zhao), "旧客户", status="closed")

        assert api(cast.zhao).post(f"/customers/{pooled(api(cast.li))['id']}/claim").status_code == 200

    def test_only_an_administrator_sets_them_and_twice_is_once(self, cast):
        with pytest.raises(Forbidden):
            services.set_pool_rules(
                actor=cast.actor(cast.han), most_held=1, claims_a_day=None, return_after_days=None, at=clock.now()
            )
        assert rule(cast, most_held=5).pk == rule(cast, most_held=5).pk
        assert Event.objects.filter(name="pool_rules.changed").count() == 1


class TestReturnOfIdleOnes:
    @pytest.fixture
    def long_ago(self, cast):
        def age(*customers, days=31):
            ids = [customer["id"] for customer in customers]
            Customer.objects.filter(pk__in=ids).update(updated_at=clock.now() - timedelta(days=days))

        rule(cast, return_after_days=30)
        return age

    def test_it_goes_back_and_its_owner_is_told(self, api, cast, customer, long_ago, work):
        fresh = made(api(cast.li), "刚建的")
        sold = made(api(cast.li), "成交的", status="active")
        long_ago(customer, sold)
        api(cast.li).post(f"/customers/{customer['id']}/share", {"employee_ids": [str(cast.zhao.pk)]})
        long_ago(customer)

        for _ in range(2):
            tasks.tidy()
        work()

        owners = dict(Customer.objects.values_list("name", "owner__name"))
        assert owners == {"联华超市": None, "刚建的": "李雷", "成交的": "李雷"}
        assert Event.objects.get(name="customer.returned").actor_id is None
        assert not CoOwner.objects.exists()
        assert Notification.objects.get(kind="customer.returned").recipient == cast.li
        assert fresh["owner"]["name"] == "李雷"

    def test_a_contact_a_visit_or_an_order_keeps_it(self, api, cast, long_ago):
        visited = new_visit(api(cast.li), name="拜访过的")["customer"]
        called = made(api(cast.li), "联系过的")
        api(cast.li).post(f"/customers/{called['id']}/contacts", {"name": "王经理"})
        shop = make_shop(cast)
        shop.draft(api(cast.li))
        long_ago(visited, called, {"id": shop.customer.pk})

        tasks.tidy()

        assert not Event.objects.filter(name="customer.returned").exists()
        assert not Customer.objects.filter(owner=None).exists()

    def test_without_a_rule_nothing_moves(self, api, cast, customer, long_ago):
        long_ago(customer, days=4000)
        rule(cast, return_after_days=None)

        tasks.tidy()

        assert Customer.objects.get().owner == cast.li


class TestAssigning:
    def test_a_manager_gives_it_to_a_rep_who_is_told(self, api, cast, customer, work):
        path = f"/customers/{customer['id']}/assign"
        sent = {"owner_id": str(cast.zhao.pk), "version": 1}
        first, again = api(cast.han).post(path, sent), api(cast.qian).post(path, sent)
        work()

        assert (first.status_code, again.status_code) == (200, 200)
        assert first.json()["owner"]["name"] == again.json()["owner"]["name"] == "赵强"
        assert first.json()["department_id"] == str(cast.north.pk)
        assert api(cast.li).get(f"/customers/{customer['id']}").status_code == 404
        assert Event.objects.filter(name="customer.assigned").count() == 1
        assert Notification.objects.get(kind="customer.assigned").recipient == cast.zhao

    def test_who_may_not(self, api, cast, customer):
        path, sent = f"/customers/{customer['id']}/assign", {"owner_id": str(cast.zhao.pk), "version": 1}

        assert api(cast.zhao).post(path, sent).status_code == 404
        assert api(cast.sun).post(path, sent).status_code == 404
        assert api(cast.li).post(path, sent | {"owner_id": str(cast.sun.pk)}).status_code == 404
        assert code_of(api(cast.li).post(path, sent | {"version": 9})) == (409, "version_conflict")
        pool = pooled(api(cast.li), "公海")
        sent = {"owner_id": str(cast.li.pk), "version": 2}
        assert code_of(api(cast.zhao).post(f"/customers/{pool['id']}/assign", sent)) == (403, "not_in_charge")
        assert api(cast.han).post(f"/customers/{pool['id']}/assign", sent).status_code == 200


class TestSharing:
    def test_co_owners_see_and_maintain_it(self, api, cast, customer):
        path = f"/customers/{customer['id']}"
        sent = {"employee_ids": [str(cast.zhao.pk), str(cast.li.pk)]}
        first, again = api(cast.li).post(f"{path}/share", sent), api(cast.han).post(f"{path}/share", sent)

        assert first.json() == again.json() == {"items": [{"id": str(cast.zhao.pk), "name": "赵强"}]}
        assert api(cast.zhao).get(f"{path}/co-owners").json() == first.json()
        assert api(cast.zhao).patch(path, {"version": 2, "level": "A"}).status_code == 200
        assert code_of(api(cast.zhao).post(f"{path}/share", {"employee_ids": []})) == (403, "not_in_charge")
        assert code_of(api(cast.zhao).post(f"{path}/release")) == (403, "not_in_charge")
        assert Event.objects.filter(name="customer.shared").count() == 1
        assert api(cast.li).post(f"{path}/share", {"employee_ids": []}).json() == {"items": []}
        assert api(cast.zhao).get(path).status_code == 404
        assert not Share.objects.exists()

    def test_nobody_of_another_company(self, api, cast, customer):
        reply = api(cast.li).post(f"/customers/{customer['id']}/share", {"employee_ids": [str(cast.sun.pk)]})

        assert reply.status_code == 404
        assert not CoOwner.objects.exists()

    def test_a_handover_takes_them_along(self, api, cast, customer):
        api(cast.li).post(f"/customers/{customer['id']}/share", {"employee_ids": [str(cast.zhao.pk)]})

        handed_over(cast.qian, cast.zhao, cast.wang, kinds=["co_owned_customers", "shares"])

        assert CoOwner.objects.get().employee == cast.wang
        assert api(cast.zhao).get(f"/customers/{customer['id']}").status_code == 404

"""Thresholds of a company, and the consent without which nobody's position is taken."""

import pytest
from django.test import Client

from backend.events.models import Event
from backend.visits import consent_wording
from backend.visits.models import CheckInSample, Consent, ConsentText, Visit, VisitPolicy
from tests.support.threads import together
from tests.support.visits import check_in, check_in_body, checked_in, new_visit, recorded, refused, sample

pytestmark = pytest.mark.django_db
DEFAULTS = {"limits": {}, "positions_kept_days": 180, "closes_after_h": 12}


def put(caller, version=0, **changes):
    return caller.put("/visit-policy", {**DEFAULTS, "version": version, **changes})


def publish(caller, zh="同意定位", en="I agree"):
    return caller.post("/position-consent/texts", {"zh": zh, "en": en})


class TestPolicy:
    def test_thresholds_count_from_the_next_check_in_and_in_this_company_only(self, api, cast):
        before = checked_in(api(cast.li), 200)
        api(cast.li).post(f"/visits/{before['id']}/check-out", {})

        changed = put(api(cast.qian), limits={"accuracy_m": 20, "skew_s": 30})

        assert changed.status_code == 200
        assert changed.json()["limits"]["accuracy_m"] == 20
        assert changed.json()["changed"] == ["accuracy_m", "skew_s"]
        body = check_in_body(200)
        for place in body["samples"]:
            place["accuracy_m"] = 25.0
        ours = check_in(api(cast.li), new_visit(api(cast.li)), body).json()
        theirs = check_in(api(cast.sun), new_visit(api(cast.sun)), body).json()
        assert [(reason["code"], reason["limit"]) for reason in ours["reasons"]] == [("coarse_accuracy", 20.0)]
        assert (before["verdict"], ours["verdict"], theirs["verdict"]) == ("verified", "unverifiable", "verified")
        assert Visit.objects.get(pk=before["id"]).verdict == "verified"

    def test_twice_is_once_and_every_change_is_audited(self, api, cast):
        first, again = put(api(cast.qian), closes_after_h=8), put(api(cast.qian), closes_after_h=8)

        assert first.json() == again.json()
        assert first.json()["version"] == 1
        event = Event.objects.get(name="visit_policy.changed")
        assert event.actor_id == cast.qian.pk
        assert (event.data["before"]["closes_after_h"], event.data["after"]["closes_after_h"]) == (12, 8)

    def test_a_stale_version_overwrites_nothing(self, api, cast):
        put(api(cast.qian), closes_after_h=8)

        late = put(api(cast.qian), closes_after_h=24)

        assert refused(late, 409, "version_conflict")
        assert late.json()["current_version"] == 1
        assert VisitPolicy.objects.get().closes_after_h == 8

    @pytest.mark.parametrize(
        "wrong",
        [
            {"limits": {"accuracy_m": 5}},
            {"limits": {"photo_bits": 5}},
            {"limits": {"samples": 3.5}},
            {"limits": {"made_up": 1}},
            {"positions_kept_days": 0},
            {"closes_after_h": 73},
        ],
    )
    def test_what_makes_no_sense_is_refused(self, api, cast, wrong):
        assert put(api(cast.qian), **wrong).status_code == 422
        assert not VisitPolicy.objects.exists()

    def test_only_who_manages_it_may_read_the_thresholds(self, api, cast):
        for person in (cast.li, cast.han, cast.wang):
            assert refused(api(person).get("/visit-policy"), 403, "forbidden")
            assert refused(put(api(person)), 403, "forbidden")
        assert api(cast.qian).get("/visit-policy").json()["version"] == 0

    def test_the_admin_form_writes_through_the_same_service(self, cast):
        browser = Client()
        browser.force_login(cast.qian)
        form = {"positions_kept_days": "90", "closes_after_h": "10", "limit_accuracy_m": "150"}

        assert browser.post("/admin/visits/visitpolicy/add/", form).status_code == 302
        policy = VisitPolicy.objects.get()
        assert (policy.limits, policy.positions_kept_days, policy.version) == ({"accuracy_m": 150.0}, 90, 1)
        page = browser.get("/admin/visits/visitpolicy/")
        assert page.headers["Location"] == f"/admin/visits/visitpolicy/{policy.pk}/change/"
        assert 'value="150.0"' in browser.get(page.headers["Location"]).content.decode()
        refusal = browser.post(page.headers["Location"], form | {"limit_accuracy_m": "1"})
        assert refusal.status_code == 200
        assert VisitPolicy.objects.get().limits == {"accuracy_m": 150.0}
        assert recorded("visit_policy.changed") == 1

    def test_they_cost_a_check_in_no_query(self, api, cast, django_assert_num_queries):
        """Employee, visit with terms, earlier check-ins, samples, visit, event; and the session's revocations."""
        put(api(cast.qian), limits={"accuracy_m": 150})
        text = publish(api(cast.qian)).json()
        caller = api(cast.li)
        caller.post("/position-consent", {"text_id": text["id"]})
        visit, body = new_visit(caller), check_in_body()

        with django_assert_num_queries(9):  # two of them begin and end the transaction
            assert check_in(caller, visit, body).status_code == 200


class TestConsent:
    def test_a_company_without_a_text_asks_nobody(self, api, cast):
        assert api(cast.li).get("/position-consent").json() == {"text": None, "given_at": None, "required": False}
        assert checked_in(api(cast.li))["status"] == "open"

    def test_without_consent_nothing_is_taken_and_with_it_the_same_check_in_passes(self, api, cast):
        text = publish(api(cast.qian)).json()
        visit, body = new_visit(api(cast.li)), check_in_body()

        barred = check_in(api(cast.li), visit, body)

        assert refused(barred, 409, "consent_required")
        assert barred.json()["text_id"] == text["id"]
        assert not CheckInSample.objects.exists()
        assert Visit.objects.get().status == "created"
        asked = api(cast.li).get("/position-consent").json()
        assert (asked["text"], asked["required"]) == (text, True)
        first, again = (api(cast.li).post("/position-consent", {"text_id": text["id"]}) for _ in range(2))
        assert first.json() == again.json()
        assert first.json()["required"] is False
        assert check_in(api(cast.li), visit, body).json()["verdict"] == "verified"
        consent = Consent.objects.get()
        assert (consent.employee_id, consent.text.version) == (cast.li.pk, 1)
        assert recorded("consent.given") == 1

    def test_a_new_version_asks_anew_and_an_old_text_is_not_agreed_to(self, api, cast):
        old = publish(api(cast.qian)).json()
        api(cast.li).post("/position-consent", {"text_id": old["id"]})
        visit = checked_in(api(cast.li))

        new = publish(api(cast.qian), zh="同意定位，第二版").json()

        assert (old["version"], new["version"]) == (1, 2)
        assert api(cast.li).post(f"/visits/{visit['id']}/check-out", {}).json()["status"] == "completed"
        assert refused(check_in(api(cast.li), new_visit(api(cast.li)), check_in_body()), 409, "consent_required")
        late = api(cast.li).post("/position-consent", {"text_id": old["id"]})
        assert refused(late, 409, "consent_outdated")
        assert late.json()["text_id"] == new["id"]

    def test_a_check_in_sent_again_after_a_new_version_is_still_the_same(self, api, cast):
        visit, body = new_visit(api(cast.li)), check_in_body()
        first = check_in(api(cast.li), visit, body)
        publish(api(cast.qian))

        assert check_in(api(cast.li), visit, body).json() == first.json()

    def test_consent_may_be_taken_back_and_given_again(self, api, cast):
        text = publish(api(cast.qian)).json()
        api(cast.li).post("/position-consent", {"text_id": text["id"]})

        assert [api(cast.li).delete("/position-consent").status_code for _ in range(2)] == [204, 204]

        assert recorded("consent.withdrawn") == 1
        assert refused(check_in(api(cast.li), new_visit(api(cast.li)), check_in_body()), 409, "consent_required")
        api(cast.li).post("/position-consent", {"text_id": text["id"]})
        assert checked_in(api(cast.li))["status"] == "open"
        assert Consent.objects.filter(withdrawn_at=None).count() == 1

    def test_who_takes_it_back_in_the_middle_of_a_visit_checks_out_without_a_position(self, api, cast):
        text = publish(api(cast.qian)).json()
        api(cast.li).post("/position-consent", {"text_id": text["id"]})
        visit = checked_in(api(cast.li))
        api(cast.li).delete("/position-consent")

        done = api(cast.li).post(f"/visits/{visit['id']}/check-out", {"samples": [sample()]})

        assert done.json()["status"] == "completed"
        assert set(CheckInSample.objects.values_list("stage", flat=True)) == {"check_in"}

    def test_another_companys_text_asks_nothing_of_us(self, api, cast):
        text = publish(api(cast.qian)).json()

        assert checked_in(api(cast.sun))["status"] == "open"
        assert refused(api(cast.sun).post("/position-consent", {"text_id": text["id"]}), 409, "consent_outdated")
        assert api(cast.sun).get("/position-consent").json()["text"] is None

    def test_the_same_text_published_twice_is_one_version(self, api, cast):
        first, again = publish(api(cast.qian)), publish(api(cast.qian))

        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json() == again.json()
        assert refused(publish(api(cast.han)), 403, "forbidden")
        assert [text["version"] for text in api(cast.qian).get("/position-consent/texts").json()["items"]] == [1]

    def test_the_admin_form_offers_the_usual_text_and_publishes_it(self, cast):
        browser = Client()
        browser.force_login(cast.qian)
        path = "/admin/visits/consenttext/add/"

        assert "不在后台跟踪" in browser.get(path).content.decode()
        reply = browser.post(path, {"zh": consent_wording.ZH, "en": consent_wording.EN})
        assert reply.status_code == 302
        assert (ConsentText.objects.get().version, recorded("consent_text.published")) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_texts_published_and_agreed_to_at_once_leave_one_of_each(api, cast):
    managing = api(cast.qian)
    texts = together(4, lambda i: publish(managing))

    assert sorted(reply.status_code for reply in texts) == [200, 200, 200, 201]
    mine = api(cast.li)
    together(4, lambda i: mine.post("/position-consent", {"text_id": texts[0].json()["id"]}))
    assert (ConsentText.objects.count(), Consent.objects.count(), recorded("consent.given")) == (1, 1, 1)

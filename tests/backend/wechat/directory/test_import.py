"""Taking a directory over, again and again: what is new, what changes, who leaves."""

import pytest

from backend.core import clock
from backend.directory.models import Department, Employee, Identity, RoleAssignment, Session
from backend.directory.services import people, sessions
from backend.events.models import Event
from backend.wechat.directory import runs, services, writing
from backend.wechat.directory.models import MemberLink
from tests.backend.wechat.directory.conftest import CORP_ID


def roles_of(employee) -> list[str]:
    return list(RoleAssignment.objects.filter(employee=employee).values_list("role__code", flat=True))


def signed_in(employee) -> Session:
    return sessions.open_session(employee_id=employee.pk, device=sessions.Device(id="phone"), at=clock.now()).session


class TestTheFirstTime:
    def test_a_preview_tells_and_changes_nothing(self, ours):
        before = ours.everything()
        report = ours.preview()
        assert report["counts"]["departments_new"] == 3
        assert report["lines"]["departments_new"] == ["东区", "北区", "沪组"], "superiors first"
        assert sorted(report["lines"]["hired"]) == ["HanMei 韩梅", "LiLei 李磊", "WangWu 王五", "ZhaoQi 赵七"]
        assert ours.everything() == before
        ours.directory.refresh_from_db()
        assert ours.directory.imported_at is None

    def test_takes_over_tree_people_managers_and_doors(self, ours):
        assert ours.sync() == {"departments_new": 3, "hired": 4}
        east, shanghai = ours.department(2), ours.department(3)
        root = Department.objects.get(company=ours.company, code="root")
        assert (ours.department(1), east.parent, shanghai.parent) == (root, root, east)
        han, li, zhao, wang = (ours.person(user) for user in ("HanMei", "LiLei", "ZhaoQi", "WangWu"))
        assert (li.number, li.name, li.department, li.manager) == ("LiLei", "李磊", shanghai, han)
        assert (han.department, han.manager) == (east, None)
        assert (zhao.department.name, zhao.manager) == ("北区", han), "the direct leader"
        assert wang.department.name == "北区", "the main department"
        assert wang.manager is None, "nobody leads it, nor what is above"
        assert (east.leader, shanghai.leader) == (han, None)
        assert (roles_of(han), roles_of(li)) == (["manager"], ["rep"])
        bound = Identity.objects.filter(company=ours.company, provider="wecom", tenant=CORP_ID)
        assert dict(bound.values_list("subject", "employee")) == {
            "HanMei": han.pk,
            "LiLei": li.pk,
            "ZhaoQi": zhao.pk,
            "WangWu": wang.pk,
        }
        assert not li.has_usable_password()
        assert Event.objects.filter(name="employee.hired").count() == 4
        assert Event.objects.get(name="wecom_directory.applied").data["hired"] == 4

    def test_takes_over_whom_and_what_we_have_already(self, ours, company):
        root = Department.objects.get(company=company, code="root")
        east = people.put_department(actor=ours.actor, code="E", name="东区", parent_id=root.pk, at=clock.now())
        bound = ours.hire("7", "李磊")
        people.bind_identity(actor=ours.actor, employee_id=bound.pk, provider="wecom", tenant=CORP_ID, subject="lilei")
        by_number = ours.hire("zhaoqi", "赵七")
        assert ours.sync() == {"departments_new": 2, "hired": 2, "adopted": 2, "moved": 2, "changed": 2, "leaders": 1}
        assert ours.department(2) == east
        assert (ours.person("LiLei"), ours.person("ZhaoQi")) == (bound, by_number)
        bound.refresh_from_db()
        assert (bound.number, bound.department.name) == ("7", "沪组")
        assert roles_of(bound) == ["rep"], "roles are the administrators' business"

    def test_phones_come_where_the_app_may_read_them(self, ours, theirs):
        theirs.app(personal_data=True)
        by_phone = ours.hire("8", "王五", phone="139 0000 0004")
        assert ours.sync() == {"departments_new": 3, "hired": 3, "adopted": 1, "moved": 1}
        assert ours.person("LiLei").phone == "+8613900000002"
        assert ours.person("WangWu") == by_phone
        by_phone.refresh_from_db()
        assert by_phone.phone == "139 0000 0004", "the same number, spelt as we had it"

    def test_works_with_the_app_alone_and_with_an_old_assistant_alone(self, ours, theirs):
        from backend.wechat.models import App

        App.objects.filter(kind=App.Kind.WECOM_CONTACTS).update(platform_id="elsewhere")
        assert ours.sync() == {"departments_new": 3, "hired": 4}
        App.objects.filter(kind=App.Kind.WECOM_CONTACTS).update(platform_id=CORP_ID)
        App.objects.filter(kind=App.Kind.WECOM_APP).update(platform_id="elsewhere")
        theirs.seed["contacts"]["known_ips"] = ["127.0.0.1"]
        theirs.user("LiLei", name="李雷")
        assert ours.sync()["changed"] >= 1
        assert ours.person("LiLei").name == "李雷"


class TestTheNextTime:
    @pytest.fixture(autouse=True)
    def _imported(self, ours):
        ours.sync()

    def test_the_same_again_changes_nothing(self, ours):
        before = ours.everything()
        assert ours.sync() == {}
        assert ours.everything() == before

    def test_names_and_places_change_and_ids_stay(self, ours, theirs):
        shanghai, li, north = ours.department(3), ours.person("LiLei"), ours.department(4)
        theirs.department(3, name="上海一组", parentid=4)
        theirs.user("LiLei", name="李雷", departments=[4], direct_leader=["ZhaoQi"])
        assert ours.sync() == {"departments_changed": 1, "moved": 1, "changed": 1}
        shanghai.refresh_from_db()
        li.refresh_from_db()
        assert (shanghai.name, shanghai.parent) == ("上海一组", north)
        assert (li.name, li.department, li.manager) == ("李雷", north, ours.person("ZhaoQi"))
        assert (shanghai.version, li.version) == (2, 2), "whoever has a form open is told"
        changed = Event.objects.get(name="department.changed")
        assert changed.data["before"]["name"] == "沪组"
        assert Event.objects.get(name="employee.changed").data["after"]["name"] == "李雷"

    def test_who_leads_is_whoever_leads_there(self, ours, theirs):
        theirs.department(2, leaders=["ZhaoQi"])
        theirs.department(4, leaders=["WangWu"])
        theirs.user("HanMei", leader_of=[])
        theirs.user("ZhaoQi", direct_leader=[])
        counts = ours.sync()
        assert (counts["leaders"], counts.get("departments_changed")) == (2, None)
        assert (ours.department(2).leader, ours.department(4).leader) == (ours.person("ZhaoQi"), ours.person("WangWu"))
        theirs.department(4, leaders=[])
        ours.sync()
        assert ours.department(4).leader is None
        assert ours.sync() == {}

    def test_a_new_department_below_a_new_one_and_one_that_is_gone(self, ours, theirs):
        theirs.department(6, name="六组", parentid=5)
        theirs.department(5, name="五区", parentid=1)
        theirs.user("WangWu", departments=[6], main_department=6)
        theirs.user("ZhaoQi", departments=[6])
        theirs.seed["departments"] = [row for row in theirs.seed["departments"] if row["id"] != 4]
        theirs.tell()
        assert ours.sync() == {"departments_new": 2, "departments_gone": 1, "moved": 2}
        assert ours.department(6).parent == ours.department(5)
        assert Department.objects.filter(name="北区").exists(), "old documents name it"
        assert ours.sync() == {}

    def test_whoever_is_deleted_disabled_or_out_of_range_leaves_at_once(self, ours, theirs):
        li, zhao, wang = (ours.person(user) for user in ("LiLei", "ZhaoQi", "WangWu"))
        opened = [signed_in(person) for person in (li, zhao, wang)]
        theirs.remove("LiLei")
        theirs.user("ZhaoQi", status=2)
        theirs.app(visible=["HanMei", "ZhaoQi"], visible_departments=[1])
        theirs.user("WangWu", departments=[])
        theirs.app(visible=["HanMei", "ZhaoQi"], visible_departments=[2])
        assert ours.sync()["leaving"] == 3
        for person, session in zip((li, zhao, wang), opened, strict=True):
            person.refresh_from_db()
            session.refresh_from_db()
            assert not person.is_active
            assert session.revoked_reason == "dismissed"
        assert "leaving" not in ours.sync()
        assert Event.objects.filter(name="employee.dismissed").count() == 3

    def test_whoever_did_not_come_from_there_never_leaves_by_it(self, ours, theirs):
        own = ours.hire("9", "自己人")
        theirs.remove("LiLei")
        ours.sync()
        own.refresh_from_db()
        assert own.is_active

    def test_whoever_comes_back_is_himself(self, ours, theirs):
        li = ours.person("LiLei")
        theirs.remove("LiLei")
        ours.sync()
        theirs.user("LiLei", name="李磊", departments=[3])
        assert ours.sync() == {"back": 1}
        assert ours.person("LiLei") == li
        li.refresh_from_db()
        assert li.is_active
        assert MemberLink.objects.get(employee=li).left_at is None

    def test_the_last_administrator_stays_and_a_person_is_told(self, ours, theirs):
        zhao = ours.person("ZhaoQi")
        people.put_employee(
            actor=ours.actor,
            number=zhao.number,
            name=zhao.name,
            department_id=zhao.department_id,
            manager_id=None,
            role_codes=["administrator"],
            at=clock.now(),
        )
        theirs.remove("ZhaoQi")
        ours.sync()
        zhao.refresh_from_db()
        assert zhao.is_active
        assert ours.conflicts() == {("last_administrator", "zhaoqi")}
        ours.hire("2", "新管理员", role="administrator")
        assert ours.sync()["leaving"] == 1
        assert ours.conflicts() == set()

    def test_a_user_id_that_was_changed_unnoticed_is_known_by_its_phone(self, ours, theirs):
        theirs.app(personal_data=True)
        ours.sync()
        li = ours.person("LiLei")
        theirs.rename("LiLei", "li.lei.2")
        assert ours.sync() == {"adopted": 1}
        assert ours.person("li.lei.2") == li
        assert Identity.objects.get(employee=li).subject == "li.lei.2"
        assert not MemberLink.objects.filter(user_key="lilei").exists()

    def test_a_user_id_spelt_otherwise_is_the_same(self, ours, theirs):
        li = ours.person("LiLei")
        theirs.rename("LiLei", "LILEI")
        ours.sync()
        assert ours.person("lilei") == li
        assert MemberLink.objects.get(employee=li).user_id == "LILEI"


class TestSuspicion:
    @pytest.fixture
    def crowd(self, ours, theirs):
        theirs.seed["users"] += [{"user_id": f"u{n}", "name": f"人{n}", "departments": [3]} for n in range(16)]
        theirs.tell()
        ours.sync()
        theirs.remove(*[f"u{n}" for n in range(6)])

    def test_a_sixth_of_the_company_may_not_vanish_over_night(self, ours, crowd):
        before = ours.everything()
        with pytest.raises(services.SuspiciousShrink) as stopped:
            ours.sync()
        assert stopped.value.report["counts"]["leaving"] == 6
        assert ours.everything() == before

    def test_until_a_person_confirms_that_many(self, ours, crowd):
        with pytest.raises(services.SuspiciousShrink):
            ours.sync(may_leave=5)
        assert ours.sync(may_leave=6) == {"leaving": 6}


class TestNothingHalfWay:
    def test_what_fails_in_the_middle_of_applying_leaves_nothing(self, ours, monkeypatch):
        before = ours.everything()

        def fail(*args, **kwargs):
            raise RuntimeError("the lights went out")

        monkeypatch.setattr(writing, "_identities", fail)
        with pytest.raises(RuntimeError):
            ours.sync()
        assert ours.everything() == before

    def test_an_older_answer_does_not_undo_a_newer_one(self, ours, theirs, directory):
        ours.sync()
        old = runs.read(directory, at=clock.now())
        theirs.user("LiLei", name="李雷")
        ours.sync()
        with pytest.raises(services.Superseded):
            services.apply_whole(actor=ours.actor, directory_id=directory.pk, snapshot=old, at=clock.now())
        assert ours.person("LiLei").name == "李雷"

    def test_somebody_elses_directory_is_not_there(self, ours, directory):
        from backend.core.actor import Actor
        from backend.core.errors import NotFound

        other = Actor.system(people.found_company(code="acme", name="甲公司").pk)
        snapshot = runs.read(directory, at=clock.now())
        with pytest.raises(NotFound):
            services.apply_whole(actor=other, directory_id=directory.pk, snapshot=snapshot, at=clock.now())
        assert not Employee.objects.exists()

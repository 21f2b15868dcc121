"""From the list of employees: upload, look, confirm; and the file back again."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from backend.core import clock, spreadsheets
from backend.directory.models import DirectoryImport, Employee
from backend.directory.services import employees
from tests.support.people_file import departments, people

ADD = "/admin/directory/directoryimport/add/"
NEW = ["3001", "新<b>人", "east", "", "rep", "", ""]


@pytest.fixture
def admin(cast) -> Client:
    client = Client()
    client.force_login(cast.qian)
    return client


def upload(admin: Client, content: bytes) -> str:
    reply = admin.post(ADD, {"file": SimpleUploadedFile("员工.xlsx", content)})
    assert reply.status_code == 302, reply.content.decode()
    return reply.headers["Location"]


def test_the_lists_lead_there_and_the_page_is_in_both_languages(admin):
    for listed in ("department", "employee"):
        assert f"/admin/directory/{listed}/import/" in admin.get(f"/admin/directory/{listed}/").content.decode()
    assert admin.get("/admin/directory/employee/import/").headers["Location"] == ADD
    assert "上传并预览" in admin.get(ADD).content.decode()
    assert "Upload and preview" in admin.get(ADD, headers={"Accept-Language": "en"}).content.decode()


def test_upload_look_and_confirm(admin, cast):
    page = upload(admin, people(NEW, ["1002", "李小雷", "north", "", "", "", ""]))
    shown = admin.get(page).content.decode()
    for text in ("李雷 → 李小雷", "shanghai → north", "新&lt;b&gt;人", "确认导入全部"):
        assert text in shown
    assert "<script>" not in shown.partition("<main")[2], "nothing that the policy would stop"
    assert not Employee.objects.filter(company=cast.company, number="3001").exists()
    form = {"apply": "1", "preview": DirectoryImport.objects.get().preview}
    for _ in range(2):  # a second click
        assert admin.post(page, form).status_code == 302
    assert "已导入 2 行" in admin.get(page).content.decode()
    assert Employee.objects.get(company=cast.company, number="3001").name == "新<b>人"


def test_errors_stand_first_and_only_the_good_rows_can_be_taken(admin, cast):
    page = upload(admin, people(NEW, ["3002", "坏人", "nowhere", "", "", "", ""]))
    shown = admin.get(page, headers={"Accept-Language": "en"}).content.decode()
    assert "Department code：there is no department “nowhere”" in shown
    assert "Import the good rows only" in shown
    assert "Import everything" not in shown
    preview = DirectoryImport.objects.get().preview
    admin.post(page, {"apply": "1", "preview": preview})
    assert not Employee.objects.filter(company=cast.company, number="3001").exists()
    admin.post(page, {"good": "1", "preview": preview})
    assert Employee.objects.filter(company=cast.company, number__startswith="300").count() == 1


def test_what_has_changed_meanwhile_is_looked_at_again(admin, cast):
    page = upload(admin, people(["1002", "李小雷", "", "", "", "", ""]))
    seen = DirectoryImport.objects.get().preview
    employees.change_employee(
        actor=cast.actor(cast.qian), employee_id=cast.li.pk, version=1, changes={"name": "李雷雷"}, at=clock.now()
    )
    admin.post(page, {"apply": "1", "preview": seen})
    assert "请重新预览" in admin.get(page).content.decode()
    admin.post(page, {"again": "1"})
    assert "李雷雷 → 李小雷" in admin.get(page).content.decode()
    admin.post(page, {"apply": "1", "preview": seen})
    cast.li.refresh_from_db()
    assert cast.li.name == "李雷雷", "the old page confirms nothing that it did not show"
    admin.post(page, {"apply": "1", "preview": DirectoryImport.objects.get().preview})
    cast.li.refresh_from_db()
    assert cast.li.name == "李小雷"


def test_what_is_no_table_is_said(admin):
    reply = admin.post(ADD, {"file": SimpleUploadedFile("x.xlsx", b"PK\x03\x04")})
    assert "无法读取该文件" in reply.content.decode()
    assert not DirectoryImport.objects.exists()


def test_another_company_and_who_may_not(admin, cast):
    page = upload(admin, departments(["south", "华南区", "", ""]))
    client = Client()
    client.force_login(cast.sun)
    assert client.get(page).status_code in {302, 403}
    DirectoryImport.objects.update(company=cast.acme)
    assert admin.get(page).status_code == 404
    assert admin.post(page, {"apply": "1"}).status_code == 404


def test_the_file_comes_back(admin, cast):
    reply = admin.get("/admin/directory/employee/export/")
    assert reply.headers["Content-Disposition"] == 'attachment; filename="people.xlsx"'
    assert [sheet.name for sheet in spreadsheets.sheets(reply.content)][:2] == ["部门 Departments", "员工 Employees"]
    assert admin.get("/admin/directory/directoryimport/template/").status_code == 200

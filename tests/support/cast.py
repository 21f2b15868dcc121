"""The people every test knows.

Li Lei reports to Han Meimei in one department line of 外勤公司; Wang Fang is its finance, Zhao Qiang a rep of another
region, Qian Jin its administrator. Sun Li is a rep of 甲公司, another tenant.
"""

from dataclasses import dataclass

from backend.core import clock
from backend.core.actor import Actor
from backend.directory.models import Company, Department, Employee
from backend.directory.selectors import actor_for
from backend.directory.services import people

PASSWORD = "correct-horse-battery"


@dataclass(frozen=True)
class Cast:
    company: Company
    east: Department
    shanghai: Department
    north: Department
    li: Employee
    han: Employee
    wang: Employee
    zhao: Employee
    qian: Employee
    acme: Company
    sun: Employee

    def actor(self, employee: Employee) -> Actor:
        return actor_for(employee)

    @property
    def everybody(self) -> dict[str, Employee]:
        return {
            "li": self.li,
            "han": self.han,
            "wang": self.wang,
            "zhao": self.zhao,
            "qian": self.qian,
            "sun": self.sun,
        }


def make_cast() -> Cast:
    company = people.found_company(code="waiqin", name="外勤公司")
    acme = people.found_company(code="acme", name="甲公司")
    system, other = Actor.system(company.pk), Actor.system(acme.pk)
    root = Department.objects.get(company=company, code="root")
    acme_root = Department.objects.get(company=acme, code="root")
    east = people.put_department(actor=system, code="east", name="华东区", parent_id=root.pk, at=clock.now())
    shanghai = people.put_department(actor=system, code="shanghai", name="上海组", parent_id=east.pk, at=clock.now())
    north = people.put_department(actor=system, code="north", name="华北区", parent_id=root.pk, at=clock.now())

    def hire(
        actor: Actor, number: str, name: str, home: Department, role: str, manager: Employee | None = None
    ) -> Employee:
        employee = people.put_employee(
            actor=actor,
            number=number,
            name=name,
            department_id=home.pk,
            manager_id=manager.pk if manager else None,
            role_codes=[role],
            at=clock.now(),
        )
        employee.set_password(PASSWORD)
        employee.save(update_fields=["password"])
        return employee

    han = hire(system, "1001", "韩梅梅", east, "manager")
    return Cast(
        company=company,
        east=east,
        shanghai=shanghai,
        north=north,
        han=han,
        li=hire(system, "1002", "李雷", shanghai, "rep", han),
        wang=hire(system, "1003", "王芳", root, "finance"),
        zhao=hire(system, "1004", "赵强", north, "rep"),
        qian=hire(system, "1005", "钱进", root, "administrator"),
        acme=acme,
        sun=hire(other, "1002", "孙丽", acme_root, "rep"),
    )

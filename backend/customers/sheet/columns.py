"""The columns of customers in a file: the same ones out and in, the company's own fields at the end."""

from collections.abc import Iterable
from uuid import UUID

from backend.core.sheet_columns import Column
from backend.core.text import in_both
from backend.customers.models import Contact, Customer, CustomerField

CONTACTS, PLACES = 3, 2
"""Sets of columns; whatever a customer has beyond these stays out of the file, and untouched by one."""
DETAIL = "details."
STATUSES = {value: in_both(*words) for value, words in (
    ("prospect", ("潜在", "prospect")),
    ("active", ("成交", "active")),
    ("closed", ("完结", "closed")),
    ("bad", ("不良", "bad")),
)}  # fmt: skip
DATUMS = {"wgs84": "WGS84", "gcj02": "GCJ02", "bd09": "BD09"}

MAIN = (
    Column("code", "客户编码", "Code", ("编码", "客户编号"), ("留空则新增并自动编号", "empty: new, and numbered here")),
    Column("name", "客户名称", "Name", ("名称", "客户"), ("新客户必填", "required if new")),
    Column("status", "状态", "Status", ("客户状态",), ("潜在、成交、完结、不良", "prospect, active, closed, bad")),
    Column("level", "客户等级", "Level", ("等级", "客户级别", "级别")),
    Column("type", "客户类型", "Type", ("类型",)),
    Column("source", "客户来源", "Source", ("来源",)),
    Column("tags", "标签", "Tags", ("客户标签",), ("多个用逗号分隔", "several with commas")),
    Column("credit_code", "统一社会信用代码", "Social credit code", ("信用代码", "税号"), ("18 位", "18 characters")),
    Column("phone", "电话", "Phone", ("客户电话", "联系电话")),
    Column("address", "地址", "Address", ("详细地址",)),
    Column("lat", "纬度", "Latitude", ("lat",), ("十进制度数", "decimal degrees")),
    Column("lng", "经度", "Longitude", ("lng", "lon"), ("十进制度数", "decimal degrees")),
    Column(
        "crs",
        "坐标系",
        "Datum",
        ("坐标系统",),
        ("有坐标时必填：WGS84、GCJ02（高德、腾讯）、BD09（百度）", "with coordinates: WGS84, GCJ02 or BD09"),
    ),
    Column("geofence_m", "围栏半径", "Geofence (m)", ("围栏半径（米）", "签到范围"), ("米，20–5000", "metres")),
    Column("owner", "负责人工号", "Owner number", ("负责人", "业务员工号"), ("“-”为公海", "“-”: public pool")),
    Column("owner_name", "负责人姓名", "Owner name", is_read=False),
    Column("department_name", "所属部门", "Department", is_read=False),
)


def _contacts() -> Iterable[Column]:
    for place in range(1, CONTACTS + 1):
        key = f"contact{place}_"
        yield Column(f"{key}name", f"联系人{place}", f"Contact {place}", ("联系人", "姓名") if place == 1 else ())
        yield Column(f"{key}position", f"职务{place}", f"Position {place}", ("职务",) if place == 1 else ())
        yield Column(f"{key}phone", f"联系人电话{place}", f"Contact phone {place}", (f"手机{place}",))
        yield Column(f"{key}email", f"邮箱{place}", f"E-mail {place}", ("邮箱",) if place == 1 else ())


def _places() -> Iterable[Column]:
    for place in range(1, PLACES + 1):
        key = f"place{place}_"
        yield Column(f"{key}name", f"其他地点{place}", f"Place {place}")
        yield Column(f"{key}address", f"地点{place}地址", f"Place {place} address")
        yield Column(f"{key}lat", f"地点{place}纬度", f"Place {place} latitude")
        yield Column(f"{key}lng", f"地点{place}经度", f"Place {place} longitude")
        yield Column(f"{key}crs", f"地点{place}坐标系", f"Place {place} datum")


STANDARD: tuple[Column, ...] = (*MAIN, *_contacts(), *_places())
CLASSES = {
    "phone": Customer.FIELD_CLASSES["phone"],
    **{
        f"contact{place}_{name}": Contact.FIELD_CLASSES[name]
        for place in range(1, CONTACTS + 1)
        for name in ("phone", "email")
    },
}
"""Which fields are sensitive, as the models say it."""


def columns_of(company_id: UUID) -> list[Column]:
    """With the company's own fields, each under its name or its key."""
    fields = CustomerField.objects.filter(company_id=company_id, is_active=True).order_by("position", "key")
    return [*STANDARD, *(Column(DETAIL + field.key, field.name, "", (field.key,)) for field in fields)]

"""Changing a corporation's directory, and what a directory event tells of it (documents 96302 to 96304)."""

from dataclasses import dataclass
from typing import Any

from infra.simulators.wechat.model import ROOT, Corp, Department, User

Json = dict[str, Any]
CHANGES = ("create_user", "update_user", "delete_user", "create_party", "update_party", "delete_party", "update_tag")


class ChangeError(ValueError):
    """The change cannot be made."""


@dataclass(frozen=True)
class Change:
    """What happened; `full` is the old form of the event, `reduced` that since 2022-08-15, None where none is sent."""

    type: str
    full: Json
    reduced: Json | None


def change(corp: Corp, type: str, data: Json) -> Change:
    """Make the change. The fields are those of `User` or `Department`; `new_user_id` renames."""
    try:
        return MAKERS[type](corp, dict(data))
    except KeyError as error:
        raise ChangeError(f"unknown or missing: {error}") from None
    except TypeError as error:
        raise ChangeError(str(error)) from None


def _create_user(corp: Corp, data: Json) -> Change:
    user = User(**data)
    if user.user_id.lower() in corp.users:
        raise ChangeError("the user id is taken")
    _check_departments(corp, user.departments)
    corp.users[user.user_id.lower()] = user
    return Change("create_user", _fields(user), {"UserID": user.user_id, "Department": _joined(user.departments)})


def _update_user(corp: Corp, data: Json) -> Change:
    user = corp.users[data.pop("user_id").lower()]
    old_id, old_departments = user.user_id, list(user.departments)
    new_id = data.pop("new_user_id", "")
    _check_departments(corp, data.get("departments", old_departments))
    for name, value in data.items():
        if not hasattr(user, name):
            raise ChangeError(f"a member has no {name}")
        setattr(user, name, value)
    if new_id:
        if new_id.lower() in corp.users and new_id.lower() != old_id.lower():
            raise ChangeError("the user id is taken")
        corp.users[new_id.lower()] = corp.users.pop(old_id.lower())
        user.user_id = new_id
    full = _fields(user) | {"UserID": old_id} | ({"NewUserID": new_id} if new_id else {})
    if not new_id and user.departments == old_departments:
        return Change("update_user", full, None)
    moved = {"Department": _joined(user.departments)} if user.departments != old_departments else {}
    return Change("update_user", full, {"UserID": old_id, **({"NewUserID": new_id} if new_id else {}), **moved})


def _delete_user(corp: Corp, data: Json) -> Change:
    user = corp.users.pop(data["user_id"].lower())
    return Change("delete_user", {"UserID": user.user_id}, {"UserID": user.user_id})


def _create_party(corp: Corp, data: Json) -> Change:
    data.setdefault("id", max(corp.departments, default=ROOT) + 1)
    department = Department(**data)
    if department.id in corp.departments:
        raise ChangeError("the department's id is taken")
    _check_departments(corp, [department.parentid])
    corp.departments[department.id] = department
    return Change("create_party", _party(department), {"Id": department.id, "ParentId": department.parentid})


def _update_party(corp: Corp, data: Json) -> Change:
    department = corp.departments[data.pop("id")]
    parent = data.get("parentid", department.parentid)
    moved = parent != department.parentid
    if moved:
        _check_departments(corp, [parent])
        if parent in {below.id for below in corp.subtree(department.id)}:
            raise ChangeError("a department cannot be below itself")
    for name, value in data.items():
        if not hasattr(department, name):
            raise ChangeError(f"a department has no {name}")
        setattr(department, name, value)
    reduced = {"Id": department.id, "ParentId": department.parentid} if moved else None
    return Change("update_party", _party(department), reduced)


def _delete_party(corp: Corp, data: Json) -> Change:
    id = data["id"]
    if len(corp.subtree(id)) > 1 or any(id in user.departments for user in corp.users.values()):
        raise ChangeError("the department is not empty")
    del corp.departments[id]
    return Change("delete_party", {"Id": id}, {"Id": id})


def _update_tag(corp: Corp, data: Json) -> Change:
    tag, added, removed = str(data["tag"]), data.get("add", []), data.get("remove", [])
    corp.tags[tag] = [name for name in [*corp.tags.get(tag, []), *added] if name not in removed]
    told = {"TagId": tag, "AddUserItems": ",".join(added), "DelUserItems": ",".join(removed)}
    return Change("update_tag", told, told)


MAKERS = {
    "create_user": _create_user,
    "update_user": _update_user,
    "delete_user": _delete_user,
    "create_party": _create_party,
    "update_party": _update_party,
    "delete_party": _delete_party,
    "update_tag": _update_tag,
}


def _fields(user: User) -> Json:
    return {
        "UserID": user.user_id,
        "Name": user.name,
        "Department": _joined(user.departments),
        "MainDepartment": user.main,
        "IsLeaderInDept": _joined(int(number in user.leader_of) for number in user.departments),
        "DirectLeader": ",".join(user.direct_leader),
        "Position": user.position,
        "Mobile": user.mobile,
        "Gender": user.gender,
        "Email": user.email,
        "BizMail": user.biz_mail,
        "Status": user.status,
        "Avatar": user.avatar,
        "Alias": user.alias,
        "Telephone": user.telephone,
        "Address": user.address,
    }


def _party(department: Department) -> Json:
    return {
        "Id": department.id,
        "Name": department.name,
        "ParentId": department.parentid,
        "Order": department.order,
    }


def _joined(numbers: Any) -> str:
    return ",".join(map(str, numbers))


def _check_departments(corp: Corp, numbers: list[int]) -> None:
    if not numbers or any(number not in corp.departments for number in numbers):
        raise ChangeError(f"no such department among {numbers}")

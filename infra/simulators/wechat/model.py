"""What the stand-in knows of: corporations and their apps, accounts of WeChat, and the people who use both."""

import hashlib
from dataclasses import dataclass, field
from typing import Literal

AppKey = tuple[str, int | None]
"""Corporation and agent id; None for the contacts assistant, and for an account of WeChat."""
ROOT = 1
"""The id of a corporation's root department."""


@dataclass
class Department:
    id: int
    name: str = ""
    name_en: str = ""
    parentid: int = ROOT
    order: int = 0
    leaders: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.parentid = 0 if self.id == ROOT else self.parentid


@dataclass
class User:
    """`withheld` names what the member does not let an app have: mobile, email…"""

    user_id: str
    name: str = ""
    departments: list[int] = field(default_factory=list)
    licensed: bool = True
    main_department: int | None = None
    leader_of: list[int] = field(default_factory=list)
    direct_leader: list[str] = field(default_factory=list)
    position: str = ""
    alias: str = ""
    telephone: str = ""
    status: int = 1
    mobile: str = ""
    gender: str = "0"
    email: str = ""
    biz_mail: str = ""
    avatar: str = ""
    qr_code: str = ""
    address: str = ""
    withheld: list[str] = field(default_factory=list)

    @property
    def main(self) -> int:
        return self.main_department or (self.departments[0] if self.departments else ROOT)


@dataclass(kw_only=True)
class Receiver:
    """Where callbacks go. `full_events`: the address was set before 2022-08-15, so directory events hold all fields."""

    callback_url: str = ""
    callback_token: str = ""
    aes_key: str = ""
    full_events: bool = False
    trusted_ips: list[str] | None = None
    enabled: bool = True
    secret: str
    name: str = ""


@dataclass(kw_only=True)
class App(Receiver):
    """A self-built app; or, without an agent id, the contacts assistant (通讯录同步).

    `known_ips`: addresses from which the assistant called before 2022-08-15, which may still read details.
    `personal_data`: the app is older than 2022-06-20 and still gets phone numbers from user/get.
    """

    corp_id: str
    agent_id: int | None
    visible: list[str] | None = None
    visible_departments: list[int] | None = None
    trusted_domains: list[str] = field(default_factory=list)
    mini_programs: list[str] = field(default_factory=list)
    personal_data: bool = False
    known_ips: list[str] = field(default_factory=list)

    @property
    def key(self) -> AppKey:
        return self.corp_id, self.agent_id

    @property
    def receiver_id(self) -> str:
        return self.corp_id


@dataclass
class Corp:
    corp_id: str
    name: str = ""
    users: dict[str, User] = field(default_factory=dict)
    departments: dict[int, Department] = field(default_factory=dict)
    apps: dict[int, App] = field(default_factory=dict)
    contacts: App | None = None
    tags: dict[str, list[str]] = field(default_factory=dict)

    def members_seen_by(self, app: App) -> dict[str, User]:
        """The members in the app's visible range, by lower-case id: user ids ignore case."""
        if app.visible is None and app.visible_departments is None:
            return self.users
        seen, inside = self._range(app)
        return {key: user for key, user in self.users.items() if key in seen or inside & set(user.departments)}

    def sees(self, app: App, key: str) -> bool:
        """Whether this member is in the app's range; quick even in a large corporation."""
        if app.visible is None and app.visible_departments is None:
            return key in self.users
        seen, inside = self._range(app)
        return key in self.users and (key in seen or bool(inside & set(self.users[key].departments)))

    def _range(self, app: App) -> tuple[set[str], set[int]]:
        inside = set(self.departments_seen_by(app)) if app.visible_departments is not None else set()
        return {user_id.lower() for user_id in app.visible or ()}, inside

    def departments_seen_by(self, app: App) -> dict[int, Department]:
        if app.visible is None and app.visible_departments is None:
            return self.departments
        inside = {below.id for top in app.visible_departments or () for below in self.subtree(top)}
        return {id: department for id, department in self.departments.items() if id in inside}

    def subtree(self, top: int) -> list[Department]:
        """The department and all below it, parents first."""
        children: dict[int, list[Department]] = {}
        for department in self.departments.values():
            children.setdefault(department.parentid, []).append(department)
        found = [self.departments[top]] if top in self.departments else []
        for department in found:
            found += children.get(department.id, [])
        return found


Kind = Literal["mini_program", "official_account"]


@dataclass(kw_only=True)
class Account(Receiver):
    """A mini-program or an official account. Accounts of one `open_platform` share their people's unionids."""

    app_id: str
    kind: Kind
    open_platform: str = ""
    trusted_domains: list[str] = field(default_factory=list)
    templates: dict[str, str] = field(default_factory=dict)
    """Template id → its text, with `{{thing1.DATA}}` where a value goes."""
    pages: list[str] | None = None
    format: Literal["xml", "json"] = "xml"
    """In which form its callbacks come."""

    @property
    def key(self) -> AppKey:
        return self.app_id, None

    @property
    def receiver_id(self) -> str:
        return self.app_id

    @property
    def original_id(self) -> str:
        return "gh_" + _digest("account", self.app_id)[:12]


@dataclass
class Person:
    """Somebody with WeChat. `member`: the member of a corporation who is the same person, only to show it.

    `follows` and `blacklisted_by` hold app ids of official accounts; `blocked`: WeChat takes the person for a risk.
    """

    name: str
    phone: str = ""
    openids: dict[str, str] = field(default_factory=dict)
    member: str = ""
    follows: list[str] = field(default_factory=list)
    blacklisted_by: list[str] = field(default_factory=list)
    blocked: bool = False

    def openid(self, account: Account) -> str:
        """Different for every account, the same for ever."""
        return self.openids.get(account.app_id) or "o" + _digest("openid", account.app_id, self.name)

    def unionid(self, account: Account) -> str | None:
        if not account.open_platform:
            return None
        return "u" + _digest("unionid", account.open_platform, self.name)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:27]


@dataclass
class Token:
    app: AppKey
    expires_at: float
    revoked: bool = False
    family: str = "token"


@dataclass
class Code:
    """What a login gives to the app: good once, for five minutes. `subject` is a user id, an openid or a number."""

    kind: str
    app: AppKey
    subject: str
    expires_at: float
    scope: str = ""
    member: bool = True
    used: bool = False


@dataclass
class Ticket:
    """For signing pages: of a corporation, of one of its apps (`ww/1000002`), or of an official account."""

    kind: str
    owner: str
    expires_at: float


@dataclass
class Media:
    corp_id: str
    filename: str
    content_type: str
    content: bytes
    expires_at: float


@dataclass
class ResponseCode:
    """Leave to change the card of one message, once."""

    app: AppKey
    msgid: str
    expires_at: float
    used: bool = False


@dataclass
class Message:
    """One message on one person's phone; for WeChat `corp_id` is the account's app id and `user` the openid."""

    msgid: str
    corp_id: str
    agent_id: int
    app: str
    user: str
    msgtype: str
    content: dict[str, object]
    at: float
    replaced_by: str = ""
    """The text in place of the card's buttons, once it was updated so."""
    updates: int = 0
    recalled: bool = False
    person: str = ""
    """The name of the person with WeChat; members are named by `user`."""
    note: str = ""
    """What the page tells whoever pressed a button in vain."""


@dataclass
class Request:
    at: float
    method: str
    path: str
    query: dict[str, str]
    body: str
    status: int | None = None
    errcode: int | None = None
    fault: bool = False

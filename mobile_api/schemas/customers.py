from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BeforeValidator, Field, StringConstraints

from mobile_api.schemas.base import NO_NUL, NOT_BLANK, In, Key, Limit, Name, Out, ShortText, Version, not_bool
from mobile_api.schemas.directory import EmployeeRefOut

CustomerStatus = Literal["prospect", "active", "closed", "bad"]
Code = Annotated[Key, StringConstraints(max_length=32)]
Level = Annotated[str, StringConstraints(max_length=16, pattern=NO_NUL)]
Phone = Annotated[str, StringConstraints(max_length=32, pattern=r"^[0-9+()\- .,;#*]*$")]
PersonName = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=NOT_BLANK)]
Email = Annotated[str, StringConstraints(max_length=254, pattern=r"^([!-?A-~]+@[!-?A-~]+\.[!-?A-~]+)?$")]
Geofence = Annotated[int, Field(ge=20, le=5000), BeforeValidator(not_bool)]
SearchText = Annotated[str, StringConstraints(max_length=64, pattern=NO_NUL)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Radius = Annotated[float, Field(gt=0, le=50_000, allow_inf_nan=False)]
"""Metres."""
Crs = Literal["wgs84", "gcj02"]
ABSENT = Field(default=None)
"""May be left out and yet not be null."""


Type = Annotated[str, StringConstraints(max_length=32, pattern=NO_NUL)]
Tag = Annotated[str, StringConstraints(min_length=1, max_length=32, pattern=NOT_BLANK)]
Tags = Annotated[list[Tag], Field(max_length=20)]
LongCursor = Annotated[str, StringConstraints(max_length=2048, pattern=r"^[A-Za-z0-9_=-]*$")]
"""Holds a name in pinyin."""


class CustomerMatch(In):
    """All may be combined. `department` holds all below it; the four bounds go together, in `crs`."""

    q: SearchText | None = None
    status: CustomerStatus | None = None
    level: Level | None = None
    type: Type | None = None
    tag: Tag | None = None
    owner: UUID | None = None
    department: UUID | None = None
    in_pool: bool | None = None
    south: Latitude | None = None
    west: Longitude | None = None
    north: Latitude | None = None
    east: Longitude | None = None
    crs: Crs = "wgs84"


class CustomerFilters(CustomerMatch):
    """All may be combined. `department` holds all below it; the four bounds go together, in `crs`."""

    sort: Literal["-created_at", "name"] = "-created_at"
    limit: Limit = 20
    cursor: LongCursor | None = None


class PointIn(In):
    """Where a customer is, as shown on the map the person pointed at."""

    lat: Annotated[float, Field(strict=True, ge=-90, le=90)]
    lng: Annotated[float, Field(strict=True, ge=-180, le=180)]
    crs: Crs


class PointOut(Out):
    lat: float
    lng: float
    crs: Literal["wgs84"]


CreditCode = Annotated[str, StringConstraints(max_length=18, pattern=r"^([0-9A-HJ-NPQRTUWXY]{18})?$")]
"""GB 32100-2015; the server checks its last character."""
DetailValue = (
    Annotated[str, StringConstraints(max_length=500, pattern=NO_NUL)] | Annotated[float, Field(strict=True)] | None
)
Details = Annotated[dict[str, DetailValue], Field(max_length=100)]
"""Of the company's own fields; `GET /customers/fields` says which there are."""


class CustomerIn(In):
    """A likely duplicate is refused, unless `accept_duplicates` says that the person has looked at it."""

    id: UUID | None = None
    code: Code | None = None
    """Numbered by the server where absent."""
    name: Name
    status: CustomerStatus = "prospect"
    level: Level = ""
    type: Type = ""
    source: Type = ""
    tags: Tags = []
    phone: Phone = ""
    credit_code: CreditCode = ""
    details: Details = {}
    address: ShortText = ""
    place: PointIn | None = None
    geofence_m: Geofence = 300
    accept_duplicates: bool = False


class CustomerPatch(In):
    """Absent fields stay as they are, also those within `details`; `place: null` forgets the place."""

    version: Version
    code: Annotated[Code, ABSENT]
    name: Annotated[Name, ABSENT]
    status: Annotated[CustomerStatus, ABSENT]
    level: Annotated[Level, ABSENT]
    type: Annotated[Type, ABSENT]
    source: Annotated[Type, ABSENT]
    tags: Annotated[Tags, ABSENT]
    phone: Annotated[Phone, ABSENT]
    credit_code: Annotated[CreditCode, ABSENT]
    details: Annotated[Details, ABSENT]
    address: Annotated[ShortText, ABSENT]
    place: PointIn | None = None
    geofence_m: Annotated[Geofence, ABSENT]


class CustomerOut(Out):
    id: UUID
    version: int
    code: str
    name: str
    status: CustomerStatus
    level: str
    type: str
    source: str
    tags: list[str]
    phone: str | None
    """Null where the caller may not see the telephones of customers."""
    credit_code: str
    details: dict[str, str | float]
    address: str
    place: PointOut | None
    geofence_m: int
    owner: EmployeeRefOut | None
    """Null in the public pool."""
    department_id: UUID
    created_at: AwareDatetime
    updated_at: AwareDatetime


class CustomersOut(Out):
    items: list[CustomerOut]
    next_cursor: str | None


class NearbyCustomerOut(CustomerOut):
    distance_m: float


class NearbyCustomersOut(Out):
    items: list[NearbyCustomerOut]


class ContactIn(In):
    id: UUID | None = None
    name: PersonName
    position: Annotated[str, StringConstraints(max_length=64, pattern=NO_NUL)] = ""
    phone: Phone = ""
    email: Email = ""


class ContactOut(Out):
    id: UUID
    name: str
    position: str
    phone: str | None
    email: str | None
    """Both null where the caller may not see how customers' people are reached."""
    created_at: AwareDatetime


class ContactsOut(Out):
    items: list[ContactOut]
    next_cursor: str | None


class ContactPatch(In):
    """Absent fields stay as they are."""

    name: Annotated[PersonName, ABSENT]
    position: Annotated[str, StringConstraints(max_length=64, pattern=NO_NUL), ABSENT]
    phone: Annotated[Phone, ABSENT]
    email: Annotated[Email, ABSENT]


class CustomerPlaceIn(In):
    """A further place, beside the customer's own: whoever is near any of them is there."""

    id: UUID | None = None
    name: PersonName
    address: ShortText = ""
    place: PointIn
    geofence_m: Geofence = 300


class CustomerPlacePatch(In):
    """Absent fields stay as they are."""

    name: Annotated[PersonName, ABSENT]
    address: Annotated[ShortText, ABSENT]
    place: Annotated[PointIn, ABSENT]
    geofence_m: Annotated[Geofence, ABSENT]


class CustomerPlaceOut(Out):
    id: UUID
    name: str
    address: str
    place: PointOut
    geofence_m: int
    created_at: AwareDatetime


class CustomerPlacesOut(Out):
    items: list[CustomerPlaceOut]
    next_cursor: str | None


class CustomerFieldOut(Out):
    key: str
    name: str
    kind: Literal["text", "number", "day", "choice"]
    choices: list[str]
    is_required: bool


class CustomerFieldsOut(Out):
    items: list[CustomerFieldOut]


class DuplicatesIn(In):
    """What is known of the customer that is about to be entered; `except_id` is itself, where it is there already."""

    name: Annotated[str, StringConstraints(max_length=128, pattern=NO_NUL)] = ""
    credit_code: CreditCode = ""
    phone: Phone = ""
    except_id: UUID | None = None


class KnownCustomerOut(Out):
    id: UUID
    code: str
    name: str
    status: CustomerStatus
    owner: EmployeeRefOut | None


class DuplicateOut(Out):
    customer: KnownCustomerOut | None
    """Null for one that the caller does not see: then there is one, and `reasons` says why it was found."""
    reasons: list[Literal["credit_code", "name", "phone", "contact_phone"]]


class DuplicatesOut(Out):
    items: list[DuplicateOut]


class AssignIn(In):
    owner_id: UUID
    version: Version


class ShareIn(In):
    """Everybody who answers for the customer beside its owner from now on; an empty list takes it back from all."""

    employee_ids: Annotated[list[UUID], Field(max_length=50)]


class CoOwnersOut(Out):
    items: list[EmployeeRefOut]


class MergeIn(In):
    kept_id: UUID
    merged_id: UUID


class RecycledCustomerOut(CustomerOut):
    deleted_at: AwareDatetime
    merged_into: KnownCustomerOut | None
    """Where it is here because it was merged: restoring it parts them again."""


class RecycledCustomersOut(Out):
    items: list[RecycledCustomerOut]
    next_cursor: str | None


class DictionaryEntryOut(Out):
    code: str
    """What customers hold."""
    name: str
    """In the caller's language."""


class DictionaryOut(Out):
    items: list[DictionaryEntryOut]
    """None where any text will do."""

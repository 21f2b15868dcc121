"""The trail on a page: who did what to what, and each field before and after."""

import ipaddress
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from unfold.contrib.filters.admin import DropdownFilter, TextFilter

from backend.core import clock
from backend.core.admin import ReadOnlyAdmin, company_of
from backend.core.text import bilingual
from backend.events import auditing
from backend.events.auditing import LONGEST_SEARCH, Entry, Line
from backend.events.models import FAMILY, Event
from backend.events.wording import NOUNS

COUNTED = 10_000
PEOPLE = 50
HIDDEN = bilingual("（无权查看）", "(not for you)")


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    @cached_property
    def count(self) -> int:
        """Nobody turns to page 200, and to count a million costs more than to show fifty."""
        rows: Any = self.object_list
        return int(rows.order_by()[:COUNTED].count())


class PersonFilter(TextFilter):  # type: ignore[misc]  # unfold carries no types
    title = bilingual("人员（工号或姓名）", "person (number or name)")
    parameter_name = "person"
    column = "actor_id__in"

    def queryset(self, request: HttpRequest, rows: QuerySet[Event]) -> QuerySet[Event]:
        if not (text := self.value()):
            return rows
        people = apps.get_model("directory", "Employee")._base_manager.filter(company_id=company_of(request))
        found = people.filter(Q(number__iexact=text) | Q(name__icontains=text)).order_by("number")
        return rows.filter(**{self.column: list(found.values_list("pk", flat=True)[:PEOPLE])})


class OnBehalfFilter(PersonFilter):
    title = bilingual("代何人（工号或姓名）", "on whose behalf")
    parameter_name = "behalf"
    column = "on_behalf_of_id__in"


class FamilyFilter(DropdownFilter):  # type: ignore[misc]
    title = bilingual("类型", "kind")
    parameter_name = "family"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(NOUNS.items())

    def queryset(self, request: HttpRequest, rows: QuerySet[Event]) -> QuerySet[Event]:
        family = self.value()
        return rows.alias(family=FAMILY).filter(family=family) if family else rows


class SinceFilter(TextFilter):  # type: ignore[misc]
    title = bilingual("起（年-月-日）", "from (YYYY-MM-DD)")
    parameter_name = "since"

    def queryset(self, request: HttpRequest, rows: QuerySet[Event]) -> QuerySet[Event]:
        return _between(rows, request, self.value(), "at__gte", timedelta(0))


class UntilFilter(TextFilter):  # type: ignore[misc]
    title = bilingual("止（年-月-日）", "to (YYYY-MM-DD)")
    parameter_name = "until"

    def queryset(self, request: HttpRequest, rows: QuerySet[Event]) -> QuerySet[Event]:
        return _between(rows, request, self.value(), "at__lt", timedelta(days=1))


class EntryList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        """What the whole page points to is named in one query."""
        super().get_results(request)
        events = list(self.result_list)
        _attach(events, request)
        self.result_list: Any = events


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    read_capability = auditing.READ
    list_display = ("at", "what", "subject", "person", "behalf", "changed", "address")
    list_filter = (PersonFilter, OnBehalfFilter, FamilyFilter, SinceFilter, UntilFilter)
    list_select_related = ("actor", "on_behalf_of")
    ordering = ("-at", "-pk")
    sortable_by = ()
    search_fields = ("name",)
    search_help_text = bilingual(
        "对象编号、地址、请求号，或内容中的文字（未指定人员时只查最近 31 天）",
        "id of a subject, address, request, or words in what was recorded (without a person: the last 31 days)",
    )
    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return EntryList

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        told = ["at", "what", "subject", "person", "behalf", "before_and_after", "details"]
        return [*told, "address", "device", "request_id"]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        event = super().get_object(request, object_id, from_field)
        if event is not None:
            _attach([event], request)
        return event

    def get_search_results(self, request: HttpRequest, rows: QuerySet[Any], search_term: str) -> Any:
        text = search_term.strip()
        if not text:
            return rows, False
        if (subject_id := _uuid(text)) and rows.filter(subject_id=subject_id).exists():
            return rows.filter(subject_id=subject_id), False
        if not request.GET.get("person"):
            rows = rows.filter(at__gte=clock.now() - LONGEST_SEARCH)
        user: Any = request.user
        if _is_address(text):
            return rows.filter(address=text), False
        found = rows.filter(request_id=text)
        return (found if found.exists() else auditing.telling(rows, text, sees=user.sees)), False

    @admin.display(description=bilingual("事件", "event"))
    def what(self, event: Any) -> str:
        name: str = event.entry.kind_name
        return name

    @admin.display(description=bilingual("对象", "subject"))
    def subject(self, event: Any) -> str:
        """Leads to its page, where there is one."""
        entry: Entry = event.entry
        name = f"{entry.subject_type_name} {entry.subject_name or ''}".strip()
        page = f"admin:{event.subject_type.replace('.', '_')}_change"
        try:
            return format_html('<a class="text-primary-600" href="{}">{}</a>', reverse(page, args=[_key(event)]), name)
        except (NoReverseMatch, LookupError):
            return name

    @admin.display(description=bilingual("人员", "person"))
    def person(self, event: Event) -> str:
        return event.actor.name if event.actor else str(bilingual("系统", "the system"))

    @admin.display(description=bilingual("代何人", "on behalf of"))
    def behalf(self, event: Event) -> str | None:
        return event.on_behalf_of.name if event.on_behalf_of else None

    @admin.display(description=bilingual("变更", "changed"))
    def changed(self, event: Any) -> str:
        return "、".join(line.label for line in event.entry.changes)

    @admin.display(description=bilingual("变更前后", "before and after"))
    def before_and_after(self, event: Any) -> str:
        rows = [(line.label, _shown(line, line.before), _shown(line, line.after)) for line in event.entry.changes]
        head = (str(bilingual("字段", "field")), str(bilingual("变更前", "before")), str(bilingual("变更后", "after")))
        return _table([head, *rows] if rows else [])

    @admin.display(description=bilingual("其他内容", "what else was recorded"))
    def details(self, event: Any) -> str:
        return _table([(line.label, _shown(line, line.after)) for line in event.entry.details])


def _attach(events: list[Any], request: HttpRequest) -> None:
    user: Any = request.user
    for event, entry in zip(events, auditing.entries(events, sees=user.sees), strict=True):
        event.entry = entry


def _shown(line: Line, value: str | None) -> str:
    return str(HIDDEN) if line.hidden else value or "—"


def _table(rows: list[tuple[str, ...]]) -> str:
    lines = ((format_html_join("", '<td class="p-2 align-top">{}</td>', ((cell,) for cell in row)),) for row in rows)
    return format_html('<table class="w-full">{}</table>', format_html_join("", "<tr>{}</tr>", lines)) if rows else "—"


def _between(
    rows: QuerySet[Event], request: HttpRequest, text: str | None, lookup: str, more: timedelta
) -> QuerySet[Event]:
    """Days of the company's calendar. What is no day finds nothing."""
    if not text:
        return rows
    user: Any = request.user
    try:
        begins = datetime.combine(date.fromisoformat(text.strip()), time.min, ZoneInfo(user.company.timezone))
        return rows.filter(**{lookup: begins + more})
    except (ValueError, OverflowError):
        return rows.none()


def _key(event: Event) -> str:
    """Of a model with numbers for keys the id is the UUID of that number."""
    pk = apps.get_model(event.subject_type)._meta.pk
    return str(event.subject_id if pk.get_internal_type() == "UUIDField" else event.subject_id.int)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True

from uuid import UUID

from backend.wechat.models import App


def of_company(company_id: UUID) -> list[str]:
    """Ids of the WeCom corporations that this company has connected."""
    kinds = (App.Kind.WECOM_APP, App.Kind.WECOM_CONTACTS)
    rows = App.objects.filter(company_id=company_id, kind__in=kinds)
    return sorted(rows.values_list("platform_id", flat=True).distinct())

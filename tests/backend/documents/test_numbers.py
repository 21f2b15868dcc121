from datetime import UTC, datetime

import pytest
from django.db import transaction

from backend.documents.services import next_number
from tests.support.cast import make_cast
from tests.support.threads import together

EVENING_IN_LONDON = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
"""One in the morning of the 23rd in Shanghai."""


def test_the_day_is_that_of_the_company_and_each_series_counts_by_itself(cast):
    def number(company, series):
        return next_number(company_id=company.pk, series=series, at=EVENING_IN_LONDON)

    assert number(cast.company, "SO") == "SO20261123-0001"
    assert number(cast.company, "SO") == "SO20261123-0002"
    assert number(cast.company, "FY") == "FY20261123-0001"
    assert number(cast.acme, "SO") == "SO20261123-0001"


@pytest.mark.django_db(transaction=True)
def test_two_at_once_never_get_one_number():
    company = make_cast().company

    def number(_):
        with transaction.atomic():
            return next_number(company_id=company.pk, series="SO", at=EVENING_IN_LONDON)

    assert sorted(together(8, number)) == [f"SO20261123-{n:04d}" for n in range(1, 9)]

"""An export where files lie in a bucket: put there by the job, fetched by a presigned address, deleted in its time."""

import urllib.request
from datetime import timedelta

from backend.core import clock, spreadsheets
from backend.exports import services
from backend.exports.models import Export
from tests.support.customers import made
from tests.support.exports import asked


def test_it_goes_to_the_bucket_and_comes_from_there(s3, api, cast, work):
    made(api(cast.li), "联华超市")
    export_id = asked(api(cast.han))["id"]
    work()
    told = api(cast.han).get(f"/exports/{export_id}").json()
    with urllib.request.urlopen(told["link"]["url"]) as reply:
        content = reply.read()
        disposition = reply.headers["Content-Disposition"]
    assert len(content) == told["size"]
    assert disposition.startswith("attachment")
    assert spreadsheets.sheets(content)[0].rows[1][1] == "联华超市"
    key = Export.objects.get().file_key
    services.forget_old(at=clock.now() + timedelta(days=8))
    assert s3.size(key) is None
    assert not Export.objects.exists()

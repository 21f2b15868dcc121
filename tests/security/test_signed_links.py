"""A signed link to a file opens that file, and nothing else."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from backend.core import clock
from backend.files import links
from tests.support.world import World, make_world


@pytest.fixture
def world(cast, api, media_root) -> World:
    return make_world(cast, api)


class TestSignedLinks:
    """They stand for the sign-in of whoever was given one: for one file, one way, one variant, and a while."""

    def address(self, world: World, **changes: Any) -> tuple[str, dict[str, str]]:
        given: dict[str, Any] = {"method": "GET", "id": world.file, "variant": "original", "minutes": 5} | changes
        url = links.content_url(
            given["method"],
            given["id"],
            given["variant"],
            expires_at=clock.now() + timedelta(minutes=given["minutes"]),
        )
        path, _, query = url.partition("?")
        return path, dict(part.split("=") for part in query.split("&"))

    @pytest.mark.parametrize(
        ("changes", "altered", "code"),
        [
            ({"minutes": -1}, {}, "link_expired"),
            ({"method": "PUT", "variant": "upload"}, {}, "link_invalid"),
            ({"method": "PUT"}, {}, "link_invalid"),
            ({"id": uuid4()}, {"id": "file"}, "link_invalid"),
            ({}, {"variant": "thumbnail"}, "link_invalid"),
            ({}, {"expires": "9999999999"}, "link_invalid"),
            ({}, {"signature": "x" * 43}, "link_invalid"),
            ({}, {"signature": ""}, "link_invalid"),
            ({}, {"expires": "1e9"}, "link_invalid"),
            ({}, {"expires": "-1"}, "link_invalid"),
        ],
    )
    def test_only_the_very_one_opens(self, world, changes, altered, code, tally):
        path, query = self.address(world, **changes)
        if altered.pop("id", None):
            path = path.replace(path.split("/")[-2], str(world.file))
        reply = Client().get(path, query | altered)
        tally("signed link, altered", 1)
        assert (reply.status_code, reply.json()["code"]) == (403, code)

    def test_a_link_says_nothing_of_what_exists(self, world):
        replies = [Client().get(self.address(world, id=id, minutes=-1)[0]) for id in (world.file, uuid4())]
        assert {reply.status_code for reply in replies} == {403}

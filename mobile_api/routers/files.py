from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from ninja import Router, Status
from ninja.security import APIKeyQuery

from backend.core import clock
from backend.files import links, selectors, services
from backend.files.errors import LinkInvalid
from backend.files.models import Attachment
from mobile_api.auth import Request
from mobile_api.caching import etag_of, is_current, json_reply, not_modified
from mobile_api.ranges import file_reply
from mobile_api.schemas.files import (
    DeclaredFileOut,
    Expires,
    FileIn,
    FileOut,
    PutVariant,
    Signature,
    UploadsOut,
    Variant,
)

router = Router(tags=["files"])
BYTES = {"schema": {"type": "string", "format": "binary"}}
PROBLEM = {"schema": {"$ref": "#/components/schemas/Problem"}}
BLOCK = 64 * 1024
HARMLESS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, max-age=900, immutable",
}
"""A file is shown or saved, never run, whatever is in it; while an address works it shows the same picture."""


class SignedLink(APIKeyQuery):
    """The signature in the address stands for the sign-in of whoever was given it."""

    param_name = "signature"

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        match = request.resolver_match
        expires = request.GET.get("expires", "")
        if match is None or not key or not expires.isdecimal() or len(expires) > 11:
            raise LinkInvalid()
        links.check(
            str(request.method),
            match.kwargs["file_id"],
            request.GET.get("variant", ""),
            expires=int(expires),
            signature=key,
            at=clock.now(),
        )
        return True


@router.post("", response={200: DeclaredFileOut, 201: DeclaredFileOut})
def declare_file(request: Request, body: FileIn) -> Any:
    """Announce a file; the reply says where and how to put its bytes. Repeat it for a fresh target."""
    at = clock.now()
    attachment, created = services.declare(
        actor=request.auth,
        id=body.id,
        name=body.name,
        size=body.size,
        content_type=body.type,
        sha256=body.sha256,
        purpose=body.purpose,
        parts=body.parts,
        at=at,
    )
    target = selectors.upload_target(attachment, actor=request.auth, at=at)
    parts = selectors.upload_parts(attachment, actor=request.auth, at=at)
    found = {**_file(attachment), "upload": target, "parts": [_part(part) for part in parts]}
    return Status(201 if created else 200, found)


@router.get("/{file_id}/upload", response=UploadsOut)
def get_upload(request: Request, file_id: UUID) -> Any:
    """After a break, or when the addresses have expired: what is still to be put, and fresh addresses for it."""
    at = clock.now()
    attachment = selectors.get_attachment(actor=request.auth, attachment_id=file_id)
    selectors.require_owner(attachment, actor=request.auth)
    arrived = selectors.arrived_parts(attachment) if attachment.parts else ()
    target = selectors.upload_target(attachment, actor=request.auth, at=at)
    parts = selectors.upload_parts(attachment, actor=request.auth, arrived=arrived, at=at)
    return {"status": attachment.status, "upload": target, "parts": [_part(part) for part in parts]}


@router.post("/{file_id}/complete", response={200: FileOut, 202: FileOut})
def complete_file(request: Request, file_id: UUID) -> Any:
    """All bytes were put: 202 while they are being verified, 200 with the outcome on a later call."""
    attachment = services.complete(actor=request.auth, attachment_id=file_id, at=clock.now())
    return Status(202 if attachment.status == Attachment.Status.UPLOADED else 200, _file(attachment))


@router.get("/{file_id}", response=FileOut)
def get_file(request: Request, file_id: UUID, exact: bool = False) -> Any:
    """`exact` asks for the original of somebody else's visit, which tells exactly where he was; that is recorded."""
    at = clock.now()
    attachment = selectors.get_attachment(actor=request.auth, attachment_id=file_id)
    withheld = selectors.withholds_original(attachment, actor=request.auth)
    if withheld and exact:
        services.look(actor=request.auth, attachment_id=file_id, at=at)
        withheld = False
    etag = etag_of(attachment.pk, attachment.version, selectors.link_window(at), withheld)
    if is_current(request, etag):
        return not_modified(etag)
    return json_reply(request, _file(attachment, original=not withheld), etag=etag)


@router.put(
    "/{file_id}/content",
    auth=SignedLink(),
    response={204: None},
    openapi_extra={"requestBody": {"required": True, "content": {"*/*": BYTES}}},
)
def put_content(
    request: HttpRequest, file_id: UUID, variant: PutVariant, expires: Expires, signature: Signature
) -> Any:
    """The upload target of the local storage: exactly the declared bytes, with their Content-Length.

    Take the address from `POST /files` or `GET /files/{id}/upload` as it is; SignedLink has checked all parts of it.
    """
    services.receive(
        attachment_id=file_id,
        part=int(variant.partition("-")[2] or 0),
        content_type=str(request.content_type),
        announced=int(length) if (length := request.META.get("CONTENT_LENGTH", "")).isdecimal() else None,
        stream=request,
    )
    return Status(204, None)


@router.get(
    "/{file_id}/content",
    auth=SignedLink(),
    openapi_extra={
        "responses": {
            200: {"description": "The bytes", "content": {"*/*": BYTES}},
            206: {"description": "Those of the Range that was asked for", "content": {"*/*": BYTES}},
            416: {"description": "The file ends before", "content": {"application/problem+json": PROBLEM}},
        }
    },
)
def get_content(
    request: HttpRequest, file_id: UUID, variant: Variant, expires: Expires, signature: Signature
) -> HttpResponseBase:
    """What a link of `GET /files/{id}` points to in the local storage; takes one `Range`, as players ask for."""
    content = selectors.local_content(attachment_id=file_id, variant=variant)
    response = file_reply(request, content.file, size=content.size, etag=f'"{content.state}"', block=BLOCK)
    if response.status_code != 416:
        disposition = content_disposition_header(not content.stored.inline, content.stored.name)
        told = {"Content-Type": content.stored.content_type, "Content-Disposition": disposition or "inline"}
        for name, value in (HARMLESS | told).items():
            response.headers[name] = value
    return response


def _part(part: selectors.Part) -> dict[str, Any]:
    return {"number": part.number, "offset": part.offset, "size": part.size, "upload": part.target}


def _file(attachment: Attachment, *, original: bool = True) -> dict[str, Any]:
    return {
        "id": attachment.pk,
        "name": attachment.name,
        "purpose": attachment.purpose,
        "type": attachment.content_type,
        "size": attachment.size,
        "sha256": attachment.sha256,
        "status": attachment.status,
        "reason": attachment.reason,
        "width": attachment.width,
        "height": attachment.height,
        "taken_at": attachment.taken_at,
        "place_removed_at": attachment.place_removed_at,
        "duplicate": selectors.same_content(attachment).exists(),
        "version": attachment.version,
        "created_at": attachment.created_at,
        "links": selectors.links(attachment, original=original, at=clock.now()),
    }

from typing import Annotated, Any
from uuid import UUID

from ninja import Query, Router

from backend.core import clock
from backend.wechat import jssdk
from mobile_api.auth import Request
from mobile_api.schemas.wecom import JsSdkSignaturesOut

router = Router(tags=["wecom"])
Url = Annotated[str, Query(min_length=1, max_length=jssdk.MAX_URL, description="Address of the page as it stands")]


@router.get("/js-sdk-signature", response=JsSdkSignaturesOut)
def sign_page(request: Request, app: UUID, url: Url) -> Any:
    """For a page of ours that wants the phone's camera, scanner or place from WeCom or WeChat."""
    made = jssdk.signatures(actor=request.auth, public_id=app, url=url, at=clock.now())
    return {
        "platform_id": made.app.platform_id,
        "agent_id": made.app.agent_id,
        "config": made.config,
        "agent_config": made.agent_config,
    }

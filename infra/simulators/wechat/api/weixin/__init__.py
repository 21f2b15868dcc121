"""The calls of api.weixin.qq.com: mini-programs and official accounts."""

from infra.simulators.wechat.api.access import Endpoint
from infra.simulators.wechat.api.weixin import content, credentials, login, notices

ROUTES: dict[str, Endpoint] = credentials.ROUTES | login.ROUTES | notices.ROUTES | content.ROUTES

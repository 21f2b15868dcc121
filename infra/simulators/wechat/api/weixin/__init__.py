"""The calls of api.weixin.qq.com: mini-programs and official accounts."""

from infra.simulators.wechat.api.access import Endpoint
from infra.simulators.wechat.api.weixin import credentials, login

ROUTES: dict[str, Endpoint] = credentials.ROUTES | login.ROUTES

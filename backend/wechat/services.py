from django.db import transaction

from backend.core.actor import Actor
from backend.directory.models import Company
from backend.events import services as events
from backend.wechat.models import PlatformToken, WecomApp


@transaction.atomic
def configure_app(*, actor: Actor, corp_id: str, agent_id: int, secret: str, name: str = "") -> WecomApp:
    """Enter an app of the actor's company, or change the one with this agent id.

    A token, or the refusal of one, is forgotten: the next message asks the platform anew.
    """
    actor.require("directory.manage")
    company = Company.objects.select_for_update().get(pk=actor.company_id)
    app = WecomApp.objects.filter(company=company, agent_id=agent_id).first()
    app = app or WecomApp(company=company, agent_id=agent_id)
    app.corp_id, app.secret, app.name = corp_id, secret, name
    app.save()
    PlatformToken.objects.filter(app=app).delete()
    events.record("wecom_app.configured", company, actor=actor, corp_id=corp_id, agent_id=agent_id)
    return app

from django.apps import AppConfig

from backend.core.text import bilingual


class VisitsConfig(AppConfig):
    name = "backend.visits"
    verbose_name = bilingual("拜访", "Visits")

    def ready(self) -> None:
        from backend.customers import around as customers
        from backend.directory.holdings import caution, register
        from backend.documents.holdings import shares_move
        from backend.events.registry import subscribe
        from backend.exports import kinds
        from backend.files import bearers
        from backend.visits import around, exporting, holdings
        from backend.visits.models import Visit, VisitPlan
        from backend.visits.selectors import photos
        from backend.visits.services import answers, likeness, positions

        bearers.register(bearers.Bearer(photos.on_visible_visits, photos.hangs_on_a_visit, positions.look_at_photo))
        customers.register(around.PLANS)
        customers.register(around.SERIES)
        customers.register(around.VISITS)
        register(holdings.PLANS)
        register(holdings.SERIES)
        register(holdings.VISITS)
        caution(*holdings.OPEN_VISIT)
        shares_move(Visit)
        shares_move(VisitPlan)
        kinds.register(exporting.VISITS)
        subscribe(likeness.CONSUMER, likeness.HEARD, handler=likeness.handle)
        subscribe(answers.CONSUMER, answers.HEARD, handler=answers.handle)

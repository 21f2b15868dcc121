from django.apps import AppConfig

from backend.core.text import bilingual


class OrdersConfig(AppConfig):
    name = "backend.orders"
    verbose_name = bilingual("订单", "Orders")

    def ready(self) -> None:
        from backend.customers import around as customers
        from backend.directory.holdings import register
        from backend.documents.holdings import shares_move
        from backend.orders import around, holdings, visited
        from backend.orders.models import Order
        from backend.visits import linked

        customers.register(around.ORDERS)
        register(holdings.DRAFTS)
        register(holdings.RUNNING)
        register(holdings.FOLLOWED)
        shares_move(Order)
        linked.register_orders(visited.is_of_visit)

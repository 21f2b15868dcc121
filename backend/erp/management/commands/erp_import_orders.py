from backend.core.text import in_both
from backend.erp.management.importing import ImportCommand
from backend.erp.services.importing import import_order_events


class Command(ImportCommand):
    help = in_both("从 CSV 或 XLSX 导入订单进度", "Take in order events from CSV or XLSX")
    take_in = staticmethod(import_order_events)

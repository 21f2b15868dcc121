from backend.core.text import in_both
from backend.erp.management.importing import ImportCommand
from backend.erp.services.importing import import_stock


class Command(ImportCommand):
    help = in_both("从 CSV 或 XLSX 导入库存", "Take in stock figures from CSV or XLSX")
    take_in = staticmethod(import_stock)

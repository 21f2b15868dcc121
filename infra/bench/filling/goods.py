"""Customers, products and stock, with the search keys that the product makes."""

from dataclasses import asdict

from backend.catalog import rules as catalog_rules
from backend.catalog.models import Barcode, Product
from backend.customers import rules as customer_rules
from backend.customers.models import Customer
from backend.directory.models import Company, Employee
from backend.inventory.models import Incoming, Stock, Warehouse
from infra.bench.filling.bulk import copy, insert, numbered

WAREHOUSES = (("BJ", "北京仓"), ("SH", "上海仓"))
CITIES = ("上海", "苏州", "杭州", "南京", "宁波", "合肥", "无锡", "绍兴")
BRANDS = ("康源", "百味", "金谷", "绿野", "海之", "华润", "雪原", "福临", "大江", "旺达", "嘉禾", "晨光")
GOODS = ("乌龙茶", "矿泉水", "苏打水", "酸奶", "牛奶", "饼干", "方便面", "薯片", "豆浆", "果汁", "咖啡", "米酒", "酱油")
SHOPS = ("超市", "便利店", "商行", "食品店", "批发部", "餐厅")


def add_customers(company: Company, count: int) -> None:
    """Dealt out to the reps in turn; every twentieth lies in the public pool."""
    reps = list(Employee.objects.filter(company=company, number__startswith="R").order_by("number"))
    copy(_customer(company, n, reps[n % len(reps)]) for n in range(count))
    numbered(
        "customer",
        "SELECT id, name, lat, lng FROM customers_customer WHERE company_id = %(company)s ORDER BY code",
        {"company": company.pk},
    )


def _customer(company: Company, n: int, rep: Employee) -> Customer:
    code, name, phone = f"C{n:06d}", CITIES[n % 8] + BRANDS[n % 12] + SHOPS[n % 6] + str(n), f"139{n:08d}"
    return Customer(
        company=company,
        owner=None if n % 20 == 19 else rep,
        department_id=rep.department_id,
        code=code,
        name=name,
        phone=phone,
        address=f"{CITIES[n % 8]}市人民路{n}号",
        lat=30 + n % 997 / 500,
        lng=120 + n % 991 / 500,
        **asdict(customer_rules.search_keys(name=name, code=code, phone=phone)),
    )


def add_products(company: Company, count: int) -> None:
    """Each with a barcode, and in stock everywhere."""
    products = [_product(company, n) for n in range(count)]
    copy(products)
    copy(Barcode(company=company, product=product, code=_ean13(n)) for n, product in enumerate(products))
    copy(Warehouse(company=company, code=code, name=name) for code, name in WAREHOUSES)
    given = {"company": company.pk}
    numbered(
        "product",
        "SELECT id, code, name, unit, list_price, tax_rate FROM catalog_product WHERE company_id = %(company)s "
        "ORDER BY code",
        given,
    )
    everywhere = "product p CROSS JOIN inventory_warehouse w WHERE w.company_id = %(company)s"
    insert(
        Stock,
        everywhere,
        given,
        company_id="w.company_id",
        product_id="p.id",
        warehouse_id="w.id",
        on_hand="mod(p.k * 37, 900)",
        reserved="mod(p.k * 11, 90)",
        safety="10",
        as_of="now()",
    )
    insert(
        Incoming,
        f"{everywhere} AND mod(p.k, 5) = 0",
        given,
        company_id="w.company_id",
        product_id="p.id",
        warehouse_id="w.id",
        quantity="120",
        expected_on="current_date + 7",
        reference="'PO' || p.code",
    )


def _product(company: Company, n: int) -> Product:
    code, name, spec = f"P{n:06d}", BRANDS[n % 12] + GOODS[n % 13] + str(n), f"{100 + n % 9 * 50} g × {6 + n % 3 * 6}"
    return Product(
        company=company,
        code=code,
        name=name,
        spec=spec,
        unit="箱",
        category="饮料食品",
        list_price=20 + n % 500,
        cost_price=15 + n % 400,
        tax_rate="0.13",
        **catalog_rules.search_keys(code=code, name=name, spec=spec, barcodes=[_ean13(n)]),
    )


def _ean13(n: int) -> str:
    """GS1 China's prefix, the number and the check digit: weights 1 and 3 alternate from the left."""
    digits = f"690{n:09d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"

"""Whom we sell to (`customer`), what belongs to him (`parts`), two entries of one (`merges`), and what a company
decides about it all (`settings`, `dictionary`); files of many (`imports`)."""

from backend.customers.models.customer import DEFAULT_GEOFENCE_M, Customer
from backend.customers.models.dictionary import DictionaryEntry
from backend.customers.models.imports import CustomerImport, CustomerImportRow
from backend.customers.models.merges import Merge, MergedRow
from backend.customers.models.parts import Contact, CoOwner, CustomerPlace
from backend.customers.models.settings import CustomerField, PoolRules

__all__ = [
    "DEFAULT_GEOFENCE_M",
    "CoOwner",
    "Contact",
    "Customer",
    "CustomerField",
    "CustomerImport",
    "CustomerImportRow",
    "CustomerPlace",
    "DictionaryEntry",
    "Merge",
    "MergedRow",
    "PoolRules",
]

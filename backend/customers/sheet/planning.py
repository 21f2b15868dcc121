"""Which customer a row means, and so what is to be done for it. Pure: nothing is asked and nothing is written."""

from backend.core.sheet_problems import Problem
from backend.customers import rules
from backend.customers.models import Customer, CustomerImport, CustomerImportRow
from backend.customers.sheet.comparing import compared
from backend.customers.sheet.known import House, Known
from backend.customers.sheet.steps import Step

Alike = CustomerImport.Alike


def plan(row: CustomerImportRow, house: House, known: Known, alike: str) -> Step:
    step = _meant(row, house, known, alike)
    if step.problems or step.is_skipped:
        return step
    return compared(step, house, known)


def _meant(row: CustomerImportRow, house: House, known: Known, alike: str) -> Step:
    step = Step(row, problems=[Problem(**told) for told in row.traps if told["code"] == "duplicate"])
    code, credit = step.text("code"), step.text("credit_code").upper()
    found = known.by_code.get(code) or (known.by_credit.get(credit) if credit else None)
    if step.problems:
        return step
    if found is not None:
        return _entitled(step, found, house, known)
    if not step.text("name"):
        step.fault("name", "missing")
        return step
    return _alike(step, house, known, alike)


def _entitled(step: Step, customer: Customer, house: House, known: Known) -> Step:
    by_code = customer.code == step.text("code")
    if customer.deleted_at is not None:
        hidden = not customer.in_charge(house.actor)
        step.fault("code", "code_taken" if hidden else "in_recycle_bin", value=customer.code)
    elif customer.pk not in known.seen:
        if by_code:
            step.fault("code", "code_taken", value=customer.code)
        else:
            step.fault("credit_code", "credit_code_hidden")
    elif not customer.in_charge(house.actor) and customer.pk not in known.co_owned:
        step.fault("code" if by_code else "credit_code", "not_in_charge")
    else:
        step.customer = customer
    return step


def _alike(step: Step, house: House, known: Known, alike: str) -> Step:
    """It names nobody by a code. The same name and no other telephone is likely the same customer."""
    phone = rules.phone_key(step.text("phone")) if house.compares_phones else ""
    found = [
        customer
        for customer in known.by_name.get(rules.name_key(step.text("name")), [])
        if not phone or not customer.phone_key or customer.phone_key == phone
    ]
    for customer in found:
        there = _entitled(Step(step.row), customer, house, known)
        if there.customer is not None and not compared(there, house, known).changes and not there.problems:
            return there  # the very same: as after an import of this file
    seen = [customer for customer in found if customer.pk in known.seen]
    if not found or alike == Alike.CREATE:
        return step
    if alike == Alike.UPDATE and len(seen) == 1:
        return _entitled(step, seen[0], house, known)
    if alike == Alike.UPDATE and seen:
        step.fault("name", "ambiguous", codes=", ".join(customer.code for customer in seen[:5]))
        return step
    if seen:
        step.fault("name", "likely_duplicate", code=seen[0].code)
    else:
        step.fault("name", "likely_duplicate_hidden")
    step.is_skipped = True
    return step

"""An empty file to fill in, with notes and lists to choose from."""

import io

from django.db import transaction

from backend.core.actor import Actor
from backend.core.sheet_columns import CLEAR
from backend.core.text import in_both
from backend.core.workbooks import SheetWriter, writing
from backend.customers.dictionary import choices_of
from backend.customers.sheet.columns import DATUMS, STATUSES, columns_of

BLANK_ROWS = 5000
"""So many offer their lists."""
ADVICE = (
    in_both("每行一个客户；第一行是列名，不要改动。", "One customer a row; leave the headings as they are."),
    in_both(
        f"空单元格表示不修改；“{CLEAR}”表示清空。", f"An empty cell leaves what is there; “{CLEAR}” takes it away."
    ),
    in_both(
        "先按客户编码匹配，其次统一社会信用代码，再次名称与电话（疑似重复，可选择跳过、更新或新增）。",
        "A customer is found by code, else by social credit code, else by name and telephone: a likely duplicate, to "
        "be skipped, updated or created.",
    ),
    in_both(
        "上传后先预览，确认后才生效。", "After the upload you see a preview; nothing changes before you confirm it."
    ),
)


@transaction.atomic
def template(*, actor: Actor) -> bytes:
    actor.require("customer.import")
    columns = [column for column in columns_of(actor.company_id) if column.is_read]
    file = io.BytesIO()
    with writing(file, memory=True) as book:
        sheet = SheetWriter(book, "客户 Customers", [column.heading for column in columns])
        words = {name: [entry.code for entry in entries] for name, entries in choices_of(actor.company_id).items()}
        for at, column in enumerate(columns):
            if column.field in words:
                sheet.offer(at, words[column.field], rows=BLANK_ROWS)
            elif column.field == "status":
                sheet.offer(at, list(STATUSES.values()), rows=BLANK_ROWS)
            elif column.field.rpartition("_")[2] == "crs":
                sheet.offer(at, list(DATUMS.values()), rows=BLANK_ROWS)
        notes = SheetWriter(book, "说明 Notes", ["说明 Notes", ""])
        notes.add([(advice,) for advice in ADVICE])
        notes.add([(column.heading, in_both(*column.note) if column.note[0] else "") for column in columns])
    return file.getvalue()

from backend.core.errors import Conflict, Forbidden
from backend.core.text import bilingual


class CodeTaken(Conflict):
    code = "code_taken"
    message = bilingual("该客户编码已被使用。", "Another customer has this code.")


class AlreadyClaimed(Conflict):
    code = "already_claimed"
    message = bilingual("该客户已被他人领取。", "Someone else has claimed this customer.")


class NotInCharge(Forbidden):
    code = "not_in_charge"
    message = bilingual(
        "该客户不由您负责；公海客户请先领取。",
        "This customer is not yours. Claim it first if it is in the public pool.",
    )

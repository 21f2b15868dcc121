from backend.core.errors import Conflict, Forbidden, Invalid
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


class CreditCodeTaken(Conflict):
    code = "credit_code_taken"
    message = bilingual("已有客户使用该统一社会信用代码。", "A customer with this social credit code exists.")


class BadCreditCode(Invalid):
    code = "bad_credit_code"
    message = bilingual("统一社会信用代码的校验位不符。", "The check digit of the social credit code is wrong.")


class LikelyDuplicate(Conflict):
    """Carries `duplicates`, of which the hidden ones say no more than why they are alike."""

    code = "likely_duplicate"
    message = bilingual(
        "可能与已有客户重复；确认无误请带 accept_duplicates 再次提交。",
        "It may be there already. Send it again with accept_duplicates if it is not.",
    )


class BadDetails(Invalid):
    """`fields` says which of the company's own fields is wrong and how."""

    code = "bad_details"
    message = bilingual("自定义字段有误。", "Some of the company's own fields are wrong.")


class ClaimLimit(Conflict):
    """Carries `limit`, and in `of` which one: `most_held` or `claims_a_day`."""

    code = "claim_limit_reached"
    message = bilingual("已达到领取上限。", "You may claim no more customers.")


class TooManyPlaces(Conflict):
    """Carries `limit`."""

    code = "too_many_places"
    message = bilingual("该客户的地点已达上限。", "This customer has as many places as it may have.")


class SameCustomer(Invalid):
    code = "same_customer"
    message = bilingual("不能与自身合并。", "A customer is not merged with itself.")


class UnknownEntry(Invalid):
    """`fields` says which; carries `choices`: {field: codes}."""

    code = "unknown_entry"
    message = bilingual("不在数据字典中，可选：", "Not in the company's dictionary, which has:")


class TooManyTags(Invalid):
    code = "too_many_tags"
    message = bilingual("一个客户最多 20 个标签。", "A customer has 20 tags at most.")

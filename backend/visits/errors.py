from backend.core.errors import Conflict, Forbidden, Invalid, NotFound
from backend.core.text import bilingual


class NotYourVisit(Forbidden):
    code = "not_your_visit"
    message = bilingual("只有拜访人本人可以这样做。", "Only the person who makes the visit may do this.")


class OwnVisit(Forbidden):
    code = "own_visit"
    message = bilingual("不能审核自己的拜访。", "You may not review your own visit.")


class OwnVisitLiked(Forbidden):
    code = "own_visit_liked"
    message = bilingual("不能给自己的拜访点赞。", "You may not like your own visit.")


class NotYourTeam(Forbidden):
    code = "not_your_team"
    message = bilingual("只有拜访人的上级可以这样做。", "Only a superior of whoever makes the visit may do this.")


class AnotherVisitOpen(Conflict):
    """Carries `visit_id`: the open one, the actor's own."""

    code = "another_visit_open"
    message = bilingual("请先签退正在进行的拜访。", "Check out of your open visit first.")


class AlreadyCheckedIn(Conflict):
    code = "already_checked_in"
    message = bilingual("该拜访已签到。", "This visit has its check-in already.")


class ConsentRequired(Conflict):
    """Carries `text_id`: what the person has to agree to before he checks in."""

    code = "consent_required"
    message = bilingual(
        "签到前请先阅读并同意定位授权。", "Read and agree to the use of your position before checking in."
    )


class ConsentOutdated(Conflict):
    """Carries `text_id`: the present text, or null where there is none."""

    code = "consent_outdated"
    message = bilingual("授权文本已更新，请阅读最新版本。", "This is not the present text. Read that one.")


class VisitNotOpen(Conflict):
    code = "visit_not_open"
    message = bilingual("该拜访不在进行中。", "This visit is not open.")


class VisitStarted(Conflict):
    code = "visit_started"
    message = bilingual("已签到的拜访不能取消。", "A visit that was checked in cannot be cancelled.")


class VisitCancelled(Conflict):
    code = "visit_cancelled"
    message = bilingual("该拜访已取消。", "This visit is cancelled.")


class PlanUsed(Conflict):
    """Carries `visit_id` where a visit of this plan exists."""

    code = "plan_used"
    message = bilingual("该计划已取消或已有拜访。", "This plan is cancelled or has its visit already.")


class PlanCancelled(Conflict):
    code = "plan_cancelled"
    message = bilingual("该计划已取消。", "This plan is cancelled.")


class PlansRefused(Invalid):
    """`errors` name the rows and what is wrong with each; none was made."""

    code = "plans_refused"
    message = bilingual("有计划无法安排，全部未保存。", "Some of these cannot be planned; none was saved.")


class NothingToReview(Conflict):
    code = "nothing_to_review"
    message = bilingual("该拜访没有存疑的签到。", "This visit has no doubtful check-in.")


class AlreadyReviewed(Conflict):
    """Carries `decision`."""

    code = "already_reviewed"
    message = bilingual("该签到已被审核。", "This check-in has been reviewed already.")


class PlaceNotProven(Conflict):
    code = "place_not_proven"
    message = bilingual("该签到的位置尚未得到证实。", "The position of this check-in is not proven.")


class CustomerHasPlace(Conflict):
    code = "customer_has_place"
    message = bilingual("该客户已有坐标。", "This customer has a place already.")


class PlaceProposed(Conflict):
    code = "place_proposed"
    message = bilingual("该客户已有待确认的地点提议。", "A place has been proposed for this customer and waits.")


class AlreadyDecided(Conflict):
    """Carries `decision`."""

    code = "proposal_decided"
    message = bilingual("该提议已处理。", "This proposal has been decided already.")


class ActionsMissing(Conflict):
    """Carries `actions`: the keys of those that are required and not done."""

    code = "actions_missing"
    message = bilingual("还有必做的动作未完成。", "Required actions are not done yet.")


class ActionUnknown(NotFound):
    code = "action_unknown"
    message = bilingual("该拜访的模板没有这个动作。", "The template of this visit has no such action.")


class AnswerKind(Invalid):
    """Carries `kind`: what the action wants."""

    code = "answer_kind"
    message = bilingual("答案类型与动作不符。", "This is not the kind of answer that the action wants.")


class AnswerInvalid(Invalid):
    """`errors` name the fields and what is wrong with each; nothing was kept."""

    code = "answer_invalid"
    message = bilingual("答案不符合要求。", "The answer does not fit the action.")


class AnsweredByPhotos(Conflict):
    """Carries `tag`."""

    code = "answered_by_photos"
    message = bilingual("该动作以此标签的照片完成。", "Photos with this tag answer this action.")


class EnoughPhotos(Conflict):
    """Carries `tag` and `maximum`."""

    code = "enough_photos"
    message = bilingual("该标签的照片已够。", "There are enough photos with this tag.")


class AnswersClosed(Conflict):
    code = "answers_closed"
    message = bilingual("拜访已结束，答案不能再改。", "The visit is over; its answers stand.")


class OrderNotOfVisit(Invalid):
    code = "order_not_of_visit"
    message = bilingual(
        "须为本次拜访开始后，本人为该客户录入的订单。", "It must be an order of yours for this customer, entered since."
    )


class TemplateInvalid(Invalid):
    """`errors` name the paths and what is wrong at each; nothing was published."""

    code = "template_invalid"
    message = bilingual("模板有误，未发布。", "The template is not right; it was not published.")


class TemplateOverlaps(Conflict):
    """Carries `template_id`: the active one for the same customers."""

    code = "template_overlaps"
    message = bilingual("同一类型与等级已有启用的模板。", "These customers have an active template already.")


class TemplateRetired(Conflict):
    code = "template_retired"
    message = bilingual("该模板已停用。", "This template is retired.")


class InForceTooEarly(Invalid):
    code = "in_force_too_early"
    message = bilingual("生效时间不能早于现在。", "It cannot come into force before now.")


class PeriodTooLong(Invalid):
    code = "period_too_long"
    message = bilingual("期间须为 1 至 366 天。", "The period must be 1 to 366 days.")


class PhotoTagged(Conflict):
    code = "photo_tagged"
    message = bilingual("该照片已以另一标签加入。", "This photo is there already under another tag.")


class CustomerOrPlan(Invalid):
    code = "customer_or_plan"
    message = bilingual("客户与计划须二选一。", "Give a customer or a plan, one of the two.")


class EndsTooEarly(Invalid):
    code = "ends_too_early"
    message = bilingual("结束时间须晚于开始时间。", "The end must be after the start.")


class StartsAnotherDay(Invalid):
    code = "starts_another_day"
    message = bilingual("开始时间须在计划当天。", "The start must lie on the planned day.")


class ReasonRequired(Invalid):
    code = "reason_required"
    message = bilingual("不认可须说明理由。", "Say why you reject it.")


class LimitOutOfRange(Invalid):
    code = "limit_out_of_range"
    message = bilingual("超出允许范围。", "Outside the range that is allowed.")


class WeekdaysMissing(Invalid):
    code = "weekdays_missing"
    message = bilingual("请选择星期。", "Choose the weekdays.")


class DaysPast(Invalid):
    code = "days_past"
    message = bilingual("这些日期已过。", "These days have passed.")


class SubstitutesHimself(Invalid):
    code = "substitutes_himself"
    message = bilingual("代访人不能是本人。", "Nobody stands in for himself.")

"""What events and their fields are called. An event is `noun.verb`; a field is a column or one of WORDS."""

from typing import Any

from django.db.models import Field
from django.utils.functional import Promise

from backend.core.text import bilingual

YES, NO = bilingual("是", "yes"), bilingual("否", "no")
NOUNS: dict[str, str] = {
    "approval": bilingual("审批", "approval"),
    "company": bilingual("企业", "company"),
    "customer": bilingual("客户", "customer"),
    "delegation": bilingual("审批委托", "delegation"),
    "department": bilingual("部门", "department"),
    "device": bilingual("设备", "device"),
    "employee": bilingual("员工", "employee"),
    "erp_system": bilingual("ERP 系统", "ERP system"),
    "expense": bilingual("费用", "expense"),
    "expense_category": bilingual("费用类别", "expense category"),
    "file": bilingual("附件", "file"),
    "flow": bilingual("审批流程", "approval flow"),
    "handover": bilingual("工作移交", "handover"),
    "order": bilingual("订单", "order"),
    "platform_app": bilingual("微信应用", "platform application"),
    "product": bilingual("商品", "product"),
    "role": bilingual("角色", "role"),
    "session": bilingual("登录会话", "session"),
    "stock": bilingual("库存", "stock"),
    "visit": bilingual("拜访", "visit"),
    "visit_plan": bilingual("拜访计划", "visit plan"),
    "warehouse": bilingual("仓库", "warehouse"),
    "wecom": bilingual("企业微信", "WeCom"),
    "wecom_directory": bilingual("企业微信通讯录", "WeCom directory"),
}
VERBS: dict[str, str] = {
    "alert": bilingual("预警", "alert"),
    "alert_resolved": bilingual("预警解除", "alert resolved"),
    "applied": bilingual("同步", "applied"),
    "approval_requested": bilingual("申请登记", "approval requested"),
    "approved": bilingual("通过", "approved"),
    "cancelled": bilingual("取消", "cancelled"),
    "captioned": bilingual("加水印文字", "captioned"),
    "card_clicked": bilingual("点击卡片", "card clicked"),
    "changed": bilingual("修改", "changed"),
    "checked_in": bilingual("签到", "checked in"),
    "checked_out": bilingual("签退", "checked out"),
    "claimed": bilingual("领取", "claimed"),
    "closed": bilingual("关闭", "closed"),
    "commented": bilingual("点评", "commented"),
    "configured": bilingual("配置", "configured"),
    "confirmed": bilingual("确认", "confirmed"),
    "conflict_decided": bilingual("处理冲突", "conflict decided"),
    "contact_added": bilingual("添加联系人", "contact added"),
    "corrected": bilingual("更正", "corrected"),
    "created": bilingual("新建", "created"),
    "decided_on_behalf": bilingual("代为审批", "decided on behalf"),
    "declared": bilingual("申报上传", "declared"),
    "delivered": bilingual("签收", "delivered"),
    "dismissed": bilingual("离职", "dismissed"),
    "dissolved": bilingual("撤销部门", "dissolved"),
    "ended": bilingual("结束", "ended"),
    "entrusted": bilingual("交人跟进", "entrusted"),
    "entrusted_back": bilingual("收回跟进", "entrusted back"),
    "features_switched": bilingual("启停功能", "features switched"),
    "followed": bilingual("关注", "followed"),
    "given": bilingual("委托", "given"),
    "handed_back": bilingual("移交撤回", "handed back"),
    "handed_over": bilingual("移交", "handed over"),
    "held": bilingual("冻结", "held"),
    "hired": bilingual("入职", "hired"),
    "identity_bound": bilingual("绑定账号", "identity bound"),
    "identity_unbound": bilingual("解绑账号", "identity unbound"),
    "imported": bilingual("导入", "imported"),
    "in_review": bilingual("ERP 审核中", "in review"),
    "incoming_changed": bilingual("在途变更", "incoming changed"),
    "invoiced": bilingual("开票", "invoiced"),
    "login_restricted": bilingual("设置登录限制", "login restricted"),
    "login_restriction_lifted": bilingual("取消登录限制", "login restriction lifted"),
    "made": bilingual("办理", "made"),
    "opened": bilingual("登录", "opened"),
    "paid": bilingual("收款", "paid"),
    "password_changed": bilingual("修改密码", "password changed"),
    "password_set": bilingual("重设密码", "password set"),
    "paused": bilingual("暂停", "paused"),
    "photo_added": bilingual("添加照片", "photo added"),
    "picked": bilingual("拣货", "picked"),
    "planned": bilingual("计划", "planned"),
    "price_set": bilingual("定价", "price set"),
    "production": bilingual("生产", "production"),
    "published": bilingual("发布", "published"),
    "queued": bilingual("待传 ERP", "queued"),
    "ready": bilingual("可用", "ready"),
    "received": bilingual("收到", "received"),
    "recycled": bilingual("移入回收站", "recycled"),
    "refused": bilingual("拒收", "refused"),
    "rehired": bilingual("重新入职", "rehired"),
    "rejected": bilingual("驳回", "rejected"),
    "released": bilingual("释放", "released"),
    "removed": bilingual("删除", "removed"),
    "requested": bilingual("待审批", "requested"),
    "restored": bilingual("从回收站恢复", "restored"),
    "resumed": bilingual("恢复", "resumed"),
    "returned": bilingual("退回", "returned"),
    "reviewed": bilingual("审核签到", "reviewed"),
    "revived": bilingual("恢复部门", "revived"),
    "revoked": bilingual("撤销", "revoked"),
    "roles_changed": bilingual("变更角色", "roles changed"),
    "safety_set": bilingual("设安全库存", "safety stock set"),
    "secret_rotated": bilingual("更换密钥", "secret rotated"),
    "sent": bilingual("已传 ERP", "sent"),
    "shipped": bilingual("发货", "shipped"),
    "signed": bilingual("同意", "signed"),
    "submitted": bilingual("提交", "submitted"),
    "summarised": bilingual("填写小结", "summarised"),
    "troubled": bilingual("对接异常", "troubled"),
    "undone": bilingual("撤销", "undone"),
    "unfollowed": bilingual("取消关注", "unfollowed"),
    "uploaded": bilingual("上传", "uploaded"),
    "user_id_changed": bilingual("账号更名", "user id changed"),
    "voided": bilingual("作废", "voided"),
    "withdrawn": bilingual("撤回", "withdrawn"),
}
WORDS: dict[str, str] = {
    "agent": bilingual("应用编号", "agent"),
    "amount": bilingual("金额", "amount"),
    "app": bilingual("应用", "app"),
    "approvers": bilingual("审批人", "approvers"),
    "author": bilingual("点评人", "author"),
    "barcodes": bilingual("条码", "barcodes"),
    "carrier": bilingual("承运", "carrier"),
    "code": bilingual("编码", "code"),
    "contact": bilingual("联系人", "contact"),
    "corp_id": bilingual("企业微信 ID", "corporation"),
    "counts": bilingual("数量", "counts"),
    "currency": bilingual("币种", "currency"),
    "customer": bilingual("客户", "customer"),
    "customer_level": bilingual("客户等级", "customer level"),
    "data": bilingual("数据", "data"),
    "decision": bilingual("结论", "decision"),
    "delegate": bilingual("受托人", "delegate"),
    "department": bilingual("部门", "department"),
    "device": bilingual("设备", "device"),
    "door": bilingual("登录方式", "door"),
    "employee": bilingual("员工", "employee"),
    "end_reason": bilingual("结束原因", "why it ended"),
    "ended_at": bilingual("结束时间", "ended at"),
    "ends_on": bilingual("截止日期", "ends on"),
    "event": bilingual("事件", "event"),
    "expected_on": bilingual("预计到货", "expected on"),
    "external_id": bilingual("外部编号", "external id"),
    "file": bilingual("附件", "file"),
    "floor_price": bilingual("底价", "floor price"),
    "follows": bilingual("关注", "follows"),
    "handover": bilingual("工作移交", "handover"),
    "holder": bilingual("持有人", "holder"),
    "how": bilingual("途径", "how"),
    "invoice_number": bilingual("发票号", "invoice number"),
    "is_active": bilingual("有效", "active"),
    "key": bilingual("按键", "key"),
    "kind": bilingual("类型", "kind"),
    "lines": bilingual("明细", "lines"),
    "min_quantity": bilingual("起订量", "from quantity"),
    "minutes": bilingual("用时（分钟）", "minutes"),
    "name": bilingual("名称", "name"),
    "number": bilingual("编号", "number"),
    "occurred_at": bilingual("发生时间", "occurred at"),
    "opinion": bilingual("意见", "opinion"),
    "outcome": bilingual("结论", "outcome"),
    "outcomes": bilingual("结果", "outcomes"),
    "owner": bilingual("负责人", "owner"),
    "period": bilingual("期间", "period"),
    "plan": bilingual("安排", "plan"),
    "planned_on": bilingual("计划日期", "planned on"),
    "platform_id": bilingual("平台 ID", "platform id"),
    "provider": bilingual("平台", "provider"),
    "purpose": bilingual("用途", "purpose"),
    "quantity": bilingual("数量", "quantity"),
    "reason": bilingual("原因", "reason"),
    "reasons": bilingual("原因", "reasons"),
    "reference": bilingual("来源单据", "reference"),
    "roles": bilingual("角色", "roles"),
    "rows": bilingual("行数", "rows"),
    "safety": bilingual("安全库存", "safety stock"),
    "sees": bilingual("可见", "sees"),
    "selected": bilingual("选项", "selected"),
    "size": bilingual("大小（字节）", "size in bytes"),
    "source": bilingual("来源", "source"),
    "starts_on": bilingual("生效日期", "starts on"),
    "step": bilingual("节点", "step"),
    "summary": bilingual("小结", "summary"),
    "tag": bilingual("标签", "tag"),
    "task": bilingual("任务", "task"),
    "tenant": bilingual("租户", "tenant"),
    "text": bilingual("内容", "text"),
    "title": bilingual("标题", "title"),
    "total": bilingual("合计", "total"),
    "tracking_number": bilingual("运单号", "tracking number"),
    "trouble": bilingual("异常", "trouble"),
    "unit_price": bilingual("单价", "unit price"),
    "user": bilingual("账号", "user"),
    "value": bilingual("内容", "value"),
    "verdict": bilingual("结果", "verdict"),
    "version": bilingual("版本", "version"),
    "warehouse": bilingual("仓库", "warehouse"),
}


def kind_name(name: str) -> str:
    """`visit.checked_in` as people say it; a word that is not known stays as it is."""
    noun, _, verb = name.partition(".")
    colon = bilingual("：", ": ")
    return f"{NOUNS.get(noun, noun)}{colon}{VERBS.get(verb, verb)}"


def field_of(model: Any, key: str) -> "Field[Any, Any] | None":
    """The column that a key of an event's data is about, with or without `_id`. The model may be gone."""
    if model is None:
        return None
    name = key.removesuffix("_id")
    return next((field for field in model._meta.fields if name in {field.name, field.attname}), None)


def value_name(model: Any, key: str, text: str) -> str:
    """What a code is called: by the model, or as a choice of the column; the text itself where it is no code."""
    if key in (own := getattr(model, "EVENT_VALUES", {})):
        return str(own[key].get(text, text))
    field = field_of(model, key)
    if field is not None and field.get_internal_type() == "BooleanField":
        return str({"true": YES, "false": NO}.get(text.lower(), text))
    choices: dict[Any, Any] = dict(getattr(field, "flatchoices", None) or ())
    return str(choices.get(text, text))


def field_name(model: Any, key: str) -> str:
    """The label of the column, where it has one in both languages, else the word for it; a model may know better."""
    if key in (own := getattr(model, "EVENT_WORDS", {})):
        return str(own[key])
    field = field_of(model, key)
    if field is not None and isinstance(field.verbose_name, Promise):
        return str(field.verbose_name)
    return str(WORDS.get(key.removesuffix("_id"), WORDS.get(key, key)))

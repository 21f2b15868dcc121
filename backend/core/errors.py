"""What a business rule may raise. No HTTP here: `mobile_api.errors` gives each family its status.

A rule's own error subclasses a family and sets `code` (stable, snake_case, part of the API) and `message` in both
languages. docs/error-codes.md is generated from these classes.
"""

from typing import ClassVar

from backend.core.text import bilingual


class DomainError(Exception):
    """`data` is shown to the caller beside the code, so it may only hold what he may see."""

    code: ClassVar[str] = "error"
    message: ClassVar[str] = bilingual("出错了。", "Something went wrong.")

    def __init__(self, *, message: str | None = None, **data: object) -> None:
        self.text = message if message is not None else self.message
        self.data = data
        super().__init__(self.code)

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"


class Unauthenticated(DomainError):
    code = "unauthenticated"
    message = bilingual("请先登录。", "Sign in first.")


class NotFound(DomainError):
    """Absent and hidden look the same from outside."""

    code = "not_found"
    message = bilingual("没有找到。", "Not found.")


class Forbidden(DomainError):
    code = "forbidden"
    message = bilingual("您没有这项权限。", "You may not do this.")


class Invalid(DomainError):
    """`fields` maps the name of an input field to what is wrong with it."""

    code = "invalid"
    message = bilingual("提交的数据有误。", "The data is not valid.")

    def __init__(self, *, message: str | None = None, fields: dict[str, str] | None = None, **data: object) -> None:
        super().__init__(message=message, **data)
        self.fields = fields or {}


class Conflict(DomainError):
    code = "conflict"
    message = bilingual("当前状态不允许这样做。", "The current state does not allow this.")


class TooMany(DomainError):
    """`retry_after_s`: seconds until another try can succeed."""

    code = "too_many_requests"
    message = bilingual("操作过于频繁，请稍后再试。", "Too many requests. Try again later.")

    def __init__(self, *, retry_after_s: int, message: str | None = None, **data: object) -> None:
        super().__init__(message=message, **data)
        self.retry_after_s = retry_after_s


class Unavailable(DomainError):
    """Something we depend on does not do its work just now; nothing was changed. `retry_after_s`: when to try again."""

    code = "unavailable"
    message = bilingual("服务暂不可用，请稍后重试。", "Temporarily unavailable. Try again later.")

    def __init__(self, *, retry_after_s: int, message: str | None = None, **data: object) -> None:
        super().__init__(message=message, **data)
        self.retry_after_s = retry_after_s


class IdReused(Conflict):
    code = "id_reused"
    message = bilingual("该编号已用于另一份内容。", "This id already stands for other content.")


class VersionConflict(Conflict):
    code = "version_conflict"
    message = bilingual("数据已被他人修改，请刷新后重试。", "Someone changed this meanwhile. Reload and try again.")

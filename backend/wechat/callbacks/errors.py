from backend.core.errors import Invalid, Unauthenticated
from backend.core.text import bilingual


class CallbackRefused(Unauthenticated):
    """The same for a wrong signature, a message out of time, for another receiver, or sealed with another key."""

    code = "callback_refused"
    message = bilingual("回调签名、时间或接收方不符。", "The signature, time or receiver of the callback is not right.")


class CallbackMalformed(Invalid):
    """Signed or not: what was sent is no callback message."""

    code = "callback_malformed"
    message = bilingual("回调内容无法解析。", "The callback cannot be read.")

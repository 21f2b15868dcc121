"""What the embedded PostgreSQL says when it cannot serve."""

ADVICE = (
    "请自备 PostgreSQL 15 或更高版本，并设置环境变量 DATABASE_URL，"
    "例如 postgres://user:password@localhost:5432/waiqin\n"
    "Provide PostgreSQL 15 or later yourself and set the environment variable DATABASE_URL, "
    "for example postgres://user:password@localhost:5432/waiqin"
)


class EmbeddedPostgresError(RuntimeError):
    """The embedded server cannot be used here; the text says why and what to do, in Chinese and English."""

    def __init__(self, zh: str, en: str, *, detail: str = "") -> None:
        lines = (f"内置 PostgreSQL 不可用：{zh}", f"Embedded PostgreSQL: {en}", detail, ADVICE)
        super().__init__("\n".join(filter(None, lines)))

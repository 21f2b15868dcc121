"""The rows of a plain-text PostgreSQL dump (`pg_dump --inserts`), read without a database.

Lexical rules: PostgreSQL manual 4.1 (names, string constants with and without escapes, comments), 8.4 (bytea in hex).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

Value = str | Decimal | bool | bytes | None
Row = dict[str, Value]

_TOKEN = re.compile(
    r"""
      (?P<blank>\s+|--[^\n]*)
    | (?P<escaped>[eE]'(?:[^'\\]|''|\\.)*')
    | (?P<quoted>'(?:[^']|'')*')
    | (?P<name>"(?:[^"]|"")*"|[^\W\d][\w$]*)
    | (?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)
    | (?P<mark>[^'"])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)|''", re.DOTALL)
_SIGNS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_WORDS: dict[str, Value] = {"null": None, "true": True, "false": False}
_NOT_COLUMNS = {"constraint", "primary", "unique", "foreign", "check", "exclude", "like"}


class DumpError(ValueError):
    """The text is not such a dump, or holds what this reader does not know; says where."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int

    @property
    def word(self) -> str:
        """A keyword or unquoted name in lower case; a quoted name as it is written."""
        return self.text[1:-1].replace('""', '"') if self.text.startswith('"') else self.text.lower()

    def error(self, what: str) -> DumpError:
        return DumpError(f"line {self.line}: {what}, near {self.text[:40]!r}")


@dataclass(slots=True)
class _Reader:
    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    """table → column → type, from CREATE TABLE."""
    tables: dict[str, list[Row]] = field(default_factory=dict)

    def take(self, statement: list[_Token]) -> None:
        match [token.word for token in statement[:2]]:
            case ["create", "table"]:
                self._create(statement[2:])
            case ["insert", "into"]:
                self._insert(statement[2:])

    def _create(self, tokens: list[_Token]) -> None:
        table, rest = _table_name(tokens)
        columns: dict[str, str] = {}
        depth = 0
        for position, token in enumerate(rest[:-2]):
            depth += (token.text == "(") - (token.text == ")")
            if depth == 1 and token.text in "(,":
                name, its_type = rest[position + 1 : position + 3]
                if name.word not in _NOT_COLUMNS:
                    columns[name.word] = its_type.word
        self.columns[table] = columns
        self.tables.setdefault(table, [])

    def _insert(self, tokens: list[_Token]) -> None:
        table, rest = _table_name(tokens)
        types = self.columns.get(table)
        if types is None:
            raise tokens[0].error("rows of a table that was not created")
        names = list(types)
        if rest[0].text == "(":
            end = [token.text for token in rest].index(")")
            names = [token.word for token in rest[1:end] if token.text != ","]
            rest = rest[end + 1 :]
        if rest[0].word != "values":
            raise rest[0].error("only INSERT … VALUES is understood")
        for values in _tuples(rest[1:]):
            if len(values) != len(names):
                raise rest[0].error(f"{len(values)} values for the {len(names)} columns of {table}")
            self.tables[table].append(
                {name: _typed(value, types[name]) for name, value in zip(names, values, strict=True)}
            )


def read_dump(text: str) -> dict[str, list[Row]]:
    """{table: its rows in the order of the dump, each {column: value}}; numbers as Decimal, bytea as bytes, dates and
    times as the text they are. Statements other than CREATE TABLE and INSERT are passed over. Raises DumpError."""
    reader = _Reader()
    statement: list[_Token] = []
    for token in _tokens(text):
        if token.text != ";":
            statement.append(token)
        else:
            reader.take(statement)
            statement = []
    if statement:
        raise statement[0].error("the last statement does not end")
    return reader.tables


def _tokens(text: str) -> Iterator[_Token]:
    position, line = 0, 1
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise DumpError(f"line {line}: a quotation does not end")
        kind = str(found.lastgroup)
        if kind != "blank":
            yield _Token(kind, found.group(), line)
        line += text.count("\n", position, found.end())
        position = found.end()


def _table_name(tokens: list[_Token]) -> tuple[str, list[_Token]]:
    """The table without its schema, and what follows it."""
    if len(tokens) > 3 and tokens[1].text == ".":
        return tokens[2].word, tokens[3:]
    if len(tokens) < 2:
        raise DumpError("a statement without a table")
    return tokens[0].word, tokens[1:]


def _tuples(tokens: list[_Token]) -> Iterator[list[Value]]:
    """`(a, b), (c, d)`."""
    rest = iter(tokens)
    for opening in rest:
        _expect(opening, "(")
        values = []
        for value in rest:
            values.append(_value(value))
            if (token := next(rest, value)).text == ")":
                break
            _expect(token, ",")
        else:
            raise opening.error("a row does not end")
        yield values
        if (following := next(rest, None)) is not None:
            _expect(following, ",")


def _expect(token: _Token, text: str) -> None:
    if token.text != text:
        raise token.error(f"expected {text}")


def _value(token: _Token) -> Value:
    match token.kind:
        case "quoted":
            return token.text[1:-1].replace("''", "'")
        case "escaped":
            return _ESCAPE.sub(_unescaped, token.text[2:-1])
        case "number":
            return Decimal(token.text)
        case "name" if token.word in _WORDS:
            return _WORDS[token.word]
    raise token.error("not a value this reader knows")


def _unescaped(found: re.Match[str]) -> str:
    escape = found.group(1)
    if escape is None:
        return "'"
    if escape[0] in "uUx" and len(escape) > 1:
        return chr(int(escape[1:], 16))
    if escape[0] in "01234567":
        return chr(int(escape, 8))
    return _SIGNS.get(escape, escape)


def _typed(value: Value, column_type: str) -> Value:
    if column_type == "bytea" and isinstance(value, str):
        return bytes.fromhex(value.removeprefix("\\x"))
    return value

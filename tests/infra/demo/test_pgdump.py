from decimal import Decimal

import pytest

from infra.demo.pgdump import DumpError, read_dump

TABLE = "CREATE TABLE public.t (id smallint NOT NULL, note character varying(40), raw bytea, PRIMARY KEY (id));\n"


def rows(insert: str) -> list[dict[str, object]]:
    return read_dump(TABLE + insert)["t"]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("'plain'", "plain"),
        ("''", ""),
        ("'O''Hara'", "O'Hara"),
        ("''''", "'"),
        (r"'507 Ave.\nApt. 2A'", r"507 Ave.\nApt. 2A"),
        ("'semi; colon, (bracket) -- dash'", "semi; colon, (bracket) -- dash"),
        ("'two\nlines'", "two\nlines"),
        ("'Avda. de la Constitución'", "Avda. de la Constitución"),
        (r"E'tab\tquote\'back\\slash'", "tab\tquote'back\\slash"),
        (r"e'\u4e2d\x41\101''\/'", "中AA'/"),
        ("NULL", None),
        ("null", None),
        ("TRUE", True),
        ("-12.50", Decimal("-12.50")),
        ("1e-3", Decimal("0.001")),
        (".5", Decimal("0.5")),
    ],
)
def test_values_mean_what_postgresql_says(written, value):
    assert rows(f"INSERT INTO t VALUES (1, {written}, NULL);")[0]["note"] == value


def test_bytea_is_read_from_hex():
    assert [row["raw"] for row in rows(r"INSERT INTO t VALUES (1, '', '\x'), (2, '', '\x00ff');")] == [b"", b"\0\xff"]


def test_named_columns_may_come_in_any_order():
    assert rows("INSERT INTO public.t (note, id) VALUES ('a', 7);") == [{"note": "a", "id": Decimal(7)}]


def test_several_rows_and_statements_add_up():
    found = rows("INSERT INTO t VALUES (1,'a',NULL) , (2,'b',NULL);\n-- INSERT\nINSERT INTO t VALUES (3,'c',NULL);")
    assert [row["note"] for row in found] == ["a", "b", "c"]


def test_a_table_without_rows_is_known():
    assert read_dump(TABLE) == {"t": []}


@pytest.mark.parametrize(
    ("insert", "what"),
    [
        ("INSERT INTO t VALUES (1, 'never ends, NULL);", "line 2: a quotation does not end"),
        ("INSERT INTO t VALUES (1, 'a');", "2 values for the 3 columns"),
        ("INSERT INTO t VALUES (1, now(), NULL);", "not a value"),
        ("INSERT INTO t VALUES (1, 'a' 'b', NULL);", "expected ,"),
        ("INSERT INTO t VALUES (1, 'a', NULL) (2, 'b', NULL);", "expected ,"),
        ("INSERT INTO t VALUES (1, 'a', NULL", "does not end"),
        ("INSERT INTO t VALUES (1, 'a',;", "does not end"),
        ("INSERT INTO t VALUES 1;", "expected ("),
        ("INSERT INTO t SELECT 1;", "only INSERT"),
        ("INSERT INTO elsewhere VALUES (1);", "not created"),
        ("INSERT INTO t VALUES (1, 'a', '\\xzz');", "hexadecimal"),
    ],
)
def test_what_it_does_not_understand_it_refuses(insert, what):
    with pytest.raises(ValueError, match=what.replace("(", r"\(")):
        rows(insert)


def test_an_error_says_where():
    with pytest.raises(DumpError, match=r"^line 4: "):
        rows("\n\nINSERT INTO t VALUES (1, now(), NULL);")

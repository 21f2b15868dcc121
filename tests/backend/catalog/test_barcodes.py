import pytest

from backend.catalog.barcodes import BadCheckDigit, has_valid_check_digit, normalised_barcode

EAN_13 = "6901234567892"
UPC_A = "036000291452"  # the example of GS1 General Specifications
EAN_8 = "73513537"
ITF_14 = "16901234567899"


@pytest.mark.parametrize(
    ("scanned", "kept"),
    [
        (EAN_13, EAN_13),
        (EAN_8, EAN_8),
        (ITF_14, ITF_14),
        (UPC_A, "0" + UPC_A),
        ("0" + UPC_A, "0" + UPC_A),
        ("00" + UPC_A, "0" + UPC_A),
        ("0" + EAN_13, EAN_13),
        ("000000" + EAN_8, EAN_8),
    ],
)
def test_a_gtin_has_one_form_whatever_pads_it(scanned, kept):
    assert normalised_barcode(scanned) == kept


@pytest.mark.parametrize("typed", ["690 1234 567892", "６９０１２３４５６７８９２", f" {EAN_13}\n", f"]E0{EAN_13}"])
def test_spaces_full_width_digits_and_a_symbology_identifier_do_not_matter(typed):
    assert normalised_barcode(typed) == EAN_13


@pytest.mark.parametrize(
    "scanned",
    [
        "(01)06901234567892",
        "(01)06901234567892(10)LOT7(17)271231",
        "(10)LOT7(01)06901234567892",
        "0106901234567892",
        "010690123456789217271231",
        "]C10106901234567892",
        "]d2010690123456789210LOT7\x1d17271231",
        "]d210LOT7\x1d0106901234567892",
        "]d2172712310106901234567892",
        "\x1d0106901234567892",
    ],
)
def test_an_element_string_gives_its_gtin(scanned):
    assert normalised_barcode(scanned) == EAN_13


@pytest.mark.parametrize(
    "url",
    [
        "https://id.gs1.org/01/06901234567892",
        "https://example.com/some/path/01/06901234567892/10/LOT7?17=271231",
        "HTTP://EXAMPLE.COM/01/06901234567892",
        "https://example.com/gtin/6901234567892#more",
    ],
)
def test_a_digital_link_gives_its_gtin(url):
    assert normalised_barcode(url) == EAN_13


@pytest.mark.parametrize(
    "code",
    [
        "P-1001",
        "abc",
        "1234567",
        "https://example.com/p/42",
        "https://example.com/01/abc",
        "https://[broken/01/06901234567892",
        "0112345678901234",  # 16 digits whose inner 14 are no GTIN: nothing announces GS1
        "(10)LOT7",
        "乌龙",
    ],
)
def test_any_other_code_stays_as_it_is(code):
    assert normalised_barcode(code) == code


@pytest.mark.parametrize("carried", ["]d210LOT7", "]C110123456", "]d2(nonsense"])
def test_an_element_string_without_a_gtin_loses_only_its_symbology_identifier(carried):
    assert normalised_barcode(carried) == carried[3:]


@pytest.mark.parametrize(
    "misread",
    [
        "6901234567893",
        "036000291453",
        "73513538",
        "16901234567890",
        "(01)06901234567893",
        "]C10106901234567893",
        "https://id.gs1.org/01/06901234567893",
    ],
)
def test_a_misread_gtin_is_refused(misread):
    with pytest.raises(BadCheckDigit):
        normalised_barcode(misread)


def test_every_single_wrong_digit_is_noticed():
    for position in range(len(EAN_13)):
        for digit in set("0123456789") - {EAN_13[position]}:
            assert not has_valid_check_digit(EAN_13[:position] + digit + EAN_13[position + 1 :])

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from classifier.data.cleaning import LONGEST_TEXT, clean_text
from classifier.data.personal_data import CUT, cut_personal_data


def test_quoted_mail_and_signature_are_cut() -> None:
    reply = "On Mon, 2 Mar 2026 Tim wrote:\n> did you try the other one"
    text = f"Printer on floor 2 is jammed.\n\nBest regards,\nAnna Berg\nSales | +44 1 234\n\n{reply}"
    assert clean_text(text) == "Printer on floor 2 is jammed."


def test_a_forwarded_header_ends_the_request() -> None:
    assert clean_text("please help\nFrom: Tim\nSent: Monday\nTo: me\nold words") == "please help"


def test_a_request_that_is_nothing_but_a_quote_is_kept() -> None:
    assert clean_text("> my VPN is down\n> since noon") == "> my VPN is down > since noon"


def test_a_line_that_begins_with_thanks_for_something_is_no_signature() -> None:
    assert (
        clean_text("Thanks for the new laptop.\nIts dock is broken") == "Thanks for the new laptop. Its dock is broken"
    )


def test_a_from_line_alone_is_part_of_the_request() -> None:
    assert clean_text("route it\nfrom: Leeds to Porto\nby Friday") == "route it from: Leeds to Porto by Friday"


def test_nul_bytes_and_invisible_characters_go() -> None:
    assert clean_text("pass\u00adword\x00lost\u200b") == "password lost"


@given(st.text(max_size=300))
def test_cleaned_text_is_one_printable_line_of_bounded_length(text: str) -> None:
    cleaned = clean_text(text)
    assert len(cleaned) <= 4000 and "\n" not in cleaned and "\x00" not in cleaned
    assert cleaned == cleaned.strip()


@given(
    st.lists(st.sampled_from(["", "my VPN is down", "> old", "Thanks,", "--", "From: a", "To: b", "Anna"]), max_size=9)
)
def test_a_request_with_words_is_never_emptied(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert bool(clean_text(text)) == bool(text.strip())


def test_a_very_long_text_is_capped() -> None:
    assert len(clean_text("word " * 100_000)) <= 4000


@pytest.mark.parametrize(
    "quoted",
    [
        "On Mon, 2 Mar 2026 at 10:04, Tim Roth <tim@lark.example>\nwrote:\n> old",
        "Am Mo., 2. März 2026 um 10:04 Uhr schrieb Tim Roth <tim@lark.example>:\n> alt",
        "Le lun. 2 mars 2026 à 10:04, Tim Roth <tim@lark.example> a écrit :\nancien",
        "El lun, 2 mar 2026 a las 10:04, Tim Roth (<tim@lark.example>) escribió:\nviejo",
        "Il giorno lun 2 mar 2026 alle ore 10:04 Tim Roth ha scritto:\nvecchio",
        "Op ma 2 mrt 2026 om 10:04 schreef Tim Roth <tim@lark.example>:\noud",
        "-----Ursprüngliche Nachricht-----\nVon: Tim\nalt",
        "De : Tim Roth\nEnvoyé : lundi 2 mars 2026\nÀ : IT\nObjet : imprimante".replace("De :", "De:"),
        "Van: Tim Roth\nVerzonden: maandag 2 maart 2026\nAan: IT\nOnderwerp: printer",
        "Begin forwarded message:\n\nold",
    ],
)
def test_quoted_mail_is_cut_in_the_languages_of_mail_programs(quoted: str) -> None:
    assert clean_text(f"Printer on floor 2 is jammed.\n\n{quoted}") == "Printer on floor 2 is jammed."


@pytest.mark.parametrize(
    "footer",
    [
        "Mit freundlichen Grüßen\nAnna Berg\nVertrieb", "Cordialement,\nAnna", "Saludos\nAnna", "MfG\nA. Berg",
        "This e-mail and its attachments are confidential and intended\nsolely for the addressee. If you are not it,\n"
        "delete them.", "Diese E-Mail ist vertraulich.\nSie ist nur für den Empfänger bestimmt.",
        "Please consider the environment before printing this mail.", "Von meinem iPhone gesendet",
    ],
)  # fmt: skip
def test_signatures_and_disclaimers_are_cut(footer: str) -> None:
    assert clean_text(f"Drucker im 2. Stock klemmt\n\n{footer}") == "Drucker im 2. Stock klemmt"


def test_what_follows_a_disclaimer_at_the_top_is_kept() -> None:
    banner = "CAUTION: This email originated from outside of the organisation.\nDo not click links."
    assert clean_text(f"{banner}\n\nMy VPN is down") == "My VPN is down"


@pytest.mark.parametrize(
    "personal",
    [
        "anna.berg+it@mail.lark.example", "+49 171 2345678", "0049 (171) 234-5678", "0171 2345678", "030/123456",
        "(555) 123-4567", "555-123-4567", "078-05-1120", "DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432",
        "<@U0ANNA7B>",
    ],
)  # fmt: skip
def test_addresses_and_numbers_of_people_are_cut(personal: str) -> None:
    assert clean_text(f"reach me at {personal} please") == f"reach me at {CUT} please"


def test_a_number_that_is_said_to_be_somebodys_is_cut() -> None:
    assert clean_text("my employee number is 4471182, new badge?") == f"my employee number is {CUT}, new badge?"
    assert clean_text("Tel. 2231 or staff no: A-7734") == f"Tel. {CUT} or staff no: {CUT}"


@pytest.mark.parametrize(
    "text",
    [
        "error 0x80070005 after KB5034441 on 10.0.19045.3803", "RIC-LDS-11 says SC542", "period 012 2025 is not open",
        "SAP ME21N for plant 2000",
        "gateway 192.168.100.17 port 8443, ticket INC0010001", "5 laptops on 2 February 2026, cost centre 4711",
        "phone does not ring, mobile data is off", "order 4500012345 of 03-03-2026", "MAC 00:1A:2B:3C:4D:5E",
    ],
)  # fmt: skip
def test_what_a_request_is_about_stays(text: str) -> None:
    assert clean_text(text) == text


def test_secrets_are_cut_before_anything_is_learnt() -> None:
    assert "Tulip7bridge" not in clean_text("VPN refuses me, my password is Tulip7bridge")
    assert "AKIA" not in clean_text("key AKIAIOSFODNN7EXAMPLE leaked")


PARTS = ["VPN", "my password is ", '"ab\ncd"', "pin: 1234", "a@b.de", "@c.de", "+49 171 23", "45678", " ", "\n",
         "On 2 Mar Tim", "wrote:", "> old", "Thanks,", "--", "From: a", "Sent: b", "4111 1111", " 1111 1111", "tel. 12",
         "e\u00ad\u0301", "this message", "is confidential"]  # fmt: skip


@given(st.one_of(st.text(max_size=200), st.lists(st.sampled_from(PARTS), max_size=12).map("".join)))
@example('password is "ab\ncd ef"')
def test_cleaning_what_is_clean_changes_nothing(text: str) -> None:
    cleaned = clean_text(text)
    assert clean_text(cleaned) == cleaned


@given(st.text(alphabet="ab1 .-+@()\n", max_size=60))
def test_cutting_personal_data_never_lengthens_and_settles_at_once(text: str) -> None:
    cut = cut_personal_data(text)
    assert len(cut) <= len(text) and cut_personal_data(cut) == cut


@pytest.mark.parametrize(
    "nasty",
    ["a", "@", "a@", "a.", "1 ", "+4", "0 1-", "password is ", "pass word is now ", '"', "> ", "On 1 wrote", "-", "_",
     "eyJaaaaaaaa.", "code 1", "this e-mail ", "From: a\n", "xoxb-", "DE89", "tel. ", "[", "é\u0301", "Thanks "],
)  # fmt: skip
def test_five_megabytes_of_nasty_text_are_cleaned(nasty: str) -> None:
    assert len(clean_text(nasty * (5_000_000 // len(nasty)))) <= LONGEST_TEXT

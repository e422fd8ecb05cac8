"""What is cut out of people's text, and what must stay in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.redaction import redact

TOKEN_A = "xoxb-" + "123456789012-abcdefABCDEF"
AWS_KEY = "AKIA" + "IOSFODNN7EXAMPLE"
JWT = "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0NTY3ODkwIn0." + "dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "secret", "kind"),
    [
        ("my password is Tulip7bridge", "Tulip7bridge", "password"),
        ("My Password: hunter22!", "hunter22!", "password"),
        ("password = s3cr3t-word", "s3cr3t-word", "password"),
        ('the password is "correct horse"', "correct", "password"),
        ("pwd: Winter2026!", "Winter2026!", "password"),
        ("pw=abcd1234", "abcd1234", "password"),
        ("my password for SAP is Rhubarb-9", "Rhubarb-9", "password"),
        ("password was Spring#22 until yesterday", "Spring#22", "password"),
        ("the password is now Autumn_44", "Autumn_44", "password"),
        ("my pin is 4711", "4711", "password"),
        ("Mein Passwort: Geheim99", "Geheim99", "password"),
        ("password is Good-Morning1", "Good-Morning1", "password"),
        ("password is Never!2024", "Never!2024", "password"),
        ("password: Wrong-Horse-77", "Wrong-Horse-77", "password"),
        ("password is Not2day!", "Not2day!", "password"),
        ("my passwords are: Alpha1234", "Alpha1234", "password"),
        ("passphrase -> tulip.bridge.velvet", "tulip.bridge.velvet", "password"),
        ("the bot says " + TOKEN_A + " is revoked", TOKEN_A, "token"),
        ("ghp_" + "a1B2" * 9 + " does not work", "ghp_" + "a1B2" * 9, "token"),
        ("use " + AWS_KEY, AWS_KEY, "token"),
        ("sk-" + "live" * 8, "live" * 8, "token"),
        ("Authorization: Bearer abcdef0123456789abcdef", "abcdef0123456789abcdef", "token"),
        (f"token {JWT} expired", JWT, "token"),
        (f"here: {KEY} thanks", "b3BlbnNzaC1rZXktdjEAAAAA", "private key"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIEow cut off", "MIIEow", "private key"),
        ("git clone https://anna:t0pSecret@git.example/x.git", "t0pSecret", "password"),
        ("card 4111 1111 1111 1111 was charged", "4111 1111 1111 1111", "card number"),
        ("5500-0055-5555-5559", "5500-0055-5555-5559", "card number"),
        ("amex 378282246310005", "378282246310005", "card number"),
        ("my code is 482913", "482913", "one-time code"),
        ("the authenticator shows 482 913", "482 913", "one-time code"),
        ("OTP 12345678 refused", "12345678", "one-time code"),
    ],
)
def test_secrets_are_cut_out(text: str, secret: str, kind: str) -> None:
    redacted = redact(text)
    assert secret not in redacted.text
    assert f"[{kind} removed]" in redacted.text
    assert kind in redacted.kinds


@pytest.mark.parametrize(
    "text",
    [
        "phone password is other, which is which",
        "they mix up which password is whose",
        "commodity code 00000000 for all things",
        "my password is wrong",
        "my PIN is unlocked, what now?",
        "I have no pin at this point in time",
        "they cannot get a pass on this site before Monday",
        "forgot password, was solved by Tim",
        "password is wrong.",
        "The password is expired!",
        "password: expired",
        "my password was rejected twice",
        "the password is wrong/expired, who knows",
        "Password is not accepted any more",
        "my password is older than 90 days",
        "password is stored in the vault",
        "my password was leaked, what now",
        "the password is only needed for SAP",
        "password was sent to my old address",
        "the pin is blocked",
        "is the password case sensitive?",
        "my password isn't working",
        "no, the password isn't.",
        "I forgot my password",
        "reset password please",
        "which password do I need",
        "error code 700082 when I sign in",
        "Error code: 1603123 while installing",
        "exit code 123456",
        "cost centre code 481516 please",
        "iPhone with IMEI 490154203237518 is lost",
        "SIM 8944110065604181834 does not register",
        "call me on +44 20 7946 0958",
        "order 4500012345678 is stuck",
        "ticket LF-21015, asset 2026-11-02",
        "https://intranet.example/page?id=123456",
        "mailto:anna.lind@larkfield.example",
        "meeting at 10:30, room 482 913 people",
        "AADSTS50076 in Outlook",
        "Bearer of bad news: the lift is broken",
        "the sk-1 desk is free",
    ],
)
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert redact(text).text == text
    assert redact(text).kinds == ()


def test_what_is_around_a_secret_stays() -> None:
    text = "VPN is down since 9. My password is Tulip7bridge, and the code 482913 fails."
    assert redact(text).text == (
        "VPN is down since 9. My password is [password removed], and the code [one-time code removed] fails."
    )


def test_each_kind_is_named_once() -> None:
    assert redact(f"{TOKEN_A} {AWS_KEY} pin: 4711").kinds == ("token", "password")


def test_a_long_message_is_read_to_its_end() -> None:
    text = "eyJ-" * 9_990 + " password: Tulip7bridge"
    assert redact(text).text.endswith("[password removed]")


def test_a_null_byte_that_postgresql_would_refuse_is_dropped() -> None:
    assert redact("a\x00b").text == "ab"


pieces = st.sampled_from(
    ["password", "is", ":", "=", "code", "OTP", "pin", "for", "now", "123456", "482 913", "4711", "Tulip7bridge",
     "wrong", '"', "'", ",", "[", "]", "removed", "[password removed]", "[one-time code removed]", "isn't", "//", "://",
     "a:b@c", "4111 1111 1111 1111", TOKEN_A, JWT, KEY, "bearer", "-", "\n", "mfa", "error", "\x00", "xoxb-", "not"]
)  # fmt: skip


@given(st.lists(st.one_of(pieces, st.text(max_size=8)), max_size=12), st.sampled_from(["", " "]))
def test_running_it_again_changes_nothing(parts: list[str], joiner: str) -> None:
    once = redact(joiner.join(parts))
    again = redact(once.text)
    assert again.text == once.text
    assert again.kinds == ()


@given(st.text())
def test_any_text_is_taken(text: str) -> None:
    assert "\x00" not in redact(text).text

"""Mails as citizens' programs write them, and as hostile ones do."""

from pathlib import Path

import pytest

from bridges.form.letter import MARK, Kind, read

HEAD = "From: =?utf-8?q?Zo=C3=A9?= <Zoe@Example.org>\nTo: contact+ab@brigade.localhost\nMessage-ID: <A1@example.org>\n"
PLAIN = HEAD + "Content-Type: text/plain; charset=utf-8\n"


def letter(text: str, trusted: str | None = "mx.brigade.localhost"):
    return read(text.encode(), trusted)


@pytest.mark.parametrize(
    "quoted",
    [
        "Le mar. 3 nov. 2026 à 10:22, Brigade <c@b.fr> a écrit :\n> Bonjour\n> Pouvez-vous passer ?",
        "Le mar. 3 nov. 2026 a 10:22, Brigade <c@b.fr> a ecrit :\n> Bonjour",
        "On Tue, Nov 3, 2026 at 10:22 AM Brigade <c@b.fr> wrote:\n> Bonjour",
        "Am 03.11.2026 um 10:22 schrieb Brigade:\n> Bonjour",
        f"Brigade schreef:\n{MARK}\nRépondez au-dessus",
        "",
    ],
)
def test_what_they_write_themselves_is_kept_and_our_mail_under_it_is_not(quoted: str) -> None:
    found = letter(f"{PLAIN}\nJe passe demain.\nMerci !\n\n{quoted}\n")
    assert found.text == "Je passe demain.\nMerci !"
    assert (found.sender, found.name, found.id, found.kind) == (
        "zoe@example.org",
        "Zoé",
        "<a1@example.org>",
        Kind.PERSON,
    )


def test_a_page_is_read_as_words_without_scripts_and_quotations() -> None:
    page = (
        "<html><style>p{}</style><p>Bonjour <b>à tous</b></p><script>x</script><blockquote>ancien</blockquote></html>"
    )
    assert letter(f"{HEAD}Content-Type: text/html; charset=utf-8\n\n{page}\n").text == "Bonjour à tous"


def test_references_stand_nearest_first() -> None:
    found = letter(f"{PLAIN}In-Reply-To: <C@x>\nReferences: <a@x> <b@x> <c@x>\n\nOui\n")
    assert found.references == ("<c@x>", "<b@x>", "<a@x>")


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ("Auto-Submitted: auto-replied\n", Kind.MACHINE),
        ("Precedence: bulk\n", Kind.MACHINE),
        ("List-Id: <l.example.org>\n", Kind.MACHINE),
        ("X-Autoreply: yes\n", Kind.MACHINE),
        ("Auto-Submitted: no\n", Kind.PERSON),
        ("Return-Path: <>\n", Kind.BOUNCE),
    ],
)
def test_machines_are_recognised(more: str, kind: Kind) -> None:
    assert letter(f"{PLAIN}{more}\nAbsent\n").kind is kind


@pytest.mark.parametrize(
    ("results", "dmarc"),
    [
        ("mx.brigade.localhost; dmarc=pass header.from=example.org", "pass"),
        ("mx.brigade.localhost; spf=pass; dmarc=fail (p=reject) header.from=example.org", "fail"),
        ("mx.elsewhere.example; dmarc=pass header.from=example.org", "none"),
        ("mx.brigade.localhost; none", "none"),
        ("((((", "none"),
    ],
)
def test_only_our_own_mail_server_is_believed(results: str, dmarc: str) -> None:
    assert letter(f"Authentication-Results: {results}\n{PLAIN}\nOui\n").dmarc == dmarc
    assert letter(f"Authentication-Results: {results}\n{PLAIN}\nOui\n", None).dmarc == "none"


@pytest.mark.parametrize("path", sorted((Path(__file__).parent / "fixtures").glob("*.eml")), ids=lambda path: path.stem)
def test_mails_of_real_programs(path: Path) -> None:
    found = read(path.read_bytes(), "mx.brigade.localhost")
    wanted = path.with_suffix(".txt").read_text(encoding="utf-8").strip()
    assert f"{found.kind.value}\n{found.text}".strip() == wanted


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00",
        b"Content-Type: multipart/mixed; boundary=x\n\n--x\n--x\n",
        b"From: \xe9\xe9\n\n\xe9",
        b"A" * 300_000,
        b"Content-Type: text/plain; charset=klingon\n\nqapla",
        b"Content-Type: multipart/mixed\n\nno boundary",
        b"From: a@b\nContent-Transfer-Encoding: base64\n\n%%%%",
        b"Message-ID: <" + b"x" * 9000 + b">\n\nhi",
    ],
)
def test_hostile_mails_are_read_as_far_as_they_can_be(raw: bytes) -> None:
    assert isinstance(read(raw, "mx.brigade.localhost").text, str)

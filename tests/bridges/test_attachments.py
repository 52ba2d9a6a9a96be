"""Files: what they are and not what they say they are; the original sealed, the copy without a trace of the place."""

import asyncio
import hashlib
import io
import struct
import zlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from PIL import Image, PngImagePlugin
from sqlalchemy import select

from brigade.storage.tables import attachment
from brigade.vocabulary import Status

PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"


def picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, 120 if mode in ("L", "I;16") else None).save(out, kind, **options)
    return out.getvalue()


def located() -> bytes:
    """A photograph that says where it was taken, lying on its side."""
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[2] = (48.0, 6.0, 42.0)
    return picture(exif=exif, comment=b"secret comment")


async def fetched(talk: Any, event: Any) -> Any:
    return await talk.call("GET", f"/attachments/{event['attachment']['id']}")


async def last(talk: Any) -> Any:
    return (await talk.events())[-1]


def folder(talk: Any) -> set[str]:
    return {path.name for path in talk.chat.relay.media.iterdir()}


async def test_S23_a_photograph_loses_its_place_and_the_original_is_sealed(talk: Any) -> None:
    data = located()
    given = await talk.send(data, "C:\\Users\\ada\\IMG_1.jpeg", description="Le portail")
    assert given.status == 202
    event = await last(talk)
    assert event["seq"] == given.body["seq"]
    file = event["attachment"]
    assert (file["name"], file["type"], file["description"]) == ("IMG_1.jpg", "image/jpeg", "Le portail")
    shown = await fetched(talk, event)
    assert shown.body == (talk.chat.relay.media / file["id"]).read_bytes()
    assert len(shown.body) == file["size"]
    assert b"Secret" not in shown.body
    assert b"secret" not in shown.body
    with Image.open(io.BytesIO(shown.body)) as image:
        assert not image.getexif()
        assert image.size == (48, 64)
    original = talk.chat.relay.media / f"{file['id']}.original"
    assert original.read_bytes() == data
    assert original.stat().st_mode & 0o777 == 0o400


async def test_the_custody_number_is_that_of_the_original(talk: Any) -> None:
    data = picture("PNG")
    await talk.send(data, "a.png")
    event = await last(talk)
    query = select(attachment.c.sha256).where(attachment.c.id == event["attachment"]["id"])
    async with talk.chat.relay.storage.read() as tx:
        found = (await tx.execute(query)).scalar_one()
    assert found == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (picture("JPEG"), "image/jpeg"),
        (picture("PNG"), "image/png"),
        (picture("PNG", mode="RGBA"), "image/png"),
        (picture("PNG", mode="I;16"), "image/png"),
        (picture("PNG", mode="L"), "image/png"),
        (picture("JPEG", mode="CMYK"), "image/jpeg"),
        (picture("GIF"), "image/gif"),
        (picture("WEBP"), "image/webp"),
        (PDF, "application/pdf"),
    ],
)
async def test_files_are_recognised_by_their_content(talk: Any, data: bytes, kind: str) -> None:
    assert (await talk.send(data, "lies.exe")).status == 202
    event = await last(talk)
    assert event["attachment"]["type"] == kind
    shown = await fetched(talk, event)
    assert shown.headers["Content-Type"] == kind
    assert shown.headers["Content-Disposition"].startswith('attachment; filename="')
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.headers["Cache-Control"] == "no-store"


async def test_an_animation_stays_one(talk: Any) -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=200, comment=b"secret")
    await talk.send(out.getvalue(), "a.gif")
    shown = await fetched(talk, await last(talk))
    with Image.open(io.BytesIO(shown.body)) as image:
        assert image.n_frames == 3
    assert b"secret" not in shown.body


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><script>alert(1)</script>",
        b"PK\x03\x04" + b"\0" * 100,
        b"MZ" + b"\0" * 100,
        b"\0\0\0\x20ftypheic" + b"\0" * 100,
        b" %PDF-1.7\n%%EOF",
        b"<html>%PDF-1.7\n%%EOF",
        b"BM" + b"\0" * 100,
    ],
)
async def test_other_files_are_refused_whatever_they_are_called(talk: Any, data: bytes) -> None:
    given = await talk.send(data, "photo.jpg")
    assert (given.status, given.problem) == (415, "file-type")
    assert (await talk.page()).last_seq == 1


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8\xff\xe0" + b"\0" * 500,
        picture("PNG")[:60],
        picture("JPEG", (200, 200))[:300],
        b"GIF89a" + b"\xff" * 40,
        b"RIFF\x10\0\0\0WEBPVP8 ",
        PDF[:-6],
    ],
)
async def test_damaged_files_are_refused(talk: Any, data: bytes) -> None:
    before = folder(talk)
    given = await talk.send(data)
    assert (given.status, given.problem) == (422, "file-damaged")
    assert folder(talk) == before


async def test_a_polyglot_leaves_its_other_half_behind(talk: Any) -> None:
    for tail in (b"PK\x03\x04" + b"zip" * 50, b"<script>alert(1)</script>", PDF):
        assert (await talk.send(picture("PNG") + tail, "a.png")).status == 202
        shown = await fetched(talk, await last(talk))
        assert tail[:8] not in shown.body
        assert shown.headers["Content-Type"] == "image/png"


async def test_words_hidden_in_a_picture_do_not_reach_the_operator(talk: Any) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "secret words")
    await talk.send(picture("PNG", pnginfo=info), "a.png")
    assert b"secret" not in (await fetched(talk, await last(talk))).body


def bomb(width: int, height: int) -> bytes:
    """A small PNG that says it is huge, and is."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packed = zlib.compressobj(9)
    row = b"\0" * (width // 8 + 2)
    body = b"".join(packed.compress(row) for _ in range(height)) + packed.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


async def test_a_decompression_bomb_is_refused(talk: Any) -> None:
    before = folder(talk)
    given = await talk.send(bomb(40_000, 40_000), "a.png")
    assert (given.status, given.problem) == (422, "file-huge")
    assert folder(talk) == before


async def test_a_bomb_of_many_frames_is_refused(start_chat: Any) -> None:
    frames = [Image.new("P", (200, 200), n % 256) for n in range(60)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=20, optimize=False, disposal=2)
    async with start_chat(image_pixels=1_000_000) as chat:
        talk = await chat.open()
        assert (await talk.send(out.getvalue(), "a.gif")).problem == "file-huge"


async def test_a_file_too_large_stops_at_the_limit(start_chat: Any) -> None:
    async with start_chat(attachment_bytes=100_000) as chat:
        talk = await chat.open()
        assert (await talk.send(PDF[:-6] + b"x" * 99_000 + b"\n%%EOF")).status == 202
        given = await talk.send(PDF + b"x" * 200_000)
        assert (given.status, given.problem) == (413, "file-too-large")
        assert not [name for name in folder(talk) if name.endswith(".part")]


async def test_a_file_without_announced_length_stops_at_the_limit(start_chat: Any) -> None:
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-1.7\n'
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield head
        for _ in range(10_000):
            sent += 65536
            yield b"x" * 65536

    async with start_chat(attachment_bytes=100_000) as chat:
        talk = await chat.open()
        try:
            given = await talk.call(
                "POST", "/attachments", data=endless(), headers={"Content-Type": "multipart/form-data; boundary=b"}
            )
            assert given.problem == "file-too-large"
        except OSError:
            pass  # the server had hung up before the client was done
        assert sent < 100 * 2**20
        assert not folder(talk)


async def test_ten_megabytes_pass_and_more_does_not(talk: Any) -> None:
    assert (await talk.send(PDF[:-6] + b"x" * (10 * 2**20 - 200) + b"\n%%EOF")).status == 202
    assert (await talk.send(PDF[:-6] + b"x" * (10 * 2**20) + b"\n%%EOF")).status == 413


async def test_the_same_client_id_is_one_file(talk: Any) -> None:
    first = await talk.send(picture(), client_id="same")
    before = {name: (talk.chat.relay.media / name).read_bytes() for name in folder(talk)}
    again = await talk.send(picture("PNG"), client_id="same")
    assert (again.status, again.body) == (202, first.body)
    assert {name: (talk.chat.relay.media / name).read_bytes() for name in folder(talk)} == before


async def test_the_same_client_id_at_the_same_time_is_one_file(talk: Any) -> None:
    given = await asyncio.gather(*(talk.send(picture(), client_id="same") for _ in range(4)))
    assert {(answer.status, answer.body["seq"]) for answer in given} == {(202, 2)}


async def test_a_file_that_is_refused_later_leaves_nothing(talk: Any) -> None:
    page = await talk.page()
    async with talk.chat.relay.storage.write() as tx:
        await talk.chat.relay.book.change(tx, talk.id, state=page.state.with_(status=Status.CLOSED))
    before = folder(talk)
    assert (await talk.send(picture())).problem == "closed"
    assert folder(talk) == before


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("../../etc/passwd", "passwd.jpg"),
        ("a\\b\\c.png", "c.jpg"),
        ("photo\u202egpj.exe", "photogpj.jpg"),
        ("été à Évreux.JPG", "été à Évreux.jpg"),
        (".htaccess", "htaccess.jpg"),
        ("x" * 300 + ".jpg", "x" * 80 + ".jpg"),
        ("<b>.jpg", "_b_.jpg"),
        ("", "image.jpg"),
    ],
)
async def test_names_are_only_names(talk: Any, given: str, name: str) -> None:
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("client_id", "n")
    form.add_field("file", picture(), filename=given or '""')
    assert (await talk.call("POST", "/attachments", data=form)).status == 202
    found = (await last(talk))["attachment"]["name"]
    assert found == name if given else found.endswith(".jpg")


async def test_only_its_own_conversation_fetches_a_file(chat: Any, talk: Any) -> None:
    await talk.send(picture())
    event = await last(talk)
    other = await chat.open()
    assert (await fetched(other, event)).problem == "not-found"
    assert (await chat.call("GET", f"/conversations/{talk.id}/attachments/{event['attachment']['id']}")).status == 401
    for wrong in ("x", "..%2f..%2fetc%2fpasswd", f"{event['attachment']['id']}.original", "%00"):
        assert (await talk.call("GET", f"/attachments/{wrong}")).problem == "not-found"


async def post(talk: Any, raw: bytes, kind: str = "multipart/form-data; boundary=b") -> Any:
    return await talk.call("POST", "/attachments", data=raw, headers={"Content-Type": kind})


def part(name: str, value: bytes, more: bytes = b"") -> bytes:
    return (
        b'--b\r\nContent-Disposition: form-data; name="' + name.encode() + b'"' + more + b"\r\n\r\n" + value + b"\r\n"
    )


@pytest.mark.parametrize(
    ("raw", "status", "problem"),
    [
        (b"", 400, "not-multipart"),
        (b"nonsense", 400, "not-multipart"),
        (part("file", picture(), b'; filename="a"')[:-40], 400, "not-multipart"),
        (part("client_id", b"a") + b"--b--\r\n", 422, "invalid"),
        (part("file", picture(), b'; filename="a"') + b"--b--\r\n", 422, "invalid"),
        (part("client_id", b"a") * 2 + b"--b--\r\n", 422, "invalid"),
        (part("client_id", b"a") + part("theme", b"x") + b"--b--\r\n", 422, "invalid"),
        (part("client_id", b"\xff") + b"--b--\r\n", 400, "not-utf8"),
        (part("description", b"x" * 20_000) + b"--b--\r\n", 413, "too-large"),
        (b"--b\r\nContent-Disposition: nonsense\r\n\r\nx\r\n--b--\r\n", 422, "invalid"),
        (b"--b\r\n" + b"X: y\r\n" * 2000 + b"\r\nx\r\n--b--\r\n", 400, "not-multipart"),
    ],
)
async def test_forms_with_mistakes(talk: Any, raw: bytes, status: int, problem: str) -> None:
    before = folder(talk)
    given = await post(talk, raw)
    assert (given.status, given.problem) == (status, problem)
    assert folder(talk) == before


async def test_another_type_than_a_form_is_refused(talk: Any) -> None:
    assert (await post(talk, b"{}", "application/json")).problem == "not-form-type"
    assert (await post(talk, b"{}", "multipart/form-data")).problem == "not-multipart"
    assert (await post(talk, b"--b--", "multipart/form-data; boundary=" + "b" * 200)).problem == "not-multipart"


async def test_an_upload_that_breaks_off_leaves_nothing(talk: Any) -> None:
    before = folder(talk)
    host, port = talk.chat.base.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        f"POST /api/v1/conversations/{talk.id}/attachments HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {talk.token}\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 500000\r\n\r\n".encode()
    )
    writer.write(part("file", b"\xff\xd8\xff" + b"x" * 100_000, b'; filename="a"'))
    await writer.drain()
    await asyncio.sleep(0.2)
    assert folder(talk) != before
    writer.close()
    for _ in range(50):
        if folder(talk) == before:
            break
        await asyncio.sleep(0.1)
    assert folder(talk) == before

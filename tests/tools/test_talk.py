"""`brigade talk`, as a person at a terminal and as a script, on a real deployment."""

import asyncio
import os
import pty
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from brigade.doctor.patient import Patient
from brigade.events import MEMBER, Event
from brigade.matrix.person import Person
from brigade.stack.stack import Stack
from brigade.vocabulary import DEPARTURE, RATING

CARD = "fr.brigade.card"


async def talk(stack: Stack, *options: str, **streams: Any) -> Process:
    streams = {"stdin": PIPE, "stdout": PIPE, "stderr": PIPE} | streams
    command = (sys.executable, "-m", "brigade", "talk", "--var", str(stack.config.paths.var), *options)
    return await asyncio.create_subprocess_exec(*command, **streams)


async def script(stack: Stack, *lines: str, options: tuple[str, ...] = ()) -> tuple[int, str, str]:
    process = await talk(stack, *options)
    out, err = await process.communicate(("\n".join(lines) + "\n").encode())
    return process.returncode or 0, out.decode(), err.decode()


def reference_of(out: str) -> str:
    return next(line.split(" ")[0] for line in out.splitlines() if line.endswith("/aide"))


async def card_of(person: Person, reference: str) -> Event:
    def is_card(event: Event) -> bool:
        card = event.content.get(CARD)
        return isinstance(card, dict) and card["reference"] == reference and not event.replaces

    return await person.wait(is_card, 20)


async def entered(person: Person, room_id: str) -> None:
    def is_entry(event: Event) -> bool:
        mine = event.type == MEMBER and event.room_id == room_id and event.state_key == person.user_id
        return mine and event.content["membership"] == "join"

    await person.wait(is_entry, 20)


async def heard(process: Process, text: str, within: float = 20.0) -> None:
    """Until the citizen's terminal shows ``text``."""
    assert process.stdout
    async with asyncio.timeout(within):
        while text not in (line := await process.stdout.readline()).decode():
            assert line, "it ended"


async def test_a_script_talks_and_an_operator_answers(stack: Stack, new_operator: Callable[..., Any]) -> None:
    operator = await new_operator()
    process = await talk(stack, "--pseudonym", "Ada")
    assert process.stdin
    assert process.stdout
    async with asyncio.timeout(10):
        while not (line := (await process.stdout.readline()).decode()).endswith("/aide\n"):
            assert line
    card = await card_of(operator, line.split(" ")[0])
    room_id = card.content[CARD]["room_id"]
    process.stdin.write("Zzyzx, première ligne.\n".encode())
    await operator.react(card.room_id, card.id, "✋")
    await heard(process, "Un gendarme est avec vous")
    await entered(operator, room_id)
    await operator.wait(lambda e: e.room_id == room_id and e.content.get("body") == "Zzyzx, première ligne.", 20)
    await operator.say(room_id, "Je vous lis.")
    await heard(process, "Gendarme : Je vous lis.")
    await operator.say(room_id, "!clore")
    await heard(process, "0 1 2 3 4 5 6 7 8 9 10")
    process.stdin.write(b"8\n")
    await heard(process, "» 8")
    await operator.wait(lambda e: e.room_id == room_id and "8/10" in str(e.content.get("body")), 20)
    process.stdin.write("/note 9 merci à vous\n".encode())
    rated = await operator.wait(lambda e: e.room_id == room_id and RATING in e.content, 20)
    assert rated.content[RATING] == {"score": 9, "comment": "merci à vous", "resolved": None}
    out, err = await process.communicate(b"/fin\n")
    assert (process.returncode, err) == (0, b"")
    assert out.decode().splitlines()[-1].startswith("left;")
    left = await operator.wait(lambda e: e.room_id == room_id and DEPARTURE in e.content, 20)
    assert left.content[DEPARTURE] == {"reason": "finish"}


async def test_a_proposal_is_answered_by_its_number(stack: Stack) -> None:
    lines = ("Comment porter plainte en ligne pour un vol ?", "/attendre", "7", "2", "/attendre 1", "/fin")
    code, out, err = await script(stack, *lines)
    assert (code, err) == (0, "")
    assert "  1. Oui\n  2. Non\n" in out
    assert "Choose a number from 1 to 2." in out
    assert "» Non" in out


async def test_a_file_is_sent_and_the_quick_exit_leaves(
    stack: Stack, new_operator: Callable[..., Any], tmp_path: Path
) -> None:
    operator = await new_operator()
    picture = tmp_path / "une photo.png"
    Image.new("RGB", (4, 4), "red").save(picture)
    code, out, err = await script(stack, f"/fichier {picture} la plaque", "/attendre 1", "/exit")
    assert (code, err) == (0, "")
    assert "» la plaque\n  📎 une photo.png (image/png," in out
    reference = reference_of(out)
    room_id = (await card_of(operator, reference)).content[CARD]["room_id"]
    bot = Patient.find(stack.config, None).bot()
    await bot.homeserver.open()
    async with asyncio.timeout(20):
        while not (left := [raw for raw in (await bot.history(room_id))[0] if DEPARTURE in raw["content"]]):
            await asyncio.sleep(0.1)
    await bot.homeserver.close()
    assert left[0]["content"][DEPARTURE] == {"reason": "exit"}


async def test_mistakes_are_one_line_and_the_conversation_goes_on(stack: Stack) -> None:
    lines = ("/note 11", "/zzz", "/fichier /nowhere", "/attendre demain", "//fin", "/help", "x" * 6000, "/end")
    code, out, err = await script(stack, *lines, options=("--language", "en"))
    assert (code, err) == (0, "")
    for line in (
        "Write a score from 0 to 10, then a comment if there is one: /note 9 merci",
        "There is no /zzz; /aide lists what there is.",
        "/nowhere cannot be read: No such file or directory.",
        "Write how many seconds: /attendre 5",
        "» /fin",
        "413 Text too long: The message is too long: 5000 characters at most. Send it in several parts.",
    ):
        assert line in out.splitlines()
    assert "/sortie" in out


async def test_the_end_of_a_script_leaves_the_conversation_open_and_says_so(stack: Stack) -> None:
    code, out, _ = await script(stack, "Bonjour")
    assert code == 0
    assert out.splitlines()[-1].startswith(f"gone without leaving: {reference_of(out)} still waits")


async def test_at_a_terminal_what_is_being_typed_stays_on_the_line(
    stack: Stack, new_operator: Callable[..., Any]
) -> None:
    operator = await new_operator()
    terminal, inner = pty.openpty()
    process = await talk(stack, stdin=inner, stdout=inner, stderr=inner)
    os.close(inner)
    os.set_blocking(terminal, False)
    seen = ""

    async def shows(text: str) -> None:
        nonlocal seen
        async with asyncio.timeout(20):
            while text not in seen:
                await asyncio.sleep(0.05)
                try:
                    seen += os.read(terminal, 65536).decode()
                except BlockingIOError:
                    continue

    await shows("/aide")
    reference = next(line for line in seen.splitlines() if "/aide" in line).partition("2026-")[2][:6]
    card = await card_of(operator, f"2026-{reference}")
    room_id = card.content[CARD]["room_id"]
    await operator.react(card.room_id, card.id, "✋")
    await shows("Un gendarme est avec vous")
    await entered(operator, room_id)
    os.write(terminal, b"a moiti")
    await shows("› a moiti")
    await operator.say(room_id, "Prenez votre temps.")
    await shows(
        "Prenez votre temps.\x1b[0m\r\n› a moiti" if "Prenez votre temps.\x1b" in seen else "Prenez votre temps."
    )
    await shows("\r\n› a moiti")
    os.write(terminal, b"e\n")
    await operator.wait(lambda e: e.room_id == room_id and e.content.get("body") == "a moitie", 20)
    os.write(terminal, b"/fin\n")
    await shows("left;")
    assert await process.wait() == 0
    os.close(terminal)


async def test_where_nothing_runs_it_says_how_to_start(tmp_path: Path) -> None:
    command = (sys.executable, "-m", "brigade", "talk")
    for option, sentence in (
        (
            ("--var", str(tmp_path)),
            "No web chat runs here: start it with `brigade up`, or give its address with --url.",
        ),
        (("--url", "http://127.0.0.1:1"), "http://127.0.0.1:1 does not answer: ClientConnectorError"),
    ):
        process = await asyncio.create_subprocess_exec(*command, *option, stdin=PIPE, stdout=PIPE, stderr=PIPE)
        out, err = await process.communicate(b"")
        assert (process.returncode, out) == (1, b"")
        assert err.decode().startswith(sentence)
        assert err.count(b"\n") == 1

"""`brigade doctor` on real deployments, whole and broken."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from brigade.doctor.canary import NAME
from brigade.doctor.examination import Examination, Step
from brigade.doctor.patient import Patient
from brigade.doctor.run import examine
from brigade.events import MEMBER, Event
from brigade.stack.stack import Stack
from brigade.vocabulary import CITIZEN, CONVERSATION, RATING

WAY = [
    *("homeserver answers", "webchat is ready", "bots is ready", "conversation stored", "room opened"),
    *("card in the lobby", "operator signs in", "operator takes it", "citizen's message reaches the operator"),
    *("operator's answer reaches the citizen", "operator closes it", "left behind clean"),
]


async def brigade(*arguments: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "brigade", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def examined(stack: Stack, within: float = 3.0) -> dict[str, Step]:
    examination = Examination(lambda _step: None, within)
    await examine(Patient.find(stack.config, None), examination)
    return {step.name: step for step in examination.steps}


def failed(steps: dict[str, Step]) -> list[str]:
    return [name for name, step in steps.items() if step.ok is False]


@pytest.fixture(scope="module")
async def fragile(new_plan: Callable[..., Any]) -> AsyncIterator[Stack]:
    """A stack whose processes are killed, one in each test, and started again."""
    found = Stack(new_plan())
    await found.start()
    yield found
    await found.stop()


async def test_a_whole_deployment_is_walked_from_end_to_end(stack: Stack) -> None:
    code, out, err = await brigade("doctor", "--var", str(stack.config.paths.var), "--within", "20")
    assert (code, err) == (0, ""), out
    lines = out.splitlines()
    assert [line[0] for line in lines[:-1]] == ["✓"] * len(WAY)
    assert [line[2:44].strip() for line in lines[:-1]] == WAY
    assert lines[-1] == "The way is open from the citizen to the operator and back."


async def test_the_canary_is_known_as_one_and_leaves_nobody_behind(
    stack: Stack, new_operator: Callable[..., Any]
) -> None:
    person = await new_operator()
    before = len((await person.client.devices()).devices)
    steps = await examined(stack, 20)
    assert list(steps) == WAY
    assert failed(steps) == []
    assert len((await person.client.devices()).devices) == before
    reference = steps["conversation stored"].said
    bot = Patient.find(stack.config, None).bot()
    await bot.homeserver.open()
    try:
        for room_id in await bot.joined_rooms():
            state = await bot.state(room_id, CONVERSATION)
            if state and state["reference"] == reference:
                break
        assert state
        assert (state["status"], state["urgency"]) == ("closed", "normal")
        assert (await bot.state(room_id, CITIZEN) or {})["pseudonym"] == NAME
        left = {
            e.state_key
            for e in await bot.full_state(room_id)
            if e.type == MEMBER and e.content["membership"] == "leave"
        }
        assert stack.endpoints
        assert stack.endpoints.operators[0].user_id in left
        page, _ = await bot.history(room_id)
        assert not [event for event in map(Event.parse, page) if event and event.own(RATING)]
    finally:
        await bot.homeserver.close()


async def test_json_says_the_same(stack: Stack) -> None:
    code, out, _ = await brigade("doctor", "--var", str(stack.config.paths.var), "--within", "20", "--json")
    found = json.loads(out)
    assert (code, found["ok"]) == (0, True)
    assert [step["name"] for step in found["steps"]] == WAY
    assert set(found["steps"][0]) == {"name", "ok", "ms", "said", "advice"}


async def test_without_an_operator_the_rest_is_tried_and_said(stack: Stack) -> None:
    patient = Patient(Patient.find(stack.config, None).config, None)
    examination = Examination(lambda _step: None, 20)
    await examine(patient, examination)
    assert examination.ok
    assert [step.name for step in examination.steps if step.ok is None] == WAY[6:11]
    assert "--operator" in next(step.advice for step in examination.steps if step.ok is None)


async def test_a_wrong_password_stops_at_the_sign_in_and_the_canary_is_tidied_up(stack: Stack, tmp_path: Path) -> None:
    assert stack.endpoints
    secret = tmp_path / "password"
    secret.write_text("wrong\n")
    operator = stack.endpoints.operators[1].user_id
    where = ("--var", str(stack.config.paths.var), "--within", "20")
    code, out, _ = await brigade("doctor", *where, "--operator", operator, "--password-file", str(secret))
    assert code == 1
    assert out.splitlines()[-1] == "It stops at: operator signs in."
    assert "Is the password right" in out
    code, _, err = await brigade("doctor", *where, "--operator", operator)
    assert (code, err) == (1, "--operator and --password-file go together.\n")


@pytest.mark.parametrize(
    ("process", "unready", "stops", "advice"),
    [
        ("bots", ["bots is ready"], "card in the lobby", "`bots`"),
        ("webchat", ["webchat is ready"], "conversation stored", "`webchat`"),
        ("homeserver", ["homeserver answers", "webchat is ready", "bots is ready"], "room opened", "`homeserver`"),
    ],
)
async def test_a_process_that_is_dead_is_named_where_it_is_missed(
    fragile: Stack, process: str, unready: list[str], stops: str, advice: str
) -> None:
    await fragile.kill(process)
    await asyncio.sleep(3)  # the others notice
    steps = await examined(fragile)
    assert failed(steps) == [*unready, stops]
    assert list(steps)[-1] == stops
    assert advice in steps[stops].advice
    await fragile.start_one(process)
    for name in ("homeserver", "webchat", "bots"):
        await fragile.start_one(name)
    assert failed(await examined(fragile, 20)) == []


async def test_where_nothing_ever_ran_it_says_how_to_start(tmp_path: Path) -> None:
    code, out, err = await brigade("doctor", "--var", str(tmp_path))
    assert (code, out) == (1, "")
    assert err == f"Nothing was ever started under {tmp_path}: `brigade up`, or give its --var.\n"


async def test_a_stack_that_was_stopped_fails_everywhere_and_says_up(new_plan: Callable[..., Any]) -> None:
    stack = Stack(new_plan())
    await stack.start()
    await stack.stop()
    steps = await examined(stack)
    assert failed(steps) == ["homeserver answers", "webchat is ready", "bots is ready", "conversation stored"]
    assert all("`brigade up`" in step.advice for step in list(steps.values())[:3])

"""The platform's rules and its bad days: windows, refusals, outages, colleagues in Meta's own inbox."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from brigade.stack.stack import Stack

HOUR = 3600.0


@pytest.mark.parametrize("fault", ["500", "429", "lost_answer", "2", "613"])
async def test_a_bad_moment_of_the_platform_loses_and_doubles_nothing(
    fault: str, new_citizen: Callable[..., Any], desk: Any, platform: Any
) -> None:
    citizen = new_citizen()
    await citizen.says(f"Un jour de {fault}")
    room = await desk.claims(f"Un jour de {fault}")
    await citizen.gets("garde une copie")
    await platform.fault("send", fault)
    await desk.person.say(room, "un")
    await desk.person.say(room, "deux")
    await citizen.gets(lambda each: each["text"] == "deux", 60)
    assert [each["text"] for each in await citizen.got() if len(each["text"]) < 10] == ["un", "deux"]


async def test_a_slow_platform_holds_up_nobody_else(new_citizen: Callable[..., Any], desk: Any, platform: Any) -> None:
    slow, quick = new_citizen(), new_citizen()
    await slow.says("Le lent")
    await slow.gets("garde une copie")
    room = await desk.claims("Le lent")
    await platform.fault("send", "slow")
    await desk.person.say(room, "à vous")
    await asyncio.sleep(0.5)
    began = time.monotonic()
    await quick.says("Le rapide")
    await quick.gets("garde une copie")
    assert time.monotonic() - began < 5
    await slow.gets("à vous")


async def test_a_token_that_has_expired_keeps_messages_waiting_and_ready_says_so(
    new_citizen: Callable[..., Any], desk: Any, platform: Any, deployment: Stack
) -> None:
    citizen = new_citizen()
    await citizen.says("Jeton")
    await citizen.gets("garde une copie")
    await desk.claims("Jeton")
    await platform.fault("graph", "token_expired", 1)
    ready = f"{deployment.config.process_url('messenger')}/readyz"
    async with asyncio.timeout(20):
        while True:
            async with platform.session.get(ready) as answer:
                if answer.status == 503:
                    said = (await answer.json())["missing"]["platform"]
                    break
            await asyncio.sleep(0.02)
    assert "100000000000001" in said or "100000000000002" in said
    assert "token" in said
    async with asyncio.timeout(20):
        while True:
            async with platform.session.get(ready) as answer:
                if answer.status == 200:
                    break
            await asyncio.sleep(0.1)


async def test_somebody_who_blocked_us_is_told_to_the_operator(new_citizen: Callable[..., Any], desk: Any) -> None:
    citizen = new_citizen()
    await citizen.says("Je vais bloquer")
    await citizen.gets("garde une copie")
    room = await desk.claims("Je vais bloquer")
    await citizen.is_so(blocked=True)
    await desk.person.say(room, "êtes-vous là ?")
    note = await desk.hears(room, "n’est plus joignable sur Messenger")
    assert note.thread
    assert note.own("fr.brigade.delivery")["status"] == "failed"
    await citizen.is_so(blocked=False)
    await citizen.says("me revoilà")
    await desk.hears(room, "me revoilà")
    await desk.person.say(room, "bien")
    await citizen.gets("bien")


async def test_after_24_hours_only_gendarmes_may_write_and_after_7_days_nobody(
    new_citizen: Callable[..., Any], desk: Any
) -> None:
    citizen = new_citizen()
    at = time.time() - 25 * HOUR
    await citizen.says("Depuis hier", at=at)
    room = await desk.claims("Depuis hier")
    await desk.hears(room, "les 24 heures où Messenger nous laisse répondre sont passées")
    await desk.person.say(room, "Pardon du retard")
    got = await citizen.gets("Pardon du retard")
    assert (got["call"]["messaging_type"], got["call"]["tag"]) == ("MESSAGE_TAG", "HUMAN_AGENT")
    assert not any(each["call"]["messaging_type"] == "RESPONSE" for each in await citizen.got())
    await citizen.says("Encore", at=time.time() - HOUR)
    await desk.hears(room, "Encore")
    await citizen.is_so(hours_ago=30)  # the platform's clock says otherwise
    await desk.person.say(room, "Toujours là")
    assert (await citizen.gets("Toujours là"))["call"]["tag"] == "HUMAN_AGENT"
    old = new_citizen()
    await old.says("Il y a longtemps", at=time.time() - 8 * 24 * HOUR)
    room = await desk.claims("Il y a longtemps")
    await desk.person.say(room, "trop tard")
    note = await desk.person.wait(
        lambda e: e.room_id == room and "citoyen doit d’abord réécrire" in e.body and bool(e.own("fr.brigade.delivery"))
    )
    assert note
    assert await old.got() == []


async def test_what_meta_has_not_approved_is_explained(
    new_citizen: Callable[..., Any], desk: Any, platform: Any
) -> None:
    citizen = new_citizen()
    await citizen.says("Sans accord", at=time.time() - 25 * HOUR)
    room = await desk.claims("Sans accord")
    await platform.control("world", human_agent=False)
    await desk.person.say(room, "bonjour")
    await desk.hears(room, "Meta n’a pas accordé « Human Agent »")
    await platform.control("world", human_agent=True)


async def test_the_end_of_the_24_hours_is_announced_and_the_rating_asked_before(
    new_citizen: Callable[..., Any], desk: Any
) -> None:
    citizen = new_citizen()
    await citizen.says("Bientôt fini", at=time.time() - 23.5 * HOUR)
    room = await desk.claims("Bientôt fini")
    await desk.hears(room, "les 24 heures de Messenger sont passées")
    assert not any("0 à 10" in each["text"] for each in await citizen.got()), "nobody has answered yet"
    await desk.person.say(room, "C’est réglé")
    asked = await citizen.gets("de 0 à 10")
    await citizen.says("8", quick_reply=asked["quick_replies"][8]["payload"])
    await desk.hears(room, "8/10")


async def test_a_colleague_in_metas_inbox_is_seen_and_machines_fall_silent(
    new_citizen: Callable[..., Any], desk: Any, platform: Any
) -> None:
    citizen = new_citizen()
    await citizen.says("À deux")
    await citizen.gets("garde une copie")
    room = await desk.claims("À deux")
    await platform.control("inbox", **citizen.who, text="Je réponds d’ici")
    note = await desk.hears(room, "Un collègue a répondu depuis la boîte de réception de Meta : « Je réponds d’ici »")
    assert note.thread
    await desk.person.say(room, "!clore")
    await desk.hears(room, "messages automatiques suspendus")
    assert not any("0 à 10" in each["text"] for each in await citizen.got())


async def test_a_thread_that_another_app_holds_is_taken_back_by_writing(
    new_citizen: Callable[..., Any], desk: Any, platform: Any
) -> None:
    citizen = new_citizen()
    await citizen.says("Le fil")
    await citizen.gets("garde une copie")
    room = await desk.claims("Le fil")
    passed = {"previous_owner_app_id": None, "new_owner_app_id": "123", "metadata": ""}
    await citizen.does("messaging_handovers", pass_thread_control=passed)
    await desk.hears(room, "a été prise dans la boîte de réception de Meta")
    await citizen.is_so(owner="123")
    await citizen.says("à l’autre application")
    await desk.hears(room, "à l’autre application")
    await desk.hears(room, "mais une autre application lui répond")
    await desk.person.say(room, "je reprends")
    await citizen.gets("je reprends")
    assert (await platform.state())["owners"][citizen.psid] == "900000000000001"


async def test_what_was_said_to_another_app_is_kept_until_the_thread_is_ours(
    new_citizen: Callable[..., Any], desk: Any, platform: Any
) -> None:
    citizen = new_citizen()
    await citizen.is_so(owner="123")
    await citizen.says("d’abord à eux")
    await platform.until(lambda found: found["idle"])
    await asyncio.sleep(0.5)
    assert await citizen.got() == []
    await citizen.is_so(owner="900000000000001")
    passed = {"previous_owner_app_id": "123", "new_owner_app_id": "900000000000001", "metadata": ""}
    await citizen.does("messaging_handovers", pass_thread_control=passed)
    room = await desk.claims("d’abord à eux")
    await desk.hears(room, "nous est rendue")


async def test_a_page_that_was_unsubscribed_is_subscribed_again_and_nothing_is_missed(
    new_citizen: Callable[..., Any], desk: Any, platform: Any
) -> None:
    citizen = new_citizen()
    await citizen.says("Avant la panne")
    room = await desk.claims("Avant la panne")
    await platform.control("world", unsubscribe=citizen.page)
    await citizen.says("pendant la panne")
    await platform.until(lambda found: found["subscribed"][citizen.page] is not None, 30)
    await desk.hears(room, "pendant la panne", 30)
    assert desk.heard(room, "Avant la panne") == 1


async def test_measures_of_meta_are_told_in_every_conversation_of_the_page(
    new_citizen: Callable[..., Any], desk: Any, platform: Any
) -> None:
    citizen = new_citizen()
    await citizen.says("Avant la mesure")
    room = await desk.claims("Avant la mesure")
    measure = {"action": "warning", "reason": "trop de messages"}
    await citizen.does("messaging_policy_enforcement", policy_enforcement=measure)
    await desk.hears(room, "Meta a averti notre page « Gendarmerie nationale » : trop de messages")
    await citizen.does("messaging_policy_enforcement", policy_enforcement={"action": "unblock", "reason": ""})

"""Lanes: serial for a key, parallel over keys, urgent first, and nobody stops the others."""

import asyncio

from brigade.lanes import Lanes


async def settle(lanes: Lanes) -> None:
    while lanes.busy:
        await asyncio.sleep(0.005)


async def test_one_key_is_never_worked_on_twice_at_once() -> None:
    running: list[str] = []
    most = 0

    async def work(key: str) -> None:
        nonlocal most
        running.append(key)
        most = max(most, running.count(key))
        await asyncio.sleep(0.005)
        running.remove(key)

    lanes = Lanes("t", 8, work)
    for _ in range(5):
        lanes.wake("a")
        lanes.wake("b")
        await asyncio.sleep(0.003)
    await settle(lanes)
    assert most == 1


async def test_what_comes_while_it_runs_is_not_forgotten() -> None:
    queue = ["first"]
    done: list[str] = []

    async def work(_key: str) -> None:
        while queue:
            item = queue.pop(0)
            await asyncio.sleep(0.01)
            done.append(item)

    lanes = Lanes("t", 1, work)
    lanes.wake("a")
    await asyncio.sleep(0.005)
    queue.append("second")
    lanes.wake("a")
    await settle(lanes)
    assert done == ["first", "second"]


async def test_urgent_keys_go_first_and_the_limit_holds() -> None:
    order: list[str] = []

    async def work(key: str) -> None:
        order.append(key)
        await asyncio.sleep(0.01)

    lanes = Lanes("t", 1, work)
    for key, rank in (("running", 1), ("normal", 2), ("urgent", 0)):
        lanes.wake(key, rank)
    await settle(lanes)
    assert order == ["running", "urgent", "normal"]


async def test_a_key_that_asks_to_wait_is_tried_again_and_others_go_on() -> None:
    tries: dict[str, int] = {"slow": 0, "quick": 0}

    async def work(key: str) -> float | None:
        tries[key] += 1
        return 0.02 if key == "slow" and tries[key] < 3 else None

    lanes = Lanes("t", 1, work)
    lanes.wake("slow")
    lanes.wake("quick")
    await asyncio.sleep(0.1)
    assert tries == {"slow": 3, "quick": 1}


async def test_a_bug_in_one_key_does_not_stop_the_lane() -> None:
    done: list[str] = []

    async def work(key: str) -> None:
        if key == "bad":
            raise ZeroDivisionError
        done.append(key)

    lanes = Lanes("t", 1, work)
    lanes.wake("bad")
    lanes.wake("good")
    await settle(lanes)
    await lanes.stop()
    assert done == ["good"]

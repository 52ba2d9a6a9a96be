"""`brigade bench` on a real stack of its own: that it measures and what it prints, not how fast this machine is."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from brigade.bench.result import Result
from brigade.bench.samples import Samples, ratio, timed

RATIOS = [
    *("citizen_to_operator_p50", "citizen_to_operator_p95", "operator_to_citizen_p50", "operator_to_citizen_p95"),
    "opening",
]


@pytest.mark.usefixtures("cluster")  # so that it runs on PostgreSQL too
async def test_the_whole_measurement_prints_the_contract_s_json_and_leaves_nothing(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    database = request.config.getoption("--database")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "brigade", "bench", "--quick", "--json"),
        *("--database", database, "--var", str(tmp_path / "var")),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    found = json.loads(out)
    assert list(found)[:4] == ["ratios", "interception_p95_s", "idle", "floor"]
    assert list(found["ratios"]) == RATIOS
    assert all(0.2 < ratio < 50 for ratio in found["ratios"].values())
    assert 0 < found["interception_p95_s"] < 20
    assert found["idle"]["count"] == 50
    assert 30 < found["idle"]["rss_mb"] < 400
    assert set(found["floor"]) == {"unit", *RATIOS}
    assert 0 < found["open_ack_p95_ms"] < 5000
    assert 0 < found["up_s"] < 60
    assert found["database"] == database
    burst = found["webhooks"]["burst"]
    assert (burst["events"], burst["lost"], burst["disordered"]) == (100, 0, 0)
    assert 0 < found["webhooks"]["ack_p95_ms"] < 5000
    assert "one way …" in err.decode()
    assert list((tmp_path / "var").iterdir()) == []


def result(ours: float) -> Result:
    floor = Samples([0.040] * 20)
    oneway = {"floor_in": floor, "ours_in": Samples([ours] * 20), "floor_out": floor, "ours_out": floor}
    opening = {"bare": floor, "card": floor, "created": Samples([0.005])}
    pages = {"help_centre": Samples([0.004]), "help_centre_search": Samples([0.009])}
    return Result(oneway, opening, {"interception_p95_s": floor}, pages, (50, 100.0), 10.0, "sqlite")


def test_a_target_that_is_missed_is_told_from_one_that_is_kept() -> None:
    kept = {row.name: row.kept for row in result(0.049).rows()}
    missed = {row.name: row.kept for row in result(0.051).rows()}
    assert all(kept.values())
    assert [name for name, ok in missed.items() if not ok] == ["citizen_to_operator_p50", "citizen_to_operator_p95"]
    assert result(0.05).json()["ratios"]["citizen_to_operator_p50"] == 1.25


def test_percentiles_are_samples() -> None:
    samples = Samples([5.0, 1.0, 4.0, 2.0, 3.0])
    assert (samples.p50, samples.p95, samples.at(0.01)) == (3.0, 5.0, 1.0)
    assert Samples(float(n) for n in range(1, 101)).p95 == 95.0


def test_somebody_elses_minute_on_the_machine_does_not_decide() -> None:
    floor = Samples([0.04] * 40 * 5)
    ours = Samples([0.044] * 40 + [0.4] * 80 + [0.044] * 87)
    floor += [0.04] * 7
    assert [len(block) for block in ours.blocks()] == [40, 40, 40, 40, 47]
    found, mine, bare = ratio(ours, floor, 0.95)
    assert (round(found, 3), mine, bare) == (1.1, 0.044, 0.04)
    assert [len(block) for block in Samples([1.0] * 3).blocks()] == [3]


async def test_what_arrives_while_the_call_still_lasts_is_timed_by_its_arrival() -> None:
    arrived = asyncio.Event()

    async def act() -> None:
        arrived.set()
        await asyncio.sleep(0.2)

    assert await timed(act, arrived.wait()) < 0.1  # type: ignore[arg-type]


async def test_a_call_that_fails_leaves_nobody_listening() -> None:
    async def act() -> None:
        raise ValueError

    async def never() -> None:
        await asyncio.sleep(60)

    before = asyncio.all_tasks()
    with pytest.raises(ValueError):
        await timed(act, never())
    assert asyncio.all_tasks() == before

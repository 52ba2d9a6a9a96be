"""The journal of the help centre: on the real database, counted, readable, forgotten in time."""

import asyncio
import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import inspect

from brigade.journal import KEPT_FEEDBACK, KEPT_MISSED, Journal, Judged, Unanswered
from brigade.storage import Storage, upgrade_async
from faq_index.centre import Feedback, Missed

DAY = date(2026, 11, 22)


async def test_queries_in_vain_are_counted(storage: Storage) -> None:
    journal = Journal(storage, DAY)
    for words in ("kouglof", "Kouglof", "météo"):
        await journal.missed(Missed(words, "fr"))
    await Journal(storage, DAY + timedelta(days=1)).missed(Missed("kouglof", "fr"))
    assert await journal.unanswered() == [
        Unanswered("kouglof", "fr", 3, DAY + timedelta(days=1)),
        Unanswered("météo", "fr", 1, DAY),
    ]


async def test_answers_that_did_not_help_come_with_the_newest_reasons(storage: Storage) -> None:
    journal = Journal(storage, DAY)
    await journal.feedback(Feedback("good", "fr", True))
    for why in ("", "trop long", "faux"):
        await journal.feedback(Feedback("bad", "de", False, why))
    await journal.feedback(Feedback("bad", "fr", True, "merci"))
    assert await journal.judged() == [Judged("bad", 1, 3, ("faux", "trop long"))]


async def test_what_is_too_old_is_forgotten(storage: Storage) -> None:
    old = Journal(storage, DAY)
    await old.feedback(Feedback("bad", "fr", False, "non"))
    await old.missed(Missed("kouglof", "fr"))
    await Journal(storage, DAY + KEPT_MISSED).forget()
    assert len(await old.unanswered()) == 1
    await Journal(storage, DAY + KEPT_MISSED + timedelta(days=1)).forget()
    assert (len(await old.unanswered()), len(await old.judged())) == (0, 1)
    await Journal(storage, DAY + KEPT_FEEDBACK + timedelta(days=1)).forget()
    assert await old.judged() == []


async def test_S10_A25_there_is_no_place_for_who_or_from_where_or_at_what_hour(storage: Storage) -> None:
    async with storage.read() as tx:
        columns = await tx.run_sync(
            lambda c: {t: {x["name"] for x in inspect(c).get_columns(t)} for t in ("faq_feedback", "faq_missed")}
        )
    assert columns["faq_feedback"] == {"id", "entry", "language", "helpful", "why", "day"}
    assert columns["faq_missed"] == {"language", "words", "day", "count"}


async def test_editors_read_it_with_one_command(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/db/brigade.sqlite"
    (tmp_path / "db").mkdir()

    await upgrade_async(url)
    storage = Storage(url)
    await Journal(storage).missed(Missed("kouglof", "fr"))
    await Journal(storage).feedback(Feedback("bad", "de", False, "faux"))
    await storage.close()
    command = [sys.executable, "-m", "brigade", "faq", "unanswered", "--var", str(tmp_path), "--json"]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    found = json.loads((await process.communicate())[0])
    assert found["unanswered"][0]["words"] == "kouglof"
    assert found["unhelpful"][0]["reasons"] == ["faux"]

"""Ready answers."""

from pathlib import Path
from typing import Any

import pytest

from bots.modele import read
from brigade.errors import Misconfigured


async def test_a_ready_answer_goes_to_the_citizen_in_their_language(desk: Any) -> None:
    operator = await desk.operator()
    citizen = await desk.citizen("Hola, tengo una pregunta para la gendarmería", "es")
    room_id = await desk.claimed(citizen, operator)
    await operator.say(room_id, "!modele")
    await desk.note(room_id, "`!modele porter-plainte` — Comment porter plainte")
    await operator.say(room_id, "!modèle lieu date")
    assert (await citizen.hear("¿Puede indicarme dónde"))["lang"] == "es"
    await operator.say(room_id, "!modele inconnu")
    await desk.note(room_id, "Je ne connais pas le modèle « inconnu » (liste : `!modele`). Écrivez : `!modele nom`.")


def test_a_mistake_in_the_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "modeles.yaml"
    file.write_text("bonjour:\n  title: Accueil\n  fr: Bonjour\n", encoding="utf-8")
    with pytest.raises(Misconfigured, match=r"bonjour\.en"):
        read(file)

"""The whole examination."""

from brigade.client import Citizen
from brigade.config.services import BOTS
from brigade.doctor.canary import Canary
from brigade.doctor.examination import Examination
from brigade.doctor.patient import Patient
from brigade.errors import Temporary
from brigade.matrix import Account
from brigade.stack.ports import WEB
from brigade.stack.ready import why_not
from brigade.stack.stack import HOMESERVER


async def examine(patient: Patient, examination: Examination) -> None:
    """First whether each process says that it is ready, then what the canary meets whatever they say."""
    bot = patient.bot()
    await bot.homeserver.open()
    try:
        await _health(patient, examination, bot)
        async with Citizen(patient.config.web_url) as citizen:
            await Canary(patient, examination, citizen, bot).fly()
    finally:
        await bot.homeserver.close()


async def _health(patient: Patient, examination: Examination, bot: Account) -> None:
    advice = f"Is it running? `brigade up`; {patient.log_of(HOMESERVER)}."
    await examination.look("homeserver answers", bot.homeserver.versions(), advice)
    for name in (WEB, BOTS):
        advice = f"Is it running? `brigade up`; {patient.log_of(name)}."
        await examination.look(f"{name} is ready", _ready(patient.config.process_url(name)), advice)


async def _ready(url: str) -> None:
    if reason := await why_not(f"{url}/readyz"):
        raise Temporary(reason.removesuffix(" yet"))

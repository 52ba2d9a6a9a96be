"""How soon somebody in danger has the emergency numbers, with the homeserver and without."""

import itertools
from collections.abc import Callable
from functools import partial

from brigade.bench.lab import Lab
from brigade.bench.samples import Samples, timed
from brigade.client import Citizen

_CRIES = {
    "fr": "Au secours, il est derrière la porte avec un couteau",
    "en": "Help, he is at the door with a knife",
    "es": "Socorro, está en la puerta con un cuchillo",
    "de": "Hilfe, er steht mit einem Messer vor der Tür",
    "it": "Aiuto, ha un coltello e mi minaccia",
}
_WITHIN = 20.0


async def measure(lab: Lab, rounds: int, step: Callable[[], None]) -> Samples:
    """From the citizen's message to the numbers on their screen, each time in a new conversation."""
    found = Samples()
    for language, cry in itertools.islice(itertools.cycle(_CRIES.items()), rounds):
        async with Citizen(lab.web) as citizen:
            await citizen.open(language=language)
            await citizen.listen()
            await citizen.wait(lambda event: event.get("state") == "received", _WITHIN)
            numbers = citizen.wait(lambda event: event.get("emergency") is True, _WITHIN)
            found.append(await timed(partial(citizen.say, cry), numbers))
        step()
    return found

"""One process of ours: ``brigade run webchat`` or ``brigade run bots``, wired here and nowhere else."""

import asyncio
import contextlib
import importlib
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

import structlog
from aiohttp import web

from brigade import centre, logs
from brigade.appservice import MAX_TRANSACTION, Ephemeral, Receiver
from brigade.bot import Bot, Desk
from brigade.channel import Channel
from brigade.config import Config, Section
from brigade.config.services import HELP_CENTRE
from brigade.errors import BrigadeError, Misconfigured, Temporary
from brigade.events import Event
from brigade.health import Health, Reason
from brigade.hints import Hints
from brigade.house import House
from brigade.inbox import Inbox
from brigade.journal import Journal
from brigade.matrix import Account, Homeserver
from brigade.people import People
from brigade.place import Place
from brigade.post import PostSettings
from brigade.process import prepare_for_many, settle_memory
from brigade.relay import Relay, Terms
from brigade.room import Room
from brigade.storage import Storage
from brigade.storage.schema import check
from brigade.watch import Watch

log = structlog.get_logger(__name__)

BOTS = "bots"
_TICK = 2.0
_HOUSEKEEPING = 60.0
_LONGEST_LINE = 65_536  # bytes of an address


async def main(config: Config, name: str) -> None:
    """Run the process ``name`` until SIGTERM. Raises Misconfigured when it cannot start."""
    logs.set_up(config.logging.level, config.logging.format)
    structlog.contextvars.bind_contextvars(process=name)
    prepare_for_many()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with process(config, name):
        settle_memory()
        log.info("started")
        await stop.wait()
        log.info("stopping")


@asynccontextmanager
async def process(config: Config, name: str) -> AsyncIterator[None]:
    """The process ``name``, running inside the block."""
    if name not in config.processes:
        raise Misconfigured(f"there is no process {name}; there are: {', '.join(config.processes)}")
    await check(config.database_url)
    async with AsyncExitStack() as stack:
        storage = Storage(config.database_url)
        stack.push_async_callback(storage.close)
        if name == HELP_CENTRE:
            _every(_HOUSEKEEPING, (await centre.start(config, storage, _listen, stack)).forget, stack)
            yield
            return
        service = config.services[name]
        homeserver = Homeserver(config.homeserver_url, config.server_name, service.tokens().as_token)
        await homeserver.open()
        stack.push_async_callback(homeserver.close)
        account = Account(homeserver, service.user_id)
        start = _bots if name == BOTS else _channel
        await start(config, name, storage, account, stack)
        yield


async def _channel(config: Config, name: str, storage: Storage, account: Account, stack: AsyncExitStack) -> None:
    """Wire one bridge."""
    stanza = next(key for key in config.bridges if key.rpartition(".")[2] == name)
    module = importlib.import_module(stanza if "." in stanza else f"bridges.{stanza}")
    settings = config.bridges[stanza]
    terms = _terms(config, name, settings)
    relay = Relay(storage, name, account, config.services[BOTS].user_id, config.paths.media, terms)
    channel: Channel = module.Channel(settings, config, relay)
    relay.listen(channel.show)
    hints = Hints(relay, channel.hint)

    async def back() -> None:
        await relay.back()

    inbox = Inbox(storage, name, relay.outward.handle, Event.parse)
    watch = Watch(account, name, inbox, back)
    await _serve(config, name, storage, inbox, watch, hints.take, stack, {"platform": channel.missing})
    relay.start()
    stack.push_async_callback(relay.stop)
    await _public(config, name, channel, stack)
    await relay.inward.resume()
    _every(2.0, hints.places, stack)
    _every(2.0, relay.hand_over, stack)
    _every(_HOUSEKEEPING, relay.clean_up, stack)


def _terms(config: Config, name: str, settings: Section) -> Terms:
    """A channel where people are known again lets every other bridge take its conversations over."""
    if isinstance(settings, PostSettings):
        return settings.terms(tuple(each.user_id for key, each in config.services.items() if key not in (BOTS, name)))
    return getattr(settings, "terms", Terms())


async def _public(config: Config, name: str, channel: Channel, stack: AsyncExitStack) -> None:
    await _listen(channel.public(), config.listen.host, config.listen.public(name), stack)
    await channel.start()
    stack.push_async_callback(channel.stop)


async def _bots(config: Config, name: str, storage: Storage, account: Account, stack: AsyncExitStack) -> None:
    """Wire all bots. The desk's rooms must be known first: without them there is nothing to work in."""
    house: list[House] = []

    async def handle(event: Event) -> None:
        if not house:
            raise Temporary("the desk is not open yet")
        await house[0].handle(event)

    inbox = Inbox(storage, name, handle, Event.parse)

    async def back() -> None:
        if not house:
            house.append(await _house(config, account, storage))
            house[0].start(_TICK)
            stack.push_async_callback(house[0].stop)
        inbox.lanes.retry_now()

    watch = Watch(account, name, inbox, back)
    await _serve(config, name, storage, inbox, watch, None, stack)


async def _house(config: Config, account: Account, storage: Storage) -> House:
    """Find the desk and load the bots. Raises Temporary while the desk's rooms are not there."""
    places = []
    for room in (config.desk.lobby, config.desk.team, config.desk.alerts):
        room_id = await account.resolve(config.alias(room.alias))
        if room_id is None:
            raise Temporary(f"the room {config.alias(room.alias)} does not exist yet: `brigade up` creates it")
        places.append(Place(account, room_id))
    rooms: dict[str, Room] = {}
    lobby, team, alerts = places
    desk = Desk(lobby, team, alerts, operators=set(), rooms=rooms, journal=Journal(storage))
    people = People(config.server_name, account.user_id, frozenset(key for key in config.services if key != BOTS))
    house = House(account, people, desk, rooms, _load_bots(config, desk))
    await house.load()
    return house


def _load_bots(config: Config, desk: Desk) -> list[Bot]:
    found = []
    for stanza, settings in config.bots.items():
        module = importlib.import_module(stanza if "." in stanza else f"bots.{stanza}")
        found.append(module.Bot(settings, config, desk))
    return found


async def _serve(
    config: Config, name: str, storage: Storage, inbox: Inbox[Event], watch: Watch, ephemeral: Ephemeral | None,
    stack: AsyncExitStack, more: Mapping[str, Reason] | None = None,
) -> None:  # fmt: skip
    """The internal listener, the inbox and the watch; ``more`` that makes it ready."""

    async def database() -> str | None:
        try:
            await storage.ping()
        except BrigadeError as error:
            return str(error)
        return None

    async def homeserver() -> str | None:
        return None if watch.up else watch.reason

    app = web.Application(client_max_size=MAX_TRANSACTION)
    app.add_routes(Receiver(config.services[name].tokens().hs_token, inbox, ephemeral, watch.doubt).routes())
    app.add_routes(Health({"database": database, "homeserver": homeserver, **(more or {})}).routes())
    await _listen(app, config.listen.host, config.listen.processes[name], stack)
    await inbox.resume()
    stack.push_async_callback(inbox.lanes.stop)
    watch.start()
    stack.push_async_callback(watch.stop)
    _every(_HOUSEKEEPING, inbox.forget_old, stack)
    _every(5.0, inbox.count, stack)


async def _listen(app: web.Application, host: str, port: int, stack: AsyncExitStack) -> None:
    # An access log would hold addresses; a long address is answered like any other, not with a trace in the log.
    runner = web.AppRunner(app, access_log=None, max_line_size=_LONGEST_LINE)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise Misconfigured(f"cannot listen on {host}:{port}: {error.strerror or error}") from error


def _every(seconds: float, what: Callable[[], Awaitable[object]], stack: AsyncExitStack) -> None:
    """Do something again and again; that it fails once is logged and nothing more."""

    async def loop() -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await what()
            except BrigadeError as error:
                log.info("postponed", what=what.__qualname__, reason=str(error))
            except Exception:  # a clock must go on
                log.exception("periodic_failed", what=what.__qualname__)

    task = asyncio.create_task(loop())

    async def end() -> None:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    stack.push_async_callback(end)

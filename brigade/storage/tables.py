"""What we keep, and why: an address book, two queues, and the only text that citizens can read back.

JSON is kept as text and times as seconds since 1970, so that the same statements run on SQLite and PostgreSQL.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up by itself only on INTEGER PRIMARY KEY

counter = Table(
    "counter",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", BigInteger, nullable=False),
)
"""References are counted here, one row a year, so that two channels never give the same one."""

room = Table(
    "room",
    metadata,
    Column("alias", String(80), primary_key=True, comment="localpart of the alias and of the ghost"),
    Column("channel", String(40), nullable=False),
    Column("room_id", String(255), unique=True),
    Column("ready", Boolean, nullable=False, default=False),
    Column("taken", Boolean, nullable=False, default=False),
)
"""Rooms made in advance: a row is written before the homeserver is asked, so a crash leaves nothing unknown."""

conversation = Table(
    "conversation",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("channel", String(40), nullable=False),
    Column("reference", String(20), nullable=False, unique=True),
    Column("token_hash", String(64), unique=True),
    Column("expires_at", Float, nullable=False),
    Column("alias", String(80), ForeignKey("room.alias"), unique=True),
    Column("ghost", String(80), comment="localpart of the citizen's Matrix user when it is not the alias"),
    Column("person", String(40), index=True, comment="on another platform; see `person`"),
    Column("posted_seq", Integer, nullable=False, server_default="0", comment="up to where the platform was told"),
    Column("dressed", Boolean, nullable=False, default=False, comment="its room carries the conversation's state"),
    Column("entry_point", String(80), nullable=False),
    Column("language", String(8), nullable=False),
    Column("pseudonym", String(80)),
    Column("postcode", String(16)),
    Column("state", Text, nullable=False, comment="last fr.brigade.conversation seen, JSON"),
    Column("status", String(16), nullable=False, index=True),
    Column("urgency", String(16), nullable=False),
    Column("sheet", String(255), comment="event id of the sheet: the root of the team's thread"),
    Column("last_seq", Integer, nullable=False, default=0),
    Column("read_seq", Integer, nullable=False, default=0, comment="up to where the citizen has read"),
    Column("seen_seq", Integer, nullable=False, default=0, comment="up to where the operator has read"),
    Column("opened_at", Float, nullable=False),
    Column("closed_at", Float),
    Column("left_at", Float),
    Column("vacated_at", Float, comment="when the bridge left the room, so that no cost grows with history"),
)
"""The address book: which citizen is in which room."""

person = Table(
    "person",
    metadata,
    Column("id", String(40), primary_key=True, comment="keyed hash of channel, account and address"),
    Column("channel", String(40), nullable=False),
    Column("account", String(80), nullable=False, comment="ours on the platform: a page, a mailbox"),
    Column("address", String(255), nullable=False, comment="theirs on the platform"),
    Column("name", String(120), comment="as the platform gives it, when it does"),
    Column("conversation_id", String(40), comment="the one that goes on"),
    Column("heard_at", Float, nullable=False, comment="when they last wrote, by the platform's clock"),
    Column("blocked", Boolean, nullable=False, comment="they refuse our messages"),
    Column("memory", Text, nullable=False, comment="what the channel keeps about them, JSON"),
    Index(None, "channel", "account"),
)
"""Who writes from somebody else's platform: the only place that knows their address there."""

parcel = Table(
    "parcel",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("conversation_id", String(40), ForeignKey("conversation.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("part", Integer, nullable=False),
    Column("state", String(10), nullable=False, comment="sending, sent, delivered, read or failed"),
    Column("remote_id", String(255), comment="what the platform calls it"),
    Column("error", Text),
    Column("at", Float, nullable=False),
    UniqueConstraint("conversation_id", "seq", "part"),
    Index(None, "remote_id"),
)
"""What was given to a platform: written before the call, so that after a crash one looks before saying it again."""

transcript = Table(
    "transcript",
    metadata,
    Column("conversation_id", String(40), ForeignKey("conversation.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("source", String(255), nullable=False, comment="client_id or event id: the same twice is one"),
    Column("event_id", String(255), comment="the Matrix event that it is, once known"),
    Column("payload", Text, nullable=False, comment="the event as the citizen's API gives it, JSON"),
    Column("at", Float, nullable=False),
    UniqueConstraint("conversation_id", "source"),
    Index(None, "event_id"),
)
"""All that a citizen can be shown (requirement S21): rows come from the citizen, or passed ``audience``."""

outgoing = Table(
    "outgoing",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("conversation_id", String(40), ForeignKey("conversation.id"), nullable=False),
    Column("source", String(255), nullable=False),
    Column("action", String(20), nullable=False),
    Column("payload", Text, nullable=False),
    Column("state", String(10), nullable=False, default="pending"),
    Column("attempts", Integer, nullable=False, default=0),
    Column("error", Text),
    Column("event_id", String(255)),
    Column("created_at", Float, nullable=False),
    UniqueConstraint("conversation_id", "source", "action"),
    Index(None, "state", "conversation_id", "id"),
)
"""What the homeserver has still to be told, in order for each conversation."""

inbox = Table(
    "inbox",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("service", String(40), nullable=False),
    Column("event_id", String(255), nullable=False),
    Column("room_id", String(255), nullable=False),
    Column("payload", Text, comment="the raw event, JSON; forgotten once it is handled"),
    Column("state", String(10), nullable=False, default="pending", comment="pending, done or parked"),
    Column("attempts", Integer, nullable=False, default=0),
    Column("error", Text),
    Column("received_at", Float, nullable=False),
    Column(
        "sent_at", Float, nullable=False, comment="by the homeserver's clock: what came late is worked off in order"
    ),
    UniqueConstraint("service", "event_id"),
    Index(None, "service", "state", "room_id", "id"),
    Index(None, "service", "room_id", "id"),
)
"""Events from the homeserver, stored before they are acknowledged; the event id is the truth."""

attachment = Table(
    "attachment",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("conversation_id", String(40), ForeignKey("conversation.id"), nullable=False, index=True),
    Column("name", String(255), nullable=False),
    Column("type", String(80), nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("description", Text),
    Column("at", Float, nullable=False),
)
"""Files that a citizen sent or may fetch; their bytes lie in the media folder under their id."""

faq_feedback = Table(
    "faq_feedback",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("entry", String(80), nullable=False),
    Column("language", String(8), nullable=False),
    Column("helpful", Boolean, nullable=False),
    Column("why", Text),
    Column("day", String(10), nullable=False, comment="ISO; nothing finer is known"),
    Index(None, "entry"),
)
"""What readers of the help centre thought of an answer; nothing says who, from where or at what hour."""

faq_missed = Table(
    "faq_missed",
    metadata,
    Column("language", String(8), primary_key=True),
    Column("words", String(120), primary_key=True),
    Column("day", String(10), primary_key=True, comment="ISO; nothing finer is known"),
    Column("count", Integer, nullable=False),
)
"""What they looked for in vain, counted."""

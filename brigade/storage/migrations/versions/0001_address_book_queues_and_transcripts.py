"""Address book, queues and transcripts"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "counter",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counter")),
    )
    op.create_table(
        "inbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("service", sa.String(length=40), nullable=False),
        sa.Column("event_id", sa.String(length=255), nullable=False),
        sa.Column("room_id", sa.String(length=255), nullable=False),
        sa.Column("payload", sa.Text(), nullable=True, comment="the raw event, JSON; forgotten once it is handled"),
        sa.Column("state", sa.String(length=10), nullable=False, comment="pending, done or parked"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("received_at", sa.Float(), nullable=False),
        sa.Column(
            "sent_at",
            sa.Float(),
            nullable=False,
            comment="by the homeserver's clock: what came late is worked off in order",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("service", "event_id", name=op.f("uq_inbox_service_event_id")),
    )
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_inbox_service_room_id_id"), ["service", "room_id", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_inbox_service_state_room_id_id"), ["service", "state", "room_id", "id"], unique=False
        )

    op.create_table(
        "room",
        sa.Column("alias", sa.String(length=80), nullable=False, comment="localpart of the alias and of the ghost"),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("room_id", sa.String(length=255), nullable=True),
        sa.Column("ready", sa.Boolean(), nullable=False),
        sa.Column("taken", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("alias", name=op.f("pk_room")),
        sa.UniqueConstraint("room_id", name=op.f("uq_room_room_id")),
    )
    op.create_table(
        "conversation",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.String(length=20), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("expires_at", sa.Float(), nullable=False),
        sa.Column("alias", sa.String(length=80), nullable=True),
        sa.Column("dressed", sa.Boolean(), nullable=False, comment="its room carries the conversation's state"),
        sa.Column("entry_point", sa.String(length=80), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("pseudonym", sa.String(length=80), nullable=True),
        sa.Column("postcode", sa.String(length=16), nullable=True),
        sa.Column("state", sa.Text(), nullable=False, comment="last fr.brigade.conversation seen, JSON"),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("urgency", sa.String(length=16), nullable=False),
        sa.Column(
            "sheet",
            sa.String(length=255),
            nullable=True,
            comment="event id of the sheet: the root of the team's thread",
        ),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("read_seq", sa.Integer(), nullable=False, comment="up to where the citizen has read"),
        sa.Column("seen_seq", sa.Integer(), nullable=False, comment="up to where the operator has read"),
        sa.Column("opened_at", sa.Float(), nullable=False),
        sa.Column("closed_at", sa.Float(), nullable=True),
        sa.Column("left_at", sa.Float(), nullable=True),
        sa.Column(
            "vacated_at",
            sa.Float(),
            nullable=True,
            comment="when the bridge left the room, so that no cost grows with history",
        ),
        sa.ForeignKeyConstraint(["alias"], ["room.alias"], name=op.f("fk_conversation_alias")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation")),
        sa.UniqueConstraint("alias", name=op.f("uq_conversation_alias")),
        sa.UniqueConstraint("reference", name=op.f("uq_conversation_reference")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_conversation_token_hash")),
    )
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_conversation_status"), ["status"], unique=False)

    op.create_table(
        "attachment",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("type", sa.String(length=80), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name=op.f("fk_attachment_conversation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attachment_conversation_id"), ["conversation_id"], unique=False)

    op.create_table(
        "outgoing",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("event_id", sa.String(length=255), nullable=True),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name=op.f("fk_outgoing_conversation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing")),
        sa.UniqueConstraint(
            "conversation_id", "source", "action", name=op.f("uq_outgoing_conversation_id_source_action")
        ),
    )
    with op.batch_alter_table("outgoing", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_outgoing_state_conversation_id_id"), ["state", "conversation_id", "id"], unique=False
        )

    op.create_table(
        "transcript",
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column(
            "source", sa.String(length=255), nullable=False, comment="client_id or event id: the same twice is one"
        ),
        sa.Column("event_id", sa.String(length=255), nullable=True, comment="the Matrix event that it is, once known"),
        sa.Column("payload", sa.Text(), nullable=False, comment="the event as the citizen's API gives it, JSON"),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name=op.f("fk_transcript_conversation_id")),
        sa.PrimaryKeyConstraint("conversation_id", "seq", name=op.f("pk_transcript")),
        sa.UniqueConstraint("conversation_id", "source", name=op.f("uq_transcript_conversation_id_source")),
    )
    with op.batch_alter_table("transcript", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_transcript_event_id"), ["event_id"], unique=False)

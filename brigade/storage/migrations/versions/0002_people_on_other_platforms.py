"""People who write from other platforms, and what was given to these platforms"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.String(length=40), nullable=False, comment="keyed hash of channel, account and address"),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False, comment="ours on the platform: a page, a mailbox"),
        sa.Column("address", sa.String(length=255), nullable=False, comment="theirs on the platform"),
        sa.Column("name", sa.String(length=120), nullable=True, comment="as the platform gives it, when it does"),
        sa.Column("conversation_id", sa.String(length=40), nullable=True, comment="the one that goes on"),
        sa.Column("heard_at", sa.Float(), nullable=False, comment="when they last wrote, by the platform's clock"),
        sa.Column("blocked", sa.Boolean(), nullable=False, comment="they refuse our messages"),
        sa.Column("memory", sa.Text(), nullable=False, comment="what the channel keeps about them, JSON"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    op.create_index("ix_person_channel_account", "person", ["channel", "account"])
    op.create_table(
        "parcel",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False, comment="sending, sent, delivered, read or failed"),
        sa.Column("remote_id", sa.String(length=255), nullable=True, comment="what the platform calls it"),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name=op.f("fk_parcel_conversation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parcel")),
        sa.UniqueConstraint("conversation_id", "seq", "part", name=op.f("uq_parcel_conversation_id_seq_part")),
    )
    op.create_index("ix_parcel_remote_id", "parcel", ["remote_id"])
    alone = "localpart of the citizen's Matrix user when it is not the alias"
    told = "up to where the platform was told"
    op.add_column("conversation", sa.Column("ghost", sa.String(length=80), nullable=True, comment=alone))
    op.add_column(
        "conversation",
        sa.Column("person", sa.String(length=40), nullable=True, comment="on another platform; see `person`"),
    )
    op.add_column(
        "conversation", sa.Column("posted_seq", sa.Integer(), nullable=False, server_default="0", comment=told)
    )
    op.create_index("ix_conversation_person", "conversation", ["person"])

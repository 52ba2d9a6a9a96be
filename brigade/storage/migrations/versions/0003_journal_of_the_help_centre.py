"""What readers of the help centre thought, and looked for in vain"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "faq_feedback",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("entry", sa.String(length=80), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("helpful", sa.Boolean(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("day", sa.String(length=10), nullable=False, comment="ISO; nothing finer is known"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_faq_feedback")),
    )
    op.create_index("ix_faq_feedback_entry", "faq_feedback", ["entry"])
    op.create_table(
        "faq_missed",
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("words", sa.String(length=120), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False, comment="ISO; nothing finer is known"),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("language", "words", "day", name=op.f("pk_faq_missed")),
    )

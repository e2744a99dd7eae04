"""Surveys and entered measures."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()


def upgrade() -> None:
    op.create_table("survey_result",
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("rating", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("division", "survey", "month", "rating", name=op.f("pk_survey_result")),
    sqlite_with_rowid=False
    )
    op.create_table("survey_code",
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("valid_until", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_survey_code")),
    sqlite_with_rowid=False
    )
    op.create_index(op.f("ix_survey_code_valid_until"), "survey_code", ["valid_until"])
    op.create_table("survey_person",
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("asked_at", INSTANT),
        sa.Column("opted_out_at", INSTANT),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_survey_person")),
    sqlite_with_rowid=False
    )
    op.create_table("measure_entry",
        sa.Column("id", ROW, nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("out_of", sa.Float()),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measure_entry"))
    )
    op.create_index(op.f("ix_measure_entry_division_measure_period"), "measure_entry", ["division", "measure", "period"])

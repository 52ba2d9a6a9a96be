"""Alembic's entry: runs the numbered steps on the connection that `brigade.storage.upgrade` opened."""

from alembic import context

from brigade.storage.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()

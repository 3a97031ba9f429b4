"""Tables, queries, migrations. Two stores, one code: SQLite and PostgreSQL."""

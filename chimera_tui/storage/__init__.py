"""The one SQLite file.

`store` opens it (`opening`, `migrate`, `recovery`) and runs transactions in its two
threads (`worker`). `recorder` saves what rooms report (`changes`, `drafts`);
`conversations` gives it back (`rows`). `leases` says which conversation is live where.

SQLite trusts whatever lies at the paths of a database. We do not: `logs` looks at the log
before it is replayed, by what `marks` says of it; `schema` at the tables; `whereabouts` after
each transaction at the files that are open, and `rescue` writes a new one where they stray.
"""

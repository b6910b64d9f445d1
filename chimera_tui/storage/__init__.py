"""The one SQLite file.

`store` opens it (`opening`, `migrate`, `recovery`) and runs transactions in its two
threads (`worker`). `recorder` saves what rooms report (`changes`, `drafts`);
`conversations` gives it back (`rows`). `leases` says which conversation is live where.
"""

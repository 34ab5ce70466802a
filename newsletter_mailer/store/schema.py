"""The ledger's schema, as steps forward. A ledger's `user_version` is how many it has taken."""

STEPS: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE ledger (
            id TEXT NOT NULL,               -- names this ledger in sent.toml
            key BLOB NOT NULL               -- of the HMAC that makes Message-IDs
        )
        """,
        """
        CREATE TABLE issue (
            id TEXT PRIMARY KEY,
            date TEXT NOT NULL,             -- of the first real run: every message's Date
            content_hash TEXT NOT NULL,
            files TEXT NOT NULL             -- JSON: path -> hash, to say what changed
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE run (
            id INTEGER PRIMARY KEY,
            issue TEXT NOT NULL,
            began TEXT NOT NULL,
            ended TEXT,
            filters TEXT NOT NULL,          -- JSON
            content_hash TEXT NOT NULL,
            planned INTEGER NOT NULL,
            skipped TEXT NOT NULL           -- JSON: reason -> count
        )
        """,
        """
        CREATE TABLE delivery (
            issue TEXT NOT NULL,
            address TEXT NOT NULL,          -- canonical
            mailbox TEXT NOT NULL,          -- as mailed
            variant TEXT NOT NULL,
            field_values TEXT NOT NULL,     -- JSON
            state TEXT NOT NULL,
            run INTEGER NOT NULL,           -- the last whose audience it belongs to
            attempts INTEGER NOT NULL DEFAULT 0,
            message_id TEXT NOT NULL,
            code INTEGER,                   -- of the last reply, RFC 5321 section 4.2
            enhanced TEXT,                  -- RFC 3463
            reply TEXT,
            server TEXT,
            at TEXT,
            PRIMARY KEY (issue, address)
        ) WITHOUT ROWID
        """,
        """
        CREATE INDEX delivery_by_run ON delivery (issue, run, state, at)
        """,
        """
        CREATE TABLE suppression (
            address TEXT PRIMARY KEY,       -- canonical
            reason TEXT NOT NULL,
            since TEXT NOT NULL
        ) WITHOUT ROWID
        """,
    ),
)

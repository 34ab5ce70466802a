"""The ledger's schema, as steps forward. A ledger's `user_version` is how many it has taken."""

_FIRST = (
    """
    CREATE TABLE ledger (
        id TEXT NOT NULL,               -- names this ledger in sent.toml
        key BLOB NOT NULL               -- of the HMAC that makes Message-IDs
    )
    """,
    """
    CREATE TABLE issue (
        id TEXT PRIMARY KEY,
        date TEXT NOT NULL,             -- every message's: of the first run that handed one over
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
    "CREATE INDEX delivery_by_run ON delivery (issue, run, state, at)",
    """
    CREATE TABLE suppression (
        address TEXT PRIMARY KEY,       -- canonical
        reason TEXT NOT NULL,
        since TEXT NOT NULL
    ) WITHOUT ROWID
    """,
)

#: A row has a number, by which a sender's journal knows it; who is due first is an index; what
#: became of rows is one index, so that a million are counted in a moment. (An index's list of three
#: or more is a table that SQLite makes anew for every row that is written.)
_SECOND = (
    "ALTER TABLE run ADD COLUMN who TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE run ADD COLUMN host TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE run ADD COLUMN counts TEXT",  # JSON: state -> count of its audience, at its end
    "ALTER TABLE run ADD COLUMN sender TEXT NOT NULL DEFAULT ''",  # names its journal
    "ALTER TABLE delivery RENAME TO delivery_1",
    "DROP INDEX delivery_by_run",
    """
    CREATE TABLE delivery (
        id INTEGER PRIMARY KEY,
        issue TEXT NOT NULL,
        address TEXT NOT NULL,          -- canonical
        mailbox TEXT NOT NULL,          -- as mailed
        domain TEXT NOT NULL,
        variant TEXT NOT NULL,
        field_values TEXT NOT NULL,     -- JSON
        message_id TEXT NOT NULL,
        state TEXT NOT NULL,
        run INTEGER NOT NULL,           -- the last whose audience it belongs to
        planned_by INTEGER NOT NULL,    -- the run that its variant and values are of
        turn INTEGER NOT NULL,          -- its place among its domain's rows: domains alternate
        due REAL NOT NULL DEFAULT 0,    -- seconds since 1970: not to be tried before
        attempts INTEGER NOT NULL DEFAULT 0,
        claimed INTEGER,                -- the run that tried it last
        code INTEGER,                   -- of the last reply, RFC 5321 section 4.2
        enhanced TEXT,                  -- RFC 3463
        reply TEXT,
        server TEXT,
        at INTEGER,                     -- milliseconds since 1970
        UNIQUE (issue, address)
    )
    """,
    """
    INSERT INTO delivery (issue, address, mailbox, domain, variant, field_values, message_id,
        state, run, planned_by, turn, attempts, claimed, code, enhanced, reply, server, at)
    SELECT issue, address, mailbox, substr(address, instr(address, '@') + 1), variant,
        field_values, message_id, state, run, run, 0, attempts, run, code, enhanced, reply, server,
        CAST(round((julianday(at) - 2440587.5) * 86400000) AS INTEGER)
    FROM delivery_1
    """,
    "DROP TABLE delivery_1",
    """
    CREATE INDEX delivery_owed ON delivery (issue, run, state, due, turn)
    WHERE state IN ('queued', 'deferred')
    """,
    "CREATE INDEX delivery_sending ON delivery (claimed) WHERE state = 'sending'",
    """
    CREATE INDEX delivery_outcome ON delivery (issue, state, run, domain, variant, code, enhanced)
    WHERE state NOT IN ('queued', 'sending')
    """,
    """
    CREATE INDEX delivery_trouble ON delivery (issue, state, code, enhanced, reply, address)
    WHERE state NOT IN ('queued', 'sending') AND state <> 'sent'
    """,
    """
    CREATE TABLE variant (              -- as planned: a resumed run needs no list
        issue TEXT NOT NULL,
        id TEXT NOT NULL,
        sections TEXT NOT NULL,         -- JSON: slugs, in order
        PRIMARY KEY (issue, id)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE resolution (           -- what a person, or a log, settled
        id INTEGER PRIMARY KEY,
        issue TEXT NOT NULL,
        at TEXT NOT NULL,
        who TEXT NOT NULL,
        host TEXT NOT NULL,
        how TEXT NOT NULL,              -- resend, assume-sent, evidence
        log TEXT NOT NULL,              -- name of the mail log that is the evidence, or empty
        addresses TEXT NOT NULL         -- JSON
    )
    """,
    """
    CREATE TABLE pace (                 -- limits outlive a run
        name TEXT PRIMARY KEY,          -- of the limit; empty for all messages
        free_at REAL NOT NULL           -- seconds since 1970
    ) WITHOUT ROWID
    """,
)

#: What stands outside a ledger must be in it, so that an older copy is recognised.
_THIRD = (
    """
    CREATE TABLE generation (           -- every use of the ledger that must not be forgotten
        number INTEGER NOT NULL,        -- only grows
        token TEXT NOT NULL,            -- tells two copies apart that both went on
        at TEXT NOT NULL,
        what TEXT NOT NULL,             -- send, suppress, ...
        issue TEXT NOT NULL,            -- or empty
        host TEXT NOT NULL,             -- where: the machine's name,
        machine TEXT NOT NULL,          -- what tells it from others,
        path TEXT NOT NULL,             -- the ledger's path there,
        file TEXT NOT NULL,             -- and the number of its file
        PRIMARY KEY (number, token)
    ) WITHOUT ROWID
    """,
    "ALTER TABLE run ADD COLUMN commits INTEGER NOT NULL DEFAULT 0",  # as many as its journal says
    "ALTER TABLE run ADD COLUMN is_settled INTEGER NOT NULL DEFAULT 1",  # 0: its journal is needed
    "ALTER TABLE ledger ADD COLUMN told TEXT NOT NULL DEFAULT ''",  # of which place a person was
    "ALTER TABLE ledger ADD COLUMN left_for TEXT NOT NULL DEFAULT ''",  # where it goes on instead
    """
    CREATE TABLE loss (                 -- what happened since a copy that was put back was made
        issue TEXT NOT NULL,
        at TEXT NOT NULL,               -- when a person put it back all the same
        PRIMARY KEY (issue, at)
    ) WITHOUT ROWID
    """,
    # The run whose lists had this reader no more, or nothing for them; empty: they are a reader.
    "ALTER TABLE delivery ADD COLUMN left_by INTEGER",
    """
    UPDATE delivery SET left_by = (
        SELECT max(id) FROM run WHERE run.issue = delivery.issue AND id > delivery.run
        AND NOT EXISTS (SELECT 1 FROM json_each(filters) WHERE json_array_length(value) > 0)
    ) WHERE run < (SELECT max(id) FROM run)
    """,
    # JSON: address -> state and reply before a person settled it
    "ALTER TABLE resolution ADD COLUMN before TEXT NOT NULL DEFAULT '{}'",
    """
    CREATE TABLE skip (                 -- who was not to be mailed, and why
        issue TEXT NOT NULL,
        address TEXT NOT NULL,          -- canonical; where there is none, the row: list and line
        reason TEXT NOT NULL,
        run INTEGER NOT NULL,           -- the last that found it so
        PRIMARY KEY (issue, address)
    ) WITHOUT ROWID
    """,
    "ALTER TABLE issue ADD COLUMN newsletter TEXT NOT NULL DEFAULT ''",  # JSON: whose issue it is
    "ALTER TABLE variant ADD COLUMN composed TEXT NOT NULL DEFAULT ''",  # SHA-256, see `Composed`
    "ALTER TABLE run ADD COLUMN version TEXT NOT NULL DEFAULT ''",  # of the program
    "ALTER TABLE run ADD COLUMN template TEXT NOT NULL DEFAULT ''",  # name of its folder
    "ALTER TABLE run ADD COLUMN past_dates INTEGER NOT NULL DEFAULT 0",  # sent all the same
)

_FOURTH = (
    # Of its journal, when the run ended or another read it; empty: nobody can know any more.
    "ALTER TABLE run ADD COLUMN marks INTEGER",
)

STEPS: tuple[tuple[str, ...], ...] = (_FIRST, _SECOND, _THIRD, _FOURTH)

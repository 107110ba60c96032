BEGIN TRANSACTION;
CREATE TABLE facts (
        run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        turn INTEGER NOT NULL,
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (run, turn, name)
    ) WITHOUT ROWID
    ;
INSERT INTO "facts" VALUES(1,-1,'harness','vllm-qualify 0.1.0');
INSERT INTO "facts" VALUES(1,0,'digest','sha256:ab');
CREATE TABLE figures (
        run INTEGER NOT NULL,
        turn INTEGER NOT NULL,
        name TEXT NOT NULL,
        value REAL NOT NULL,
        unit TEXT NOT NULL,
        low REAL,
        high REAL,
        PRIMARY KEY (run, turn, name),
        FOREIGN KEY (run, turn) REFERENCES verdicts (run, turn) ON DELETE CASCADE
    ) WITHOUT ROWID
    ;
INSERT INTO "figures" VALUES(1,0,'load',30.0,'',NULL,NULL);
CREATE TABLE runs (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        started TEXT NOT NULL,
        finished TEXT,
        target TEXT NOT NULL,
        node TEXT NOT NULL,
        model TEXT NOT NULL,
        harness TEXT NOT NULL,
        UNIQUE (started, name)
    );
INSERT INTO "runs" VALUES(1,'20260101-020000-kubernetes','2026-01-01T02:00:00.000000+00:00','2026-01-01T02:20:00.000000+00:00','','gpu-worker','','vllm-qualify 0.1.0');
CREATE TABLE verdicts (
        run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        turn INTEGER NOT NULL,
        image TEXT NOT NULL,
        role TEXT NOT NULL,
        verdict TEXT,
        summary TEXT NOT NULL,
        cause TEXT NOT NULL,
        reason TEXT NOT NULL,
        hardware TEXT NOT NULL,
        driver TEXT NOT NULL,
        PRIMARY KEY (run, turn)
    ) WITHOUT ROWID
    ;
INSERT INTO "verdicts" VALUES(1,0,'vllm/vllm-openai:v0.12.0','candidate','not-qualified','','','','','');
COMMIT;
PRAGMA user_version = 1;
PRAGMA application_id = 1986817133;

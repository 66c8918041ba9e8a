-- Version 3: the login of a host does not decide any more who mails about it. Run as tcpw_owner.
--
-- Once a host has said that it leaves its mail to `tcpw-fleet mail`, that stays so, whatever its login
-- says later, until the administrator says otherwise (`tcpw-fleet set-mail`): else whoever has the login
-- could keep its events out of every mail. About a host that is taken for `fleet` and mails by itself there
-- are two mails.

-- When the login of a host that is taken for `fleet` said last that the host mails by itself.
ALTER TABLE tcpw.host ADD COLUMN muting timestamptz;

-- When that was reported; once a day at most.
CREATE TABLE tcpw.muting (
    host text COLLATE "C" PRIMARY KEY,
    told timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE ON tcpw.muting TO tcpw_mail;
ALTER TABLE tcpw.letter DROP CONSTRAINT letter_kind_check;
ALTER TABLE tcpw.letter ADD CONSTRAINT letter_kind_check CHECK (kind IN
    ('source', 'repeat', 'limit', 'late', 'claimed', 'silent', 'back', 'muting'));

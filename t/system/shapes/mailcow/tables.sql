CREATE TABLE domain (
  domain varchar(180) NOT NULL PRIMARY KEY,
  backupmx tinyint NOT NULL,
  relay_all_recipients tinyint NOT NULL,
  relayhost int NOT NULL,
  active tinyint NOT NULL
);
INSERT INTO domain
  SELECT name, kind = 'relay', kind = 'relay', IF(name = 'example.org', 2, 0), active
    FROM people.domain WHERE kind <> 'alias';

CREATE TABLE alias_domain (
  alias_domain varchar(180) NOT NULL PRIMARY KEY,
  target_domain varchar(180) NOT NULL,
  active tinyint NOT NULL
);
INSERT INTO alias_domain SELECT name, target, active FROM people.domain WHERE kind = 'alias';

-- Every mailbox has an alias of its own name, so that no catch-all takes its mail.
CREATE TABLE alias (
  id int NOT NULL AUTO_INCREMENT,
  address varchar(180) NOT NULL,
  goto text,
  domain varchar(180) NOT NULL,
  active tinyint NOT NULL,
  PRIMARY KEY (id),
  KEY address (address)
);
INSERT INTO alias (address, goto, domain, active)
  SELECT address, destination, SUBSTRING_INDEX(address, '@', -1), active FROM people.alias
    WHERE address NOT IN ('jane@example.com', 'many@example.com', 'some@example.com');
INSERT INTO alias (address, goto, domain, active)
  SELECT CONCAT(localpart, '@', domain), CONCAT(localpart, '@', domain), domain, active
    FROM people.person;

CREATE TABLE mailbox (
  username varchar(180) NOT NULL,
  mailbox_path_prefix varchar(64) NOT NULL,
  attributes text,
  active tinyint NOT NULL,
  KEY username (username)
);
INSERT INTO mailbox
  SELECT CONCAT(localpart, '@', domain), '/var/vmail/',
         CASE id % 3 WHEN 0 THEN '{"tls_enforce_in": "1", "mailbox_format": "maildir:"}'
                     WHEN 1 THEN '{"tls_enforce_in": "0", "mailbox_format": "maildir:", "relayhost": "1"}'
                     ELSE NULL END,
         active * (1 + id % 2) FROM people.person;

-- Addresses that expire by themselves.
CREATE TABLE spamalias (
  address varchar(180) NOT NULL,
  goto varchar(180) NOT NULL,
  validity int unsigned NOT NULL,
  KEY address (address)
);
INSERT INTO spamalias
  SELECT CONCAT('tmp.', localpart, '@', domain), CONCAT(localpart, '@', domain),
         IF(id % 2, UNIX_TIMESTAMP() + 86400, UNIX_TIMESTAMP() - 86400) FROM people.person;
INSERT INTO spamalias
  SELECT CONCAT(localpart, '@', domain), 'john@example.com', UNIX_TIMESTAMP() + 86400
    FROM people.person WHERE id % 4 = 0;

CREATE TABLE sender_acl (
  logged_in_as varchar(180) NOT NULL,
  send_as varchar(180) NOT NULL
);
INSERT INTO sender_acl VALUES
  ('john@example.com', '@example.org'), ('jane@example.com', 'info@example.com'),
  ('o''brien@example.com', '@example.com'), ('ops@mail.eu.example.net', '*');

CREATE TABLE relayhosts (
  id int NOT NULL PRIMARY KEY,
  hostname varchar(180) NOT NULL,
  username varchar(180) NOT NULL,
  password varchar(180) NOT NULL,
  active tinyint NOT NULL
);
INSERT INTO relayhosts VALUES
  (1, '[192.0.2.10]:587', 'relay', 'sec''ret', 1), (2, '[192.0.2.11]:587', '', '', 1);

CREATE TABLE transports (
  destination varchar(180) NOT NULL,
  nexthop varchar(180) NOT NULL,
  is_mx_based tinyint NOT NULL,
  active tinyint NOT NULL
);
INSERT INTO transports VALUES
  ('example.com', '[192.0.2.20]', 0, 1), ('.example.net', '[192.0.2.21]', 0, 1),
  ('@example\\.org$', '[192.0.2.22]', 1, 1);

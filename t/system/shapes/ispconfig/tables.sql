CREATE TABLE mail_domain (
  domain varchar(180) NOT NULL,
  active char(1) NOT NULL,
  server_id int NOT NULL
);
INSERT INTO mail_domain SELECT name, IF(active, 'y', 'n'), 1 FROM people.domain
  WHERE kind = 'mailbox';

CREATE TABLE mail_forwarding (
  source varchar(180) NOT NULL,
  destination text,
  type varchar(20) NOT NULL,
  active char(1) NOT NULL,
  greylisting char(1) NOT NULL,
  allow_send_as char(1) NOT NULL,
  server_id int NOT NULL,
  KEY source (source)
);
INSERT INTO mail_forwarding
  SELECT address, REPLACE(destination, ', ', '\r\n'),
         IF(address LIKE '@%', 'catchall', IF(destination LIKE '%@example.org', 'forward', 'alias')),
         IF(active, 'y', 'n'), IF(LENGTH(address) % 2, 'y', 'n'), 'y', 1 FROM people.alias;
INSERT INTO mail_forwarding
  SELECT CONCAT('@', name), CONCAT('@', target), 'aliasdomain', IF(active, 'y', 'n'), 'n', 'n', 1
    FROM people.domain WHERE kind = 'alias';

CREATE TABLE mail_user (
  login varchar(180) NOT NULL,
  email varchar(180) NOT NULL,
  cc varchar(180) NOT NULL DEFAULT '',
  sender_cc varchar(180) NOT NULL DEFAULT '',
  postfix char(1) NOT NULL,
  disablesmtp char(1) NOT NULL,
  disabledeliver char(1) NOT NULL,
  greylisting char(1) NOT NULL,
  server_id int NOT NULL,
  KEY email (email)
);
INSERT INTO mail_user
  SELECT CONCAT(localpart, '@', domain), CONCAT(localpart, '@', domain),
         IF(id % 4 = 0, 'jane@example.org', ''), IF(id % 3 = 0, 'audit@example.org', ''),
         IF(active, 'y', 'n'), 'n', IF(id % 4 = 0, 'y', 'n'), IF(id % 2, 'y', 'n'), 1
    FROM people.person;

CREATE TABLE mail_transport (
  domain varchar(180) NOT NULL,
  transport varchar(180) NOT NULL,
  active char(1) NOT NULL,
  server_id int NOT NULL
);
INSERT INTO mail_transport VALUES
  ('example.com', 'smtp:[192.0.2.30]', 'y', 1), ('.example.net', 'smtp:[192.0.2.31]', 'y', 1),
  ('eu.example.net', 'smtp:[192.0.2.32]', 'y', 1), ('example.org', 'smtp:[192.0.2.33]', 'n', 1),
  ('info@example.com', 'smtp:[192.0.2.34]', 'y', 1), ('example', 'smtp:[192.0.2.35]', 'y', 1);

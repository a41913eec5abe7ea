CREATE TABLE domain (
  domain varchar(180) NOT NULL PRIMARY KEY,
  transport varchar(180) NOT NULL,
  backupmx tinyint NOT NULL,
  active tinyint NOT NULL
);
INSERT INTO domain
  SELECT name, IF(kind = 'relay', 'smtp:[192.0.2.1]', 'dovecot'), kind = 'relay', active
    FROM people.domain WHERE kind <> 'alias';

CREATE TABLE alias_domain (
  alias_domain varchar(180) NOT NULL PRIMARY KEY,
  target_domain varchar(180) NOT NULL,
  active tinyint NOT NULL
);
INSERT INTO alias_domain SELECT name, target, active FROM people.domain WHERE kind = 'alias';

-- A catch-all is the address that is just the domain's name. Each mailbox forwards to itself.
CREATE TABLE forwardings (
  address varchar(180) NOT NULL,
  forwarding varchar(255),
  domain varchar(180) NOT NULL,
  active tinyint NOT NULL,
  KEY address (address)
);
INSERT INTO forwardings
  SELECT TRIM(LEADING '@' FROM address), destination, SUBSTRING_INDEX(address, '@', -1), active
    FROM people.alias;
INSERT INTO forwardings
  SELECT CONCAT(localpart, '@', domain), CONCAT(localpart, '@', domain), domain, active
    FROM people.person;

CREATE TABLE mailbox (
  username varchar(180) NOT NULL,
  storagenode varchar(64) NOT NULL,
  maildir varchar(255) NOT NULL,
  domain varchar(180) NOT NULL,
  transport varchar(180) NOT NULL,
  active tinyint NOT NULL,
  enabledeliver tinyint NOT NULL,
  KEY username (username)
);
INSERT INTO mailbox
  SELECT CONCAT(localpart, '@', domain), 'vmail1', CONCAT(domain, '/', localpart), domain,
         IF(id % 3 = 0, 'lmtp:unix:private/other', ''), active, 1 FROM people.person;

CREATE TABLE recipient_bcc_domain (
  domain varchar(180) NOT NULL PRIMARY KEY,
  bcc_address varchar(180) NOT NULL,
  active tinyint NOT NULL
);
INSERT INTO recipient_bcc_domain SELECT name, CONCAT('archive@', name), active FROM people.domain;

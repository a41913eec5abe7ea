CREATE TABLE domain (
  domain varchar(180) NOT NULL PRIMARY KEY,
  description varchar(180) NOT NULL DEFAULT '',
  transport varchar(180),
  backupmx tinyint NOT NULL,
  active tinyint NOT NULL
);
INSERT INTO domain (domain, transport, backupmx, active)
  SELECT name, IF(kind = 'relay', 'smtp:[192.0.2.1]:25', 'virtual'), kind = 'relay', active
    FROM people.domain;

CREATE TABLE alias_domain (
  alias_domain varchar(180) NOT NULL PRIMARY KEY,
  target_domain varchar(180) NOT NULL,
  active tinyint NOT NULL
);
INSERT INTO alias_domain SELECT name, target, active FROM people.domain WHERE kind = 'alias';

CREATE TABLE alias (
  address varchar(180) NOT NULL,
  goto text,
  domain varchar(180) NOT NULL,
  active tinyint NOT NULL,
  KEY address (address)
);
INSERT INTO alias
  SELECT address, destination, SUBSTRING_INDEX(address, '@', -1), active FROM people.alias;

CREATE TABLE mailbox (
  username varchar(180) NOT NULL,
  password varchar(180) NOT NULL DEFAULT '',
  maildir varchar(255) NOT NULL,
  quota bigint,
  local_part varchar(64) NOT NULL,
  domain varchar(180) NOT NULL,
  active tinyint NOT NULL,
  KEY username (username)
);
INSERT INTO mailbox (username, maildir, quota, local_part, domain, active)
  SELECT CONCAT(localpart, '@', domain), CONCAT(domain, '/', localpart, '/'), quota, localpart,
         domain, active FROM people.person;

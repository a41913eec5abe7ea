CREATE TABLE admin_domain (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name varchar(180) NOT NULL,
  type varchar(20) NOT NULL,
  enabled tinyint NOT NULL
);
INSERT INTO admin_domain (name, type, enabled)
  SELECT name, IF(kind = 'relay', 'relaydomain', 'domain'), active FROM people.domain
    WHERE kind <> 'alias';

CREATE TABLE admin_domainalias (
  name varchar(180) NOT NULL,
  target_id int NOT NULL,
  enabled tinyint NOT NULL
);
INSERT INTO admin_domainalias
  SELECT people.domain.name, admin_domain.id, people.domain.active
    FROM people.domain JOIN admin_domain ON admin_domain.name = people.domain.target;

-- Here address is the localpart.
CREATE TABLE admin_mailbox (
  id int NOT NULL PRIMARY KEY,
  address varchar(180) NOT NULL,
  domain_id int NOT NULL
);
INSERT INTO admin_mailbox
  SELECT person.id, localpart, admin_domain.id
    FROM people.person JOIN admin_domain ON admin_domain.name = person.domain;

CREATE TABLE core_user (email varchar(180) NOT NULL, is_active tinyint NOT NULL);
INSERT INTO core_user SELECT CONCAT(localpart, '@', domain), active FROM people.person;

CREATE TABLE admin_mailboxoperation (mailbox_id int NOT NULL);
INSERT INTO admin_mailboxoperation SELECT id FROM admin_mailbox WHERE id % 5 = 0;

CREATE TABLE admin_senderaddress (address varchar(180) NOT NULL, mailbox_id int NOT NULL);
INSERT INTO admin_senderaddress SELECT address, 1 FROM people.alias;

CREATE TABLE admin_alias (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  address varchar(180) NOT NULL,
  domain_id int,
  expire_at datetime,
  enabled tinyint NOT NULL
);
INSERT INTO admin_alias (address, domain_id, expire_at, enabled)
  SELECT DISTINCT address, admin_domain.id,
         CASE LENGTH(address) % 3 WHEN 0 THEN NOW() + INTERVAL 1 DAY
                                  WHEN 1 THEN NOW() - INTERVAL 1 DAY END, active
    FROM people.alias
    LEFT JOIN admin_domain ON admin_domain.name = SUBSTRING_INDEX(address, '@', -1);

CREATE TABLE modoboa_admin_aliasrecipient (
  address varchar(180),
  alias_id int NOT NULL,
  r_mailbox_id int
);
INSERT INTO modoboa_admin_aliasrecipient
  SELECT destination, admin_alias.id, IF(destination LIKE 'john@%', 1, NULL)
    FROM people.alias JOIN admin_alias ON admin_alias.address = people.alias.address;

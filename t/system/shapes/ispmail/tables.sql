CREATE TABLE virtual_domains (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name varchar(180) NOT NULL
);
INSERT INTO virtual_domains (name) SELECT name FROM people.domain WHERE kind = 'mailbox';

CREATE TABLE virtual_users (
  id int NOT NULL PRIMARY KEY,
  domain_id int NOT NULL,
  email varchar(180) NOT NULL,
  password varchar(150) NOT NULL,
  quota bigint NOT NULL,
  KEY email (email)
);
INSERT INTO virtual_users
  SELECT person.id, virtual_domains.id, CONCAT(localpart, '@', domain), '-', COALESCE(quota, 0)
    FROM people.person JOIN virtual_domains ON name = domain;

CREATE TABLE virtual_aliases (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  domain_id int NOT NULL,
  source varchar(180) NOT NULL,
  destination varchar(180),
  KEY source (source)
);
INSERT INTO virtual_aliases (domain_id, source, destination)
  SELECT 1, address, destination FROM people.alias WHERE active;

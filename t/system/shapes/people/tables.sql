-- Who is who, for all layouts: each fills its own tables from these. Addresses and destinations hold
-- what SQL, result_format and Postfix give a meaning to.

CREATE TABLE domain (
  name varchar(180) NOT NULL,
  kind varchar(10) NOT NULL,      -- mailbox, relay, alias
  active tinyint NOT NULL,
  target varchar(180),            -- of an alias domain
  PRIMARY KEY (name)
);
INSERT INTO domain VALUES
  ('example.com', 'mailbox', 1, NULL),
  ('example.org', 'mailbox', 1, NULL),
  ('catchall.example', 'mailbox', 1, NULL),
  ('mail.eu.example.net', 'mailbox', 1, NULL),
  ('bücher.example', 'mailbox', 1, NULL),
  ('xn--bcher-kva.example', 'mailbox', 1, NULL),
  ('off.example', 'mailbox', 0, NULL),
  ('relay.example', 'relay', 1, NULL),
  ('alias.example', 'alias', 1, 'example.com'),
  ('catchall-alias.example', 'alias', 1, 'catchall.example'),
  ('off-alias.example', 'alias', 0, 'example.com');

CREATE TABLE person (
  id int NOT NULL AUTO_INCREMENT,
  localpart varchar(64) NOT NULL,
  domain varchar(180) NOT NULL,
  active tinyint NOT NULL,
  quota bigint,
  PRIMARY KEY (id)
);
INSERT INTO person (localpart, domain, active, quota) VALUES
  ('john', 'example.com', 1, 1024000000),
  ('jane', 'example.com', 1, 0),
  ('jane', 'example.org', 1, NULL),
  ('gone', 'example.com', 0, 5),
  ('box', 'catchall.example', 1, 10),
  ('ops', 'mail.eu.example.net', 1, 10),
  ('leser', 'bücher.example', 1, 10),
  ('jürgen', 'example.com', 1, 10),
  ('straße', 'example.com', 1, 10),
  ('strasse', 'example.org', 1, 10),
  ('用户', 'example.com', 1, 10),
  ('o''brien', 'example.com', 1, 10),
  ('"john doe"', 'example.com', 1, 10),
  ('back\\slash', 'example.com', 1, 10),
  ('100%', 'example.com', 1, 10),
  ('per%s', 'example.com', 1, 10),
  ('under_score', 'example.com', 1, 10),
  ('a;b', 'example.com', 1, 10),
  ('--', 'example.com', 1, 10),
  ('x#y', 'example.com', 1, 10),
  ('dots.in.name', 'example.com', 1, 10),
  ('user+box', 'example.com', 1, 10),
  ('root', 'off.example', 1, 10);

CREATE TABLE alias (
  address varchar(190) NOT NULL,
  destination text,
  active tinyint NOT NULL
);
INSERT INTO alias VALUES
  ('info@example.com', 'john@example.com', 1),
  ('team@example.com', 'john@example.com, jane@example.com', 1),
  ('many@example.com', 'john@example.com', 1),
  ('many@example.com', 'jane@example.org', 1),
  ('many@example.com', 'ops@mail.eu.example.net', 1),
  ('some@example.com', NULL, 1),
  ('some@example.com', 'john@example.com', 1),
  ('some@example.com', '', 1),
  ('null@example.com', NULL, 1),
  ('empty@example.com', '', 1),
  ('off@example.com', 'john@example.com', 0),
  ('bare@example.com', 'root', 1),
  ('moved@example.com', '@example.org', 1),
  ('trailing@example.com', 'john@', 1),
  ('quoted@example.com', '"john doe"@example.com', 1),
  ('percent@example.com', '100%s%%d@example.com', 1),
  ('apostrophe@example.com', 'o''brien@example.com', 1),
  ('backslash@example.com', 'back\\slash@example.com', 1),
  ('two@ats@example.com', 'a@b@example.com', 1),
  ('commas@example.com', ',john@example.com,,', 1),
  ('blank@example.com', ' john@example.com ', 1),
  ('utf8@example.com', 'jürgen@bücher.example', 1),
  ('größe@example.com', 'leser@bücher.example', 1),
  ('o''alias@example.com', 'john@example.com', 1),
  ('jane@example.com', 'jane@example.com', 1),
  ('info@example.org', 'jane@example.org', 1),
  ('@catchall.example', 'box@catchall.example', 1),
  ('info@catchall.example', 'john@example.com', 1),
  ('@example.org', '@example.com', 1),
  -- makes it a virtual alias domain
  ('virtual.example', 'virtual.example', 1),
  ('info@virtual.example', 'john@example.com', 1),
  ('postmaster', 'john@example.com', 1);
